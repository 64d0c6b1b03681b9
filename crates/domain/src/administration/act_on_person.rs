//! An admin does something to an account, outside of an incident.

use types::{Role, UserId};

use crate::accounts::{AccountError, administration};
use crate::api_keys::{self, ApiKeyError};
use crate::base::{Deps, Op};
use crate::vault::LookupHash;

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// There is no such thing.
    #[error("there is no such thing")]
    NotFound,
    /// Admins do this to others only: whoever locks themselves out has nobody to let them in again.
    #[error("not to oneself")]
    Own,
    /// Nobody has no role.
    #[error("somebody has at least one role")]
    NoRole,
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A key.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonAct {
    /// They may do exactly this from here on.
    SetRoles(Vec<Role>),
    /// They sign in nowhere.
    Lock,
    /// They do again.
    Unlock,
    /// Every session of theirs ends.
    EndSessions,
    /// Every API key of theirs ends.
    EndApiKeys,
    /// Their password works no more; a link for another is mailed.
    ForceReset,
    /// Their second factor is gone: they lost it, and proved to somebody who they are.
    RemoveSecondFactor,
}

/// Does it.
pub async fn act_on_person(deps: &Deps, op: &Op, user: UserId, act: PersonAct) -> Result<(), AdministrationError> {
    let admin = op.user().ok_or(AdministrationError::NotFound)?;
    if admin == user {
        return Err(AdministrationError::Own);
    }
    let mut tx = deps.begin(op).await?;
    match administration::act_on_in(&mut tx, admin, user).await {
        Err(AccountError::Refused) => return Err(AdministrationError::NotFound),
        other => other?,
    }
    let ended: Vec<LookupHash> = match act {
        PersonAct::SetRoles(roles) => match administration::set_roles_in(&mut tx, deps, op, user, &roles).await {
            Err(AccountError::Refused) => return Err(AdministrationError::NoRole),
            done => done.map(|()| Vec::new())?,
        },
        PersonAct::Lock => administration::lock_in(&mut tx, deps, op, user).await?,
        PersonAct::Unlock => administration::unlock_in(&mut tx, deps, op, user).await.map(|()| Vec::new())?,
        PersonAct::EndSessions => administration::end_sessions_in(&mut tx, deps, op, user).await?,
        PersonAct::EndApiKeys => api_keys::end_all_in(&mut tx, deps, op, user).await.map(|_| Vec::new())?,
        PersonAct::ForceReset => administration::force_reset_in(&mut tx, deps, op, user).await?,
        PersonAct::RemoveSecondFactor => administration::remove_second_factor_in(&mut tx, deps, op, user).await?,
    };
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    Ok(())
}
