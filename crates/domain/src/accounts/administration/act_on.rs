//! An admin is about to do something to somebody else's account.

use types::{Role, UserId};

use crate::accounts::{AccountError, store};
use crate::base::{Tx, act_as};

/// Locks both accounts, in one order for everybody, and sees that whoever acts is an admin still: of two admins who do something to each other at once
/// one is the first. From here on `tx` acts as `user`. `Refused`: no admin any more, or there is no such account.
pub async fn act_on_in(tx: &mut Tx, admin: UserId, user: UserId) -> Result<(), AccountError> {
    for one in [admin.min(user), admin.max(user)] {
        act_as(tx, one).await?;
        let (roles, is_locked) = store::lock_roles(tx, one).await?.ok_or(AccountError::Refused)?;
        if one == admin && (is_locked || !roles.contains(&Role::Admin)) {
            return Err(AccountError::Refused);
        }
    }
    Ok(act_as(tx, user).await?)
}
