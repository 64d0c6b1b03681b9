//! A day on which somebody works at other hours than every week, or not at all.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::cause::Source;
use super::{Minutes, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Days that may differ at once.
pub const MAX_EXCEPTIONS: i64 = 400;
/// How far away such a day may be: nothing is read of what lies further.
const FARTHEST: TimeDelta = TimeDelta::days(3 * 366);

/// Why it was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ExceptionProblem {
    /// Longer ago or further ahead than three years.
    #[error("too far away")]
    TooFar,
    /// As many days differ as may.
    #[error("too many days differ")]
    TooMany,
    /// Something of ours failed.
    #[error("the day could not be kept")]
    Internal(#[from] Source),
}

impl From<sqlx::Error> for ExceptionProblem {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// On `date` the person of `op` works at `hours`, in minutes since it began; without a stretch it is a day off.
pub async fn set_exception(deps: &Deps, op: &Op, date: NaiveDate, hours: &Minutes) -> Result<(), ExceptionProblem> {
    let Some(user) = op.user() else { return Ok(()) };
    if (date - deps.now().date_naive()).abs() > FARTHEST {
        return Err(ExceptionProblem::TooFar);
    }
    let mut tx = deps.begin(op).await?;
    if !store::upsert_exception(&mut tx, user, date, hours, MAX_EXCEPTIONS).await? {
        return Err(ExceptionProblem::TooMany);
    }
    audit::append(&mut tx, deps, op, Event::done(Action::UserHoursChanged, user, user.0));
    tx.commit().await?;
    Ok(())
}

/// `date` is a day like every week's again. Taking back what is not there is no error.
pub async fn remove_exception(deps: &Deps, op: &Op, date: NaiveDate) -> Result<(), ExceptionProblem> {
    let Some(user) = op.user() else { return Ok(()) };
    // Postgres and RFC 3339 know no others, and none was ever kept.
    if !(1..=9_999).contains(&date.year()) {
        return Ok(());
    }
    let mut tx = deps.begin(op).await?;
    let was_there = store::delete_exception(&mut tx, user, date).await?;
    let event = Event::done(Action::UserHoursChanged, user, user.0).with(serde_json::json!({ "was_there": was_there }));
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    Ok(())
}
