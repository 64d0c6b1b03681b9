//! Sends mail. Addresses are read when it is sent, so that somebody who was forgotten gets none.

use providers::mail::MailError;
use types::{UserId, UserTokenId};

use super::Template;
use crate::accounts;
use crate::base::{Deps, Op};
use crate::jobs::LinkPurpose;

/// Why it did not go out; the job is tried again.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The mail server did.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The address cannot be read for want of a key.
    #[error("the address cannot be read with the keys this server has")]
    KeyMissing,
}

/// Mails a single-use link, unless it was used or is too old by now.
pub async fn link(deps: &Deps, op: &Op, user: UserId, token: UserTokenId, purpose: LinkPurpose) -> Result<(), SendError> {
    let mut tx = deps.begin(op).await?;
    let waiting = accounts::find_token_in(&mut tx, token, deps.now()).await?;
    tx.rollback().await?;
    if !waiting {
        return Ok(());
    }
    let text = accounts::link_text(deps, user, token, purpose);
    let link = format!("{}{}?token={text}", deps.settings.public_url, accounts::purpose_path(purpose));
    let template = match purpose {
        LinkPurpose::VerifyEmail => Template::VerifyEmail { link: &link },
        LinkPurpose::ResetPassword => Template::ResetPassword { link: &link },
    };
    send(deps, op, &token.to_string(), template).await
}

/// Mails that somebody signed up with an address that has an account.
pub async fn already_signed_up(deps: &Deps, op: &Op) -> Result<(), SendError> {
    let base = &deps.settings.public_url;
    let (sign_in, forgot) = (format!("{base}/sign-in"), format!("{base}/forgot"));
    send(deps, op, &op.request_id.to_string(), Template::AlreadySignedUp { sign_in: &sign_in, forgot: &forgot }).await
}

async fn send(deps: &Deps, op: &Op, id: &str, template: Template<'_>) -> Result<(), SendError> {
    let Some(mut reading) = deps.read(op).await? else { return Ok(()) };
    let Some(person) = accounts::load(&mut reading).await? else { return Ok(()) };
    drop(reading);
    let to = person.email.ok_or(SendError::KeyMissing)?;
    deps.providers.mailer.send(id, &template.write(to, person.name.as_deref().unwrap_or("there"))).await?;
    Ok(())
}
