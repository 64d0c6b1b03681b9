//! A person takes a passkey off their account.

use types::PasskeyId;

use crate::accounts::{AccountError, second_factor, store};
use crate::base::{Deps, Op};
use crate::jobs::SignInChange;
use crate::vault::LookupHash;

/// Removes one, and ends every session but `session`: whoever has the passkey may be in one. With the last second factor the recovery codes go too. One that is not there, or is another's, is removed already.
pub async fn remove_passkey(deps: &Deps, op: &Op, session: &LookupHash, passkey: PasskeyId) -> Result<(), AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    store::lock_in(&mut tx, user).await?;
    if !store::hold_session(&mut tx, user, session).await? {
        return Err(AccountError::Refused);
    }
    let mut ended = Vec::new();
    if store::delete_passkey(&mut tx, user, passkey.0).await? {
        store::settle_second_factor(&mut tx, user).await?;
        ended = store::delete_other_sessions(&mut tx, user, session).await?;
        second_factor::changed(&mut tx, deps, op, user, SignInChange::PasskeyRemoved).await?;
    }
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    Ok(())
}
