//! Changes what people say about themselves: name, zone, working hours.

use chrono_tz::Tz;

use super::cause::Source;
use super::{WorkingHours, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::vault::{PersonKey, Place, VaultError};

/// What is to be true from now on.
#[derive(Debug, Clone)]
pub struct ProfileChange {
    /// 1 to 100 characters.
    pub name: String,
    /// An IANA zone name.
    pub zone: String,
    /// When they work every week; days that differ stay as they are.
    pub hours: WorkingHours,
}

/// What is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileProblem {
    /// Empty or longer than 100 characters.
    Name,
    /// Not a zone.
    Zone,
}

/// Why it was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Values that are not acceptable.
    #[error("a value is not acceptable")]
    Invalid(Vec<ProfileProblem>),
    /// Something of ours failed.
    #[error("the profile could not be changed")]
    Internal(#[from] Source),
}

impl From<sqlx::Error> for ProfileError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<VaultError> for ProfileError {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.into())
    }
}

/// Whether a change would be taken.
pub fn check(change: &ProfileChange) -> Result<(), ProfileError> {
    checked(change).map(|_| ()).map_err(ProfileError::Invalid)
}

fn checked(change: &ProfileChange) -> Result<(&str, Tz), Vec<ProfileProblem>> {
    let (name, zone) = (change.name.trim(), change.zone.parse());
    let mut problems = Vec::new();
    if !super::sign_up::is_name(name) {
        problems.push(ProfileProblem::Name);
    }
    match zone {
        Ok(zone) if problems.is_empty() => Ok((name, zone)),
        Ok(_) => Err(problems),
        Err(_) => {
            problems.push(ProfileProblem::Zone);
            Err(problems)
        }
    }
}

/// Changes the profile of the person of `op`.
pub async fn change(deps: &Deps, op: &Op, change: ProfileChange) -> Result<(), ProfileError> {
    let (name, zone) = checked(&change).map_err(ProfileError::Invalid)?;
    let Some(user) = op.user() else { return Err(ProfileError::Invalid(Vec::new())) };
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let sealed = key.seal(Place::new("users", "name_sealed", user.0), name.as_bytes(), &*deps.chance);
    store::update_profile(&mut tx, user, &sealed, zone, &change.hours).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::UserProfileChanged, user, user.0));
    tx.commit().await?;
    Ok(())
}
