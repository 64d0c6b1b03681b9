//! Outgoing mail: SMTP, or in development a folder that the outbox page shows.

use std::path::{Path, PathBuf};

use lettre::message::header::ContentType;
use lettre::message::{MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde::{Deserialize, Serialize};

/// One message, plain text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// A file that comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<Attachment>,
}

/// A file of text that comes with a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// What it is.
    pub content_type: String,
    /// What stands in it.
    pub text: String,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail")
    }
}

/// Why a message did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// An address that is none.
    #[error("the address is not one that mail can be sent to")]
    BadAddress,
    /// The server could not be reached or said no for now.
    #[error("the mail server did not take it")]
    Down,
}

/// Where mail goes.
#[derive(Debug)]
pub enum Mailer {
    /// `SMTP_URL`.
    Smtp {
        /// The server.
        transport: AsyncSmtpTransport<Tokio1Executor>,
        /// `MAIL_FROM`.
        from: lettre::message::Mailbox,
    },
    /// Development: one JSON file per message, which `/dev/mail` shows.
    Outbox {
        /// The folder.
        folder: PathBuf,
    },
}

impl Mailer {
    /// By SMTP. `url` is `smtps://…` or `smtp://…?tls=required`.
    pub fn smtp(url: &str, from: &str) -> Result<Self, MailError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| MailError::BadAddress)?.build();
        Ok(Self::Smtp { transport, from: from.parse().map_err(|_| MailError::BadAddress)? })
    }

    /// Sends one message. `id` names it: the same id is the same message, so that a repeated job writes no second file.
    pub async fn send(&self, id: &str, mail: &Mail) -> Result<(), MailError> {
        match self {
            Self::Smtp { transport, from } => {
                let message = Message::builder()
                    .from(from.clone())
                    .to(mail.to.parse().map_err(|_| MailError::BadAddress)?)
                    .subject(mail.subject.clone());
                let message = match &mail.attachment {
                    None => message.header(ContentType::TEXT_PLAIN).body(mail.text.clone()),
                    Some(file) => {
                        let content_type = ContentType::parse(&file.content_type).map_err(|_| MailError::BadAddress)?;
                        let attached = lettre::message::Attachment::new(file.name.clone()).body(file.text.clone(), content_type);
                        message.multipart(MultiPart::mixed().singlepart(SinglePart::plain(mail.text.clone())).singlepart(attached))
                    }
                }
                .map_err(|_| MailError::BadAddress)?;
                transport.send(message).await.map(|_| ()).map_err(|_| MailError::Down)
            }
            Self::Outbox { folder } => {
                let json = serde_json::to_vec_pretty(mail).map_err(|_| MailError::BadAddress)?;
                tokio::fs::create_dir_all(folder).await.map_err(|_| MailError::Down)?;
                tokio::fs::write(folder.join(format!("{id}.json")), json).await.map_err(|_| MailError::Down)
            }
        }
    }
}

/// Every message in an outbox folder with its id, newest id first.
pub fn read_outbox(folder: &Path) -> Vec<(String, Mail)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut mails: Vec<(String, Mail)> = entries
        .flatten()
        .filter_map(|entry| {
            let id = entry.path().file_stem()?.to_str()?.to_owned();
            Some((id, serde_json::from_slice(&std::fs::read(entry.path()).ok()?).ok()?))
        })
        .collect();
    mails.sort_by(|(left, _), (right, _)| right.cmp(left));
    mails
}
