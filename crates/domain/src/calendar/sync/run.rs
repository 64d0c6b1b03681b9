//! One run: what it counts, and the lock under which it may write.

use providers::calendar::CalendarSource;
use types::{ConnectionId, HealthReason, Provider, SyncLogId, UserId};

use crate::base::{Deps, Op, Tx};
use crate::calendar::connection::SyncFailure;
use crate::calendar::connection::calendars::{self, CalendarRow, Hold};

/// One run of the sync of one connection.
pub(in crate::calendar) struct Run<'a> {
    pub deps: &'a Deps,
    pub op: &'a Op,
    pub connection: ConnectionId,
    pub user: UserId,
    pub log: SyncLogId,
    /// Differences read so far.
    pub changes: usize,
    /// Whether a calendar lost most of its events at once.
    pub is_emptied: bool,
    pub events_removed: i32,
    pub unreadable: i32,
}

/// A transaction in which what was read of the calendar may be stored.
pub(in crate::calendar) async fn begin_held(run: &Run<'_>, row: &CalendarRow) -> Result<Tx, SyncFailure> {
    hold(run, row, run.deps.begin(run.op).await?).await
}

/// The same for what counts only once a later transaction has committed, which is the one that is flushed to disk.
pub(in crate::calendar) async fn begin_held_lazily_flushed(run: &Run<'_>, row: &CalendarRow) -> Result<Tx, SyncFailure> {
    hold(run, row, run.deps.database.begin_lazily_flushed(run.user).await?).await
}

async fn hold(run: &Run<'_>, row: &CalendarRow, mut tx: Tx) -> Result<Tx, SyncFailure> {
    match calendars::hold(&mut tx, run.connection, run.log, row.id, row.generation).await? {
        Hold::Held => Ok(tx),
        Hold::Changed => Err(SyncFailure::Changed),
        Hold::Overtaken => Err(SyncFailure::Gone),
    }
}

/// The provider behind a connection.
pub(in crate::calendar) fn source(deps: &Deps, provider: Provider) -> Result<&dyn CalendarSource, SyncFailure> {
    deps.providers.source(provider).ok_or(SyncFailure::because(HealthReason::ClientRefused))
}
