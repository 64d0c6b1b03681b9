//! What is too much, and who hears of it.

use domain::base::Thresholds;
use providers::alerts::SentryProject;
use secrecy::SecretString;
use url::Url;

use super::Source;

/// Detection and alerts.
#[derive(Debug)]
pub struct DetectionConfig {
    /// `DETECTION`.
    pub thresholds: Thresholds,
    /// `ALERT_EMAIL`.
    pub mail_to: Option<String>,
    /// `ALERT_WEBHOOK_URL`.
    pub webhook: Option<Url>,
    /// `ALERT_WEBHOOK_SECRET`.
    pub webhook_secret: Option<SecretString>,
    /// `SENTRY_DSN`.
    pub sentry: Option<SentryProject>,
}

pub(super) fn read(source: &mut Source) -> DetectionConfig {
    let thresholds = Thresholds::parse(&source.text("DETECTION").unwrap_or_default()).unwrap_or_else(|part| {
        source.problem(
            "DETECTION",
            format!("holds {part:?}, which is not a rule with a number and minutes up to 60, such as forged_webhooks=20/5"),
        );
        Thresholds::default()
    });
    let mail_to = source.email("ALERT_EMAIL");
    let webhook = source.http_url("ALERT_WEBHOOK_URL", "an address that takes POST", "https://alerts.example/kairos");
    let webhook_secret: Option<SecretString> = source.secret("ALERT_WEBHOOK_SECRET").map(Into::into);
    let dsn = source.secret("SENTRY_DSN");
    let sentry = dsn.as_deref().and_then(SentryProject::parse);
    if dsn.is_some() && sentry.is_none() {
        source.problem("SENTRY_DSN", "is not a DSN, such as https://key@errors.example/1");
    }
    DetectionConfig { thresholds, mail_to, webhook, webhook_secret, sentry }
}
