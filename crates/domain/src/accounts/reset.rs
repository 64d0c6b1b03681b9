//! A new password by a link in mail. The answer to the request never says whether there is such an account.

use secrecy::SecretString;
use types::UserId;

use super::{AccountError, Hasher, PasswordProblem, SignUpProblem, link, link_request, second_factor, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::LinkPurpose;
use crate::limits::{self, Limit};

/// Has a link mailed, if the address has an account that is not locked: another password would not open one.
pub async fn request(deps: &Deps, op: &Op, email: &str) -> Result<(), AccountError> {
    link_request::request(deps, op, email, LinkPurpose::ResetPassword, Action::UserResetRequested, |found| !found.locked).await
}

/// Uses the link up, sets the password, ends every session and every other link. Reading the mail confirms the address too.
pub async fn reset(deps: &Deps, op: &Op, hasher: &Hasher, text: &str, new: SecretString) -> Result<UserId, AccountError> {
    limits::take_for_client(deps, op, Limit::LinksFromAddress).await??;
    let (user, token) = link::read(deps, text, LinkPurpose::ResetPassword).ok_or(AccountError::LinkDead)?;
    limits::take_for_client(deps, op, Limit::NewPasswordsFromAddress).await??;
    let op = op.as_user(user);
    // A link that is used up costs no hash, however often it is sent.
    let mut tx = deps.begin(&op).await?;
    if !store::find_token_in(&mut tx, token, deps.now()).await? {
        return Err(AccountError::LinkDead);
    }
    let own = store::find_own(&mut tx, user).await?.ok_or(AccountError::LinkDead)?;
    tx.rollback().await?;
    let refused = |problem| AccountError::Invalid(vec![SignUpProblem::Password(problem)]);
    hasher.check(&new, &[]).await?.map_err(refused)?;
    if hasher.was_put_out_of_use(&new, &own.password_hash).await? {
        return Err(refused(PasswordProblem::PutOutOfUse));
    }
    let hash = hasher.hash(&new).await?;
    let mut tx = deps.begin(&op).await?;
    if !store::use_token(&mut tx, token, LinkPurpose::ResetPassword, deps.now()).await? {
        return Err(AccountError::LinkDead);
    }
    store::set_password(&mut tx, user, &hash).await?;
    store::set_verified(&mut tx, user, deps.now()).await?;
    store::forget_begun_totp(&mut tx, user).await?;
    second_factor::distrust_other_ways_in(&mut tx, deps, &op, user).await?;
    store::end_tokens(&mut tx, user, deps.now()).await?;
    let ended = store::delete_every_session(&mut tx, user).await?;
    audit::append(
        &mut tx,
        deps,
        &op,
        Event::done(Action::UserPasswordReset, user, user.0).with(serde_json::json!({ "sessions_ended": ended.len() })),
    );
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    Ok(user)
}
