//! Outgoing mail: `SMTP_URL`, or in development the outbox folder.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Environment, Source};

/// Where mail goes.
#[derive(Debug)]
pub enum MailConfig {
    /// One file per message, shown at `/dev/mail`.
    Outbox(PathBuf),
    /// A server.
    Smtp {
        /// `SMTP_URL`.
        url: SecretString,
        /// `MAIL_FROM`.
        from: String,
    },
}

pub(super) fn read(source: &mut Source, environment: Environment, data_dir: &Path) -> MailConfig {
    let url = source.secret("SMTP_URL");
    let from = source.text("MAIL_FROM");
    match url {
        None => {
            if !environment.is_development() || cfg!(not(feature = "sandbox")) {
                source.problem(
                    "SMTP_URL",
                    "is not set: without mail nobody can confirm an address, such as smtps://user:password@mail.example",
                );
            }
            MailConfig::Outbox(data_dir.join("outbox"))
        }
        Some(url) => {
            if environment.is_production() && !(url.starts_with("smtps://") || url.contains("tls=required")) {
                source.problem("SMTP_URL", "does not ask for TLS: use smtps://, or smtp://…?tls=required");
            }
            if from.is_none() {
                source.problem("MAIL_FROM", "is not set, but SMTP_URL is: such as Kairos <kairos@kairos.example>");
            }
            MailConfig::Smtp { url: url.into(), from: from.unwrap_or_default() }
        }
    }
}
