//! Requests a sync of a connection: the one way to enqueue its job, for people and for push notifications.

use chrono::{DateTime, TimeDelta, Utc};
use types::{ConnectionId, ConnectionStatus, UserId};

use super::store::connections::{self, ConnectionRow};
use crate::base::{Deps, Tx};
use crate::jobs::{self, Enqueue, Job};

/// One edit is seldom alone: the sync waits this long for the rest.
const DEBOUNCE: TimeDelta = TimeDelta::seconds(5);
/// Changes begin a sync of a connection at most this often.
const PACE: TimeDelta = TimeDelta::seconds(15);
/// A sync that was requested and has not begun by then was lost, whatever lost it.
const LOST: TimeDelta = TimeDelta::minutes(10);

/// At once, because a person asks. A sync that is under way leaves this job in the queue when it ends.
pub(in crate::calendar) async fn request_sync(tx: &mut Tx, deps: &Deps, user: UserId, connection: ConnectionId) -> Result<(), sqlx::Error> {
    connections::asked(tx, connection, deps.now()).await?;
    jobs::enqueue(tx, Job::SyncConnection { user, connection })
}

/// What is to be known of a connection to decide whether a sync of it is to be requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::calendar) struct SyncState {
    pub user: UserId,
    pub connection: ConnectionId,
    pub status: ConnectionStatus,
    /// Failures in a row.
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub asked_at: Option<DateTime<Utc>>,
    pub read_began_at: Option<DateTime<Utc>>,
}

impl From<&ConnectionRow> for SyncState {
    fn from(row: &ConnectionRow) -> Self {
        Self {
            user: row.user_id,
            connection: row.id,
            status: row.status,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            asked_at: row.asked_at,
            read_began_at: row.read_began_at,
        }
    }
}

impl SyncState {
    /// The job that is to be put in because something may have changed; `None`: a sync is requested already, or none would help.
    pub fn soon(&self, now: DateTime<Utc>) -> Option<Enqueue> {
        if self.status == ConnectionStatus::NeedsReconsent || self.is_requested(now) {
            return None;
        }
        let paced = self.read_began_at.map(|began| began + PACE);
        let run_at = [Some(now + DEBOUNCE), paced, self.patience()].into_iter().flatten().max();
        let job = Enqueue { run_at, ..Job::SyncConnection { user: self.user, connection: self.connection }.into() };
        Some(if self.attempts > 0 { job.as_retry() } else { job })
    }

    /// A provider that asked us to wait is not asked earlier because there is news.
    fn patience(&self) -> Option<DateTime<Utc>> {
        self.next_attempt_at.filter(|_| self.attempts > 0)
    }

    /// Whether a sync is requested that has not begun.
    pub fn is_requested(&self, now: DateTime<Utc>) -> bool {
        self.asked_at.is_some_and(|at| self.patience().map_or(at, |next| next.max(at)) + LOST > now)
    }
}

/// Soon, because something may have changed. `false`: a sync is requested already, or none would help. The row must be locked.
pub(in crate::calendar) async fn request_sync_soon(tx: &mut Tx, deps: &Deps, row: &ConnectionRow) -> Result<bool, sqlx::Error> {
    let Some(job) = SyncState::from(row).soon(deps.now()) else { return Ok(false) };
    connections::asked(tx, row.id, deps.now()).await?;
    jobs::enqueue(tx, job)?;
    Ok(true)
}
