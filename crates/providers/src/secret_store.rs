//! A secret store that speaks HashiCorp Vault's key-value protocol, version 2 (`GET /v1/{mount}/data/{path}`); OpenBao speaks it too.
//!
//! Read once, at start: what is in it are settings, above all the keys under which everything in the database is sealed.

use std::collections::BTreeMap;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::outbound::{Destination, Outbound, Request};

/// Where it is, and who we are to it.
#[derive(Debug, Clone)]
pub struct SecretStoreSettings {
    /// `VAULT_ADDR`.
    pub address: Url,
    /// `VAULT_TOKEN`.
    pub token: SecretString,
    /// `VAULT_NAMESPACE`, where there are namespaces.
    pub namespace: Option<String>,
    /// `VAULT_PATH`: mount, `data`, and the path, such as `secret/data/kairos`.
    pub path: String,
}

/// Why nothing was read. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the error texts say it")]
pub enum SecretStoreError {
    #[error("cannot be reached")]
    Down,
    #[error("is sealed or not ready")]
    Sealed,
    #[error("refuses the token, or the token may not read this path")]
    Refused,
    #[error("has nothing at this path")]
    NotFound,
    #[error("does not answer as version 2 of the key-value engine does")]
    Unreadable,
}

#[derive(Deserialize)]
struct Answer {
    data: Versioned,
}

#[derive(Deserialize)]
struct Versioned {
    /// Null when the newest version was deleted.
    data: Option<BTreeMap<String, String>>,
}

/// Every entry at the path, by name.
pub async fn read(outbound: &Outbound, settings: &SecretStoreSettings) -> Result<BTreeMap<String, SecretString>, SecretStoreError> {
    let destination = Destination::configured("vault", &[&settings.address]);
    let mut url = settings.address.clone();
    url.path_segments_mut().map_err(|()| SecretStoreError::Unreadable)?.pop_if_empty().push("v1").extend(settings.path.split('/'));
    let mut request = Request::get(url);
    let mut token = HeaderValue::from_str(settings.token.expose_secret()).map_err(|_| SecretStoreError::Refused)?;
    token.set_sensitive(true);
    request.headers.push((HeaderName::from_static("x-vault-token"), token));
    request.headers.push((HeaderName::from_static("x-vault-request"), HeaderValue::from_static("true")));
    if let Some(namespace) = &settings.namespace {
        let value = HeaderValue::from_str(namespace).map_err(|_| SecretStoreError::NotFound)?;
        request.headers.push((HeaderName::from_static("x-vault-namespace"), value));
    }
    let response = outbound.send(&destination, request).await.map_err(|_| SecretStoreError::Down)?;
    match response.status.as_u16() {
        200 => {
            let answer: Answer = serde_json::from_slice(&response.body).map_err(|_| SecretStoreError::Unreadable)?;
            let entries = answer.data.data.ok_or(SecretStoreError::NotFound)?;
            Ok(entries.into_iter().map(|(name, value)| (name, value.into())).collect())
        }
        400 | 401 | 403 => Err(SecretStoreError::Refused),
        404 => Err(SecretStoreError::NotFound),
        // 429, 472, 473: a standby that does not answer; 503: sealed.
        429 | 472 | 473 | 503 => Err(SecretStoreError::Sealed),
        500..=599 => Err(SecretStoreError::Down),
        _ => Err(SecretStoreError::Unreadable),
    }
}
