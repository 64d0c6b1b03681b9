//! An account that signs in nowhere, until it may again.

use types::UserId;

use crate::accounts::{AccountError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::vault::LookupHash;

/// Locks it and ends its sessions; keys of its programs stop as long as it is locked. Returns the hashes of the sessions.
pub async fn lock_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<Vec<LookupHash>, AccountError> {
    if !store::set_lock(tx, user, Some(deps.now())).await? {
        return Ok(Vec::new());
    }
    let ended = store::delete_every_session(tx, user).await?;
    audit::append(tx, deps, op, Event::done(Action::UserLocked, user, user.0));
    Ok(ended)
}

/// Unlocks it. Nobody is signed in by that, whatever was begun while it was locked.
pub async fn unlock_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<(), AccountError> {
    if store::set_lock(tx, user, None).await? {
        store::delete_every_session(tx, user).await?;
        audit::append(tx, deps, op, Event::done(Action::UserUnlocked, user, user.0));
    }
    Ok(())
}
