//! ID tokens, signed with a key that is in every copy of this source: it vouches for nobody outside of the sandbox.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use serde_json::{Value, json};

use super::data::Account;
use crate::faults::{Route, under};
use crate::{CLIENT_ID, Shared};

const KEY: &[u8] = include_bytes!("id_token_key.der");
/// Somebody else's, under the same key id.
const FOREIGN_KEY: &[u8] = include_bytes!("foreign_key.der");
const KEY_ID: &str = "sandbox-1";

/// What is wrong with the next ID tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTokenFault {
    /// Signed with somebody else's key.
    ForeignKey,
    /// Not signed at all: `alg` is `none`.
    Unsigned,
    /// A key id that is not in the key set.
    UnknownKey,
    /// Made for another client.
    OtherAudience,
    /// From another issuer.
    OtherIssuer,
    /// With the nonce of another sign-in.
    OtherNonce,
    /// Over an hour ago.
    Expired,
    /// The address was never confirmed.
    Unverified,
    /// There is none in the answer.
    Missing,
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token of this account, unless the fault is that there is none.
pub(super) fn make(issuer: &str, account: &Account, nonce: &str, fault: Option<IdTokenFault>, now: DateTime<Utc>) -> Option<String> {
    let is = |other| fault == Some(other);
    if is(IdTokenFault::Missing) {
        return None;
    }
    let at = now.timestamp() - if is(IdTokenFault::Expired) { 4_000 } else { 0 };
    let client = if is(IdTokenFault::OtherAudience) { "another.apps.example" } else { CLIENT_ID };
    let mut claims = json!({
        "iss": if is(IdTokenFault::OtherIssuer) { "https://accounts.evil.example" } else { issuer },
        "azp": client, "aud": client, "sub": account.subject(), "email": account.email, "name": account.name,
        "email_verified": !is(IdTokenFault::Unverified),
        "nonce": if is(IdTokenFault::OtherNonce) { "another" } else { nonce },
        "iat": at, "exp": at + 3_600,
    });
    if let Some(domain) = account.hosted_domain {
        claims["hd"] = domain.into();
    }
    let algorithm = if is(IdTokenFault::Unsigned) { "none" } else { "RS256" };
    let id = if is(IdTokenFault::UnknownKey) { "sandbox-9" } else { KEY_ID };
    let signed = format!("{}.{}", encoded(&json!({ "alg": algorithm, "kid": id, "typ": "JWT" })), encoded(&claims));
    let key = RsaKeyPair::from_pkcs8(if is(IdTokenFault::ForeignKey) { FOREIGN_KEY } else { KEY }).ok()?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
    let signature = if is(IdTokenFault::Unsigned) { Vec::new() } else { signature };
    Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

/// The public half, as a JSON Web Key Set.
pub(super) async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    under(&shared, Route::GoogleKeys, || {
        let Ok(key) = RsaKeyPair::from_pkcs8(KEY) else { return Json(json!({ "keys": [] })).into_response() };
        let public: RsaPublicKeyComponents<Vec<u8>> = key.public().into();
        let key = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        });
        Json(json!({ "keys": [key] })).into_response()
    })
    .await
}
