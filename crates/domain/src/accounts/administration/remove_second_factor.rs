//! Somebody lost what they sign in with, and their recovery codes.

use types::UserId;

use crate::accounts::{AccountError, second_factor, store};
use crate::base::{Deps, Op, Tx};
use crate::jobs::SignInChange;
use crate::vault::LookupHash;

/// Removes every second factor, ends every session, and tells the person by mail. Returns the hashes of the sessions.
pub async fn remove_second_factor_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<Vec<LookupHash>, AccountError> {
    store::lock_in(tx, user).await?;
    let (had_app, had_passkeys) = (store::remove_totp(tx, user).await?, store::delete_every_passkey(tx, user).await?);
    if !had_app && !had_passkeys {
        return Ok(Vec::new());
    }
    store::settle_second_factor(tx, user).await?;
    let ended = store::delete_every_session(tx, user).await?;
    second_factor::changed(tx, deps, op, user, SignInChange::AllRemoved).await?;
    Ok(ended)
}
