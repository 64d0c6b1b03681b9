//! A password that somebody else may know works no more.

use types::UserId;

use crate::accounts::{AccountError, link, second_factor, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::jobs::LinkPurpose;
use crate::vault::LookupHash;

/// No password opens the account from here on, no passkey does alone and no account at Google; its sessions and links end, and a link for another
/// password is mailed. Returns the hashes of the sessions.
pub async fn force_reset_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<Vec<LookupHash>, AccountError> {
    store::put_password_out_of_use(tx, user).await?;
    store::forget_begun_totp(tx, user).await?;
    second_factor::distrust_other_ways_in(tx, deps, op, user).await?;
    store::end_tokens(tx, user, deps.now()).await?;
    let ended = store::delete_every_session(tx, user).await?;
    link::make_in(tx, deps, user, LinkPurpose::ResetPassword).await?;
    audit::append(tx, deps, op, Event::done(Action::UserResetForced, user, user.0));
    Ok(ended)
}
