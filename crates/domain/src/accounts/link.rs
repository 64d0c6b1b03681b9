//! Single-use links in mail.
//!
//! A link's text is `user id, token id, MAC` in base64url. The MAC (HMAC-SHA-256 over both ids and the purpose, with a key of the
//! installation) makes it unguessable, so the database keeps no secret and a job that mails the link needs only ids.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use types::{UserId, UserTokenId};
use uuid::Uuid;

use super::store;
use crate::base::{Deps, Op, Tx};
use crate::jobs::{self, Job, LinkPurpose};

/// How long a link works.
pub(in crate::accounts) fn lifetime(purpose: LinkPurpose) -> chrono::TimeDelta {
    match purpose {
        LinkPurpose::VerifyEmail => chrono::TimeDelta::hours(24),
        LinkPurpose::ResetPassword => chrono::TimeDelta::minutes(30),
    }
}

/// The page a link leads to.
pub const fn purpose_path(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::VerifyEmail => "/verify",
        LinkPurpose::ResetPassword => "/reset",
    }
}

/// Makes the link that somebody asked for, and the job that mails it. Nobody: there was no such account.
pub async fn make(deps: &Deps, op: &Op, user: Option<UserId>, purpose: LinkPurpose) -> Result<(), sqlx::Error> {
    let Some(user) = user else { return Ok(()) };
    let mut tx = deps.begin(op).await?;
    make_in(&mut tx, deps, user, purpose).await?;
    tx.commit().await
}

/// The same inside a transaction that acts as `user`. Nothing when the account is gone.
pub(super) async fn make_in(tx: &mut Tx, deps: &Deps, user: UserId, purpose: LinkPurpose) -> Result<(), sqlx::Error> {
    let (token, now) = (UserTokenId(deps.new_id()), deps.now());
    if store::insert_token(tx, token, user, purpose, now, now + lifetime(purpose)).await? {
        jobs::enqueue(tx, Job::SendLink { user, token, purpose })?;
    }
    Ok(())
}

/// The text of a link.
pub fn link_text(deps: &Deps, user: UserId, token: UserTokenId, purpose: LinkPurpose) -> String {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend_from_slice(user.0.as_bytes());
    bytes.extend_from_slice(token.0.as_bytes());
    let mac = deps.vault.link().hash(purpose.as_str(), &bytes);
    bytes.extend_from_slice(&mac);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The ids in a link's text, if this installation made it for this purpose.
pub(super) fn read(deps: &Deps, text: &str, purpose: LinkPurpose) -> Option<(UserId, UserTokenId)> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 64)?;
    let mac = deps.vault.link().hash(purpose.as_str(), &bytes[..32]);
    if !bool::from(mac.ct_eq(&bytes[32..])) {
        return None;
    }
    let user = Uuid::from_slice(&bytes[..16]).ok()?;
    let token = Uuid::from_slice(&bytes[16..32]).ok()?;
    Some((UserId(user), UserTokenId(token)))
}
