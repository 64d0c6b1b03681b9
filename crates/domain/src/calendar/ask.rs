//! Asks for a read of a connection: the one way to put its job in, for people and for pushes.

use chrono::{DateTime, TimeDelta, Utc};
use types::{ConnectionId, ConnectionStatus, UserId};

use super::store::connections::{self, ConnectionRow};
use super::store::logs;
use crate::base::{Deps, Tx};
use crate::jobs::{self, Enqueue, Job};

/// One edit is seldom alone: the read waits this long for the rest.
const DEBOUNCE: TimeDelta = TimeDelta::seconds(5);
/// Changes begin a read of a connection at most this often.
const PACE: TimeDelta = TimeDelta::seconds(15);
/// A read that was asked for and has not begun by then was lost, whatever lost it.
const LOST: TimeDelta = TimeDelta::minutes(10);

/// At once, because a person asks. A read that is under way leaves this one standing when it ends.
pub(super) async fn ask(tx: &mut Tx, deps: &Deps, user: UserId, connection: ConnectionId) -> Result<(), sqlx::Error> {
    connections::asked(tx, connection, deps.now()).await?;
    jobs::enqueue(tx, Job::SyncConnection { user, connection }).await
}

/// Soon, because something may have changed. `false`: a read is asked for already, or none would help. The row must be locked.
pub(super) async fn ask_soon(tx: &mut Tx, deps: &Deps, row: &ConnectionRow) -> Result<bool, sqlx::Error> {
    let now = deps.now();
    if row.status == ConnectionStatus::NeedsReconsent || is_asked(row, now) {
        return Ok(false);
    }
    let paced = logs::latest(tx, row.id).await?.map(|last| last.started_at + PACE);
    let at = [Some(now + DEBOUNCE), paced, patience(row)].into_iter().flatten().max();
    connections::asked(tx, row.id, now).await?;
    jobs::enqueue(tx, Enqueue { job: Job::SyncConnection { user: row.user_id, connection: row.id }, run_at: at }).await?;
    Ok(true)
}

/// A provider that asked us to wait is not asked earlier because there is news.
fn patience(row: &ConnectionRow) -> Option<DateTime<Utc>> {
    row.next_attempt_at.filter(|_| row.attempts > 0)
}

/// Whether a read is asked for that has not begun.
pub(super) fn is_asked(row: &ConnectionRow, now: DateTime<Utc>) -> bool {
    row.asked_at.is_some_and(|at| patience(row).map_or(at, |next| next.max(at)) + LOST > now)
}
