//! Somebody lost their app and their recovery codes.

use types::UserId;

use crate::accounts::{AccountError, second_factor, store};
use crate::base::{Deps, Op, Tx};
use crate::jobs::SecondFactorChange;
use crate::vault::LookupHash;

/// Removes the second factor, ends every session, and tells the person by mail. Returns the hashes of the sessions.
pub async fn remove_second_factor_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<Vec<LookupHash>, AccountError> {
    if !store::remove_totp(tx, user).await? {
        return Ok(Vec::new());
    }
    let ended = store::delete_every_session(tx, user).await?;
    second_factor::changed(tx, deps, op, user, SecondFactorChange::Removed).await?;
    Ok(ended)
}
