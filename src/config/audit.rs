//! Where signed heads of the audit log are kept outside of the database.

use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::Source;

/// The destinations.
#[derive(Debug)]
pub struct AuditConfig {
    /// `AUDIT_COPY_DIR`.
    pub folder: Option<PathBuf>,
    /// `AUDIT_COPY_URL`.
    pub url: Option<Url>,
    /// `AUDIT_COPY_TOKEN`.
    pub token: Option<SecretString>,
    /// `AUDIT_COPY_EMAIL`.
    pub mail_to: Option<String>,
}

pub(super) fn read(source: &mut Source) -> AuditConfig {
    let url = source.parsed::<Url>("AUDIT_COPY_URL", "an address that takes PUT, such as https://backup.example/kairos");
    if url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https") || url.cannot_be_a_base()) {
        source.problem("AUDIT_COPY_URL", "is not an address of HTTP, such as https://backup.example/kairos");
    }
    let mail_to = source.text("AUDIT_COPY_EMAIL");
    if mail_to.as_ref().is_some_and(|address| !address.contains('@')) {
        source.problem("AUDIT_COPY_EMAIL", "is not an email address");
    }
    AuditConfig {
        folder: source.text("AUDIT_COPY_DIR").map(PathBuf::from),
        url,
        token: source.secret("AUDIT_COPY_TOKEN").map(Into::into),
        mail_to,
    }
}
