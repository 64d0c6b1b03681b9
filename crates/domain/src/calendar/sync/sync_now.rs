//! Reads a connection now, because somebody asked.

use chrono::TimeDelta;
use types::ConnectionId;

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::calendar::CalendarError;
use crate::calendar::connection::{connections, request_sync};
use crate::limits::{self, Limit, TooOften};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncNow {
    /// It is under way or will be at once.
    Queued,
    /// It was read a moment ago; again in this many seconds.
    TooSoon {
        /// At least 1.
        seconds: u64,
    },
    /// This person asked too often, for all connections together; again in this many seconds.
    TooMany {
        /// At least 1.
        seconds: u64,
    },
}

const PAUSE: TimeDelta = TimeDelta::seconds(15);

/// Puts the sync in front, at most every 15 seconds a connection and twenty times in ten minutes a person.
pub async fn sync_now(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<SyncNow, CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    // Locked, so that two clicks at once are one.
    let row = connections::find_for_update(&mut tx, connection).await?.ok_or(CalendarError::NotFound)?;
    if let Some(began) = row.read_began_at {
        let again_at = began + PAUSE;
        if again_at > deps.now() {
            let seconds = u64::try_from((again_at - deps.now()).num_seconds()).unwrap_or_default();
            return Ok(SyncNow::TooSoon { seconds: seconds.max(1) });
        }
    }
    // Only what is done counts: asking too soon costs nothing.
    if let Err(TooOften { wait }) = limits::take_in(&mut tx, deps, op, Limit::SyncsOfPerson, user.0.as_bytes()).await? {
        return Ok(SyncNow::TooMany { seconds: wait.as_secs() });
    }
    connections::clear_pause(&mut tx, connection, deps.now()).await?;
    request_sync(&mut tx, deps, user, connection).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::ConnectionSyncRequested, user, connection.0));
    tx.commit().await?;
    Ok(SyncNow::Queued)
}
