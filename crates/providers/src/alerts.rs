//! Where alerts go besides mail: an address that takes a signed POST, and an error tracker that speaks Sentry's protocol.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use crate::outbound::{Body, Destination, Outbound, OutboundError, Request};

/// Why an alert was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AlertError {
    /// It is not set.
    #[error("no such destination is set")]
    NotSet,
    /// It answered with an error status.
    #[error("answered with {0}")]
    Refused(u16),
    /// It did not answer.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

/// An address that takes a POST.
#[derive(Debug, Clone)]
pub struct AlertWebhook {
    /// Where.
    pub url: Url,
    /// What each message is signed with, so that the receiver knows that it is from here: `Kairos-Signature: t=…,v1=…`, HMAC-SHA-256 in hexadecimal
    /// over the time in seconds, a dot and the body.
    pub secret: Option<SecretString>,
}

/// A project of an error tracker, as its DSN names it: `https://KEY@host/PROJECT`.
#[derive(Debug, Clone)]
pub struct SentryProject {
    url: Url,
    key: String,
}

impl SentryProject {
    /// Out of a DSN. `None`: it is none.
    pub fn parse(dsn: &str) -> Option<Self> {
        let mut url = Url::parse(dsn).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let key = Some(url.username().to_owned()).filter(|key| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
        let (prefix, project) =
            url.path().trim_end_matches('/').rsplit_once('/').map(|(prefix, project)| (prefix.to_owned(), project.to_owned()))?;
        if project.is_empty() {
            return None;
        }
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_query(None);
        // https://develop.sentry.dev/sdk/overview/
        url.set_path(&format!("{prefix}/api/{project}/envelope/"));
        Some(Self { url, key })
    }
}

/// The destinations that were configured.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// `ALERT_EMAIL`.
    pub mail_to: Option<String>,
    /// `ALERT_WEBHOOK_URL`, `ALERT_WEBHOOK_SECRET`.
    pub webhook: Option<AlertWebhook>,
    /// `SENTRY_DSN`.
    pub sentry: Option<SentryProject>,
    /// Asks them.
    pub outbound: Outbound,
}

impl Alerts {
    /// None, until they are set.
    pub const fn new(outbound: Outbound) -> Self {
        Self { mail_to: None, webhook: None, sentry: None, outbound }
    }

    /// Posts `body` at `seconds` since 1970.
    pub async fn post_webhook(&self, body: &Value, seconds: i64) -> Result<(), AlertError> {
        let webhook = self.webhook.as_ref().ok_or(AlertError::NotSet)?;
        let text = body.to_string();
        let mut headers = Vec::new();
        if let Some(value) = webhook.secret.as_ref().and_then(|secret| signature(secret, &text, seconds)) {
            headers.push((HeaderName::from_static("kairos-signature"), value));
        }
        // An address that a person gave: it leads to no private one unless that is allowed.
        let destination = Destination::given("alert_webhook");
        self.post(&destination, webhook.url.clone(), headers, "application/json", text).await
    }

    /// Posts an event, in the form of https://develop.sentry.dev/sdk/data-model/envelopes/.
    pub async fn post_sentry(&self, event: &Value, seconds: i64) -> Result<(), AlertError> {
        let project = self.sentry.as_ref().ok_or(AlertError::NotSet)?;
        let head = serde_json::json!({ "event_id": event["event_id"] });
        let text = format!("{head}\n{}\n{event}\n", serde_json::json!({ "type": "event" }));
        let auth = format!(
            "Sentry sentry_version=7, sentry_client=kairos/{}, sentry_timestamp={seconds}, sentry_key={}",
            env!("CARGO_PKG_VERSION"),
            project.key
        );
        let headers = HeaderValue::from_str(&auth).map(|value| vec![(HeaderName::from_static("x-sentry-auth"), value)]).unwrap_or_default();
        let destination = Destination::configured("sentry", &[&project.url]);
        self.post(&destination, project.url.clone(), headers, "application/x-sentry-envelope", text).await
    }

    async fn post(
        &self,
        destination: &Destination,
        url: Url,
        headers: Vec<(HeaderName, HeaderValue)>,
        content_type: &'static str,
        text: String,
    ) -> Result<(), AlertError> {
        let body = Body::Bytes(content_type, text.into_bytes());
        let request = Request { method: Method::POST, url, headers, authorization: None, body, repeatable: false };
        let response = self.outbound.send(destination, request).await?;
        if response.status.is_success() { Ok(()) } else { Err(AlertError::Refused(response.status.as_u16())) }
    }
}

fn signature(secret: &SecretString, body: &str, seconds: i64) -> Option<HeaderValue> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    let mac = mac.chain_update(format!("{seconds}.{body}")).finalize().into_bytes();
    HeaderValue::from_str(&format!("t={seconds},v1={}", hex::encode(mac))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dsn_leads_to_its_project_and_keeps_its_key_out_of_the_address() {
        let project = SentryProject::parse("https://abc123@errors.example/base/42").unwrap();
        assert_eq!((project.url.as_str(), project.key.as_str()), ("https://errors.example/base/api/42/envelope/", "abc123"));
        for bad in
            ["", "https://errors.example/42", "https://abc@errors.example/", "ftp://abc@errors.example/1", "https://a,b@errors.example/1"]
        {
            assert!(SentryProject::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_message_is_signed_over_its_time_and_every_byte() {
        let sign = |body: &str, seconds| signature(&"key".to_owned().into(), body, seconds).unwrap();
        // As `printf '1.{}' | openssl dgst -sha256 -hmac key` has it.
        assert_eq!(sign("{}", 1), "t=1,v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224");
        assert_ne!(sign("{ }", 1), sign("{}", 1));
    }
}
