//! Confirms an address by the link that was mailed to it.

use chrono::{DateTime, Utc};
use types::UserId;

use super::password::NO_PASSWORD;
use super::{AccountError, link, link_request, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::jobs::LinkPurpose;
use crate::limits::{self, Limit};

/// Uses the link up and marks the address as confirmed. Does not sign in: whoever reads the mail may not be who typed the password.
pub async fn verify(deps: &Deps, op: &Op, text: &str) -> Result<UserId, AccountError> {
    limits::take_for_client(deps, op, Limit::LinksFromAddress).await??;
    let (user, token) = link::read(deps, text, LinkPurpose::VerifyEmail).ok_or(AccountError::LinkDead)?;
    let op = op.as_user(user);
    let mut tx = deps.begin(&op).await?;
    if !store::use_token(&mut tx, token, LinkPurpose::VerifyEmail, deps.now()).await? {
        return Err(AccountError::LinkDead);
    }
    store::set_verified(&mut tx, user, deps.now()).await?;
    audit::append(&mut tx, deps, &op, Event::done(Action::UserEmailVerified, user, user.0));
    tx.commit().await?;
    Ok(user)
}

/// The owner of an address takes over the account that nobody confirmed. Whoever made it may be anybody: their password and links open it no more.
pub(super) async fn claim_in(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    store::set_password(tx, user, NO_PASSWORD).await?;
    store::end_tokens(tx, user, now).await?;
    store::set_verified(tx, user, now).await
}

/// Has a new link mailed to an address that is not confirmed yet. Says nothing about whether there is such an account.
pub async fn resend(deps: &Deps, op: &Op, email: &str) -> Result<(), AccountError> {
    link_request::request(deps, op, email, LinkPurpose::VerifyEmail, Action::UserSignUpRepeated, |found| !found.verified).await
}
