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
    AuditConfig {
        folder: source.text("AUDIT_COPY_DIR").map(PathBuf::from),
        url: source.http_url("AUDIT_COPY_URL", "an address that takes PUT", "https://backup.example/kairos"),
        token: source.secret("AUDIT_COPY_TOKEN").map(Into::into),
        mail_to: source.email("AUDIT_COPY_EMAIL"),
    }
}
