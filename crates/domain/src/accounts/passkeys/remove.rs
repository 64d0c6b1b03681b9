//! A person takes a passkey off their account.

use types::PasskeyId;

use crate::accounts::{AccountError, second_factor, store};
use crate::base::{Deps, Op};
use crate::jobs::SignInChange;

/// Removes one. With the last second factor the recovery codes go too. One that is not there, or is another's, is removed already.
pub async fn remove_passkey(deps: &Deps, op: &Op, passkey: PasskeyId) -> Result<(), AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    store::lock_in(&mut tx, user).await?;
    if store::delete_passkey(&mut tx, user, passkey.0).await? {
        store::settle_second_factor(&mut tx, user).await?;
        second_factor::changed(&mut tx, deps, op, user, SignInChange::PasskeyRemoved).await?;
    }
    tx.commit().await?;
    Ok(())
}
