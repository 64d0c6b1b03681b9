//! What Calendly signs its webhooks with: a secret that we choose when we subscribe.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::base::Deps;

/// The newest one, with which a subscription is made.
pub fn signing_key(deps: &Deps) -> SecretString {
    deps.settings
        .calendly_webhook_secrets
        .first()
        .cloned()
        .unwrap_or_else(|| hex::encode(deps.vault.link().hash("calendly webhook", b"")).into())
}

/// Whether Calendly signed this delivery, with any of the secrets that hold.
pub fn has_signed(deps: &Deps, header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
    let given = &deps.settings.calendly_webhook_secrets;
    let made = [signing_key(deps)];
    providers::calendly::has_signed(header, body, if given.is_empty() { &made } else { given }, now)
}
