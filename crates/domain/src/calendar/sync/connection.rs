//! Reads one connection from beginning to end. Runs as a job, one at a time per connection, and may be repeated after any crash.

use chrono::{SubsecRound, TimeDelta};
use types::{ConnectionId, ConnectionStatus, HealthChangeId, HealthReason, SyncKind, SyncLogId, SyncOutcome};

use super::calendars::{SyncedCalendars, sync_calendars};
use super::run::Run;
use super::store::logs;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, Tx, security_event};
use crate::calendar::CalendarError;
use crate::calendar::connection::lifecycle::{self, After};
use crate::calendar::connection::{ConnectionRow, SyncFailure, after_a_week, calendars, connections, request_sync};
use crate::calendar::health::{self, schedule_alerts};
use crate::calendar::push;
use crate::jobs::{self, Job};

/// Runs that died with their worker, after which the connection is left alone for a while: whatever is in it must not take one replica after
/// another down with it.
const FATAL: i64 = 3;

/// For how long: half an hour, and twice as long after each further one, up to a day.
fn set_aside(interrupted: i64) -> Option<TimeDelta> {
    let doublings = u32::try_from(interrupted - FATAL).ok()?.min(6);
    Some(TimeDelta::minutes(30 << doublings).min(TimeDelta::days(1)))
}

/// Reads every chosen calendar. A failure of the provider is an outcome, recorded and tried again later; `Err` is ours.
pub async fn sync(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<(), CalendarError> {
    let mut tx = deps.begin(op).await?;
    let Some(row) = connections::find_for_update(&mut tx, connection).await? else { return Ok(()) };
    // What only the person can mend is tried when they ask for it, and not by itself.
    if row.status == ConnectionStatus::NeedsReconsent && row.asked_at.is_none() {
        return Ok(());
    }
    let kind = if row.last_sync_at.is_none() { SyncKind::First } else { SyncKind::Incremental };
    let log = SyncLogId(deps.new_id());
    connections::begin_read(&mut tx, connection, log, deps.now()).await?;
    logs::end_interrupted(&mut tx, connection, deps.now()).await?;
    let set_aside = set_aside(logs::interrupted(&mut tx, connection, deps.now()).await?);
    logs::insert(&mut tx, log, row.user_id, connection, kind, op.request_id, deps.now()).await?;
    tx.commit().await?;

    let mut run = Run { deps, op, connection, user: row.user_id, log, changes: 0, is_emptied: false, events_removed: 0, unreadable: 0 };
    let result = if set_aside.is_some() {
        security_event("sync_set_aside", "medium");
        tracing::error!(%connection, "a connection whose reads kill their worker is set aside");
        Err(SyncFailure::Health { reason: HealthReason::UnreadableAnswer, retry_after: set_aside })
    } else {
        sync_calendars(&mut run, row.provider).await
    };
    match result {
        Ok(read) => succeed(&run, &row, &read).await,
        Err(SyncFailure::Gone | SyncFailure::Changed) => Ok(()),
        Err(SyncFailure::Database(error)) => Err(error.into()),
        Err(SyncFailure::Health { reason, retry_after }) => {
            let reason = after_a_week(reason, row.provider, row.consented_at, deps.now());
            fail(&run, &row, reason, retry_after).await
        }
    }
}

async fn succeed(run: &Run<'_>, row: &ConnectionRow, read: &SyncedCalendars) -> Result<(), CalendarError> {
    let (deps, now, user, trouble) = (run.deps, run.deps.now(), row.user_id, read.trouble);
    let mut tx = deps.begin(run.op).await?;
    if !connections::hold(&mut tx, run.connection, run.log).await? {
        return Ok(());
    }
    let can_push = deps.providers.push(row.provider).is_some();
    let calendars = calendars::of_connection(&mut tx, run.connection).await?;
    let open = if can_push { push::channels::of_connection(&mut tx, run.connection).await? } else { Vec::new() };
    let is_covered = push::covers_all(&calendars, &open, now);
    let mut after = lifecycle::after_success(now, trouble.is_none(), is_covered, deps.chance.fraction());
    if !read.is_whole {
        after.next_attempt_at = Some(now);
    }
    logs::finish(&mut tx, run.log, SyncOutcome::Succeeded, trouble, run.events_removed, run.unreadable, now).await?;
    let recorded =
        connections::record(&mut tx, run.connection, &after, trouble, read.is_whole.then_some(now), row.consented_at, now).await?;
    let change = HealthChangeId(deps.new_id());
    health::changed(&mut tx, change, user, run.connection, after.status, trouble, now).await?;
    // Most of a calendar gone at once is seldom meant: somebody left, or somebody else was at it.
    let unusual = run.is_emptied.then_some("most_events_removed");
    if unusual.is_some() {
        security_event("most_events_removed", "medium");
    }
    let event = Event::done(Action::ConnectionSynced, user, run.connection.0)
        .with(serde_json::json!({ "reason": trouble, "unreadable": run.unreadable, "unusual": unusual }));
    audit::append(&mut tx, deps, run.op, event);
    // What was asked for while this was under way waits already, and not for as long as this would put it off.
    if recorded.is_some_and(|recorded| !recorded.is_asked) {
        enqueue_next(&mut tx, run, &after)?;
    }
    if can_push {
        push::maintain_if_due(&mut tx, deps, user, run.connection, &calendars, &open).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn fail(run: &Run<'_>, row: &ConnectionRow, reason: HealthReason, retry_after: Option<TimeDelta>) -> Result<(), CalendarError> {
    let (deps, now) = (run.deps, run.deps.now());
    let after = lifecycle::after_failure(row.attempts, reason, retry_after, now, deps.chance.fraction());
    let mut tx = deps.begin(run.op).await?;
    if !connections::hold(&mut tx, run.connection, run.log).await? {
        return Ok(());
    }
    logs::finish(&mut tx, run.log, SyncOutcome::Failed, Some(reason), run.events_removed, run.unreadable, now).await?;
    // As precise as the database keeps it, so that the mails can tell this break from a later one.
    let now = now.trunc_subsecs(6);
    let Some(recorded) = connections::record(&mut tx, run.connection, &after, Some(reason), None, row.consented_at, now).await? else {
        // Overtaken by the person, who connected again: the new consent is read at once.
        request_sync(&mut tx, deps, run.user, run.connection).await?;
        tx.commit().await?;
        return Ok(());
    };
    let change = HealthChangeId(deps.new_id());
    health::changed(&mut tx, change, run.user, run.connection, after.status, Some(reason), now).await?;
    if recorded.broken_since == Some(now) {
        schedule_alerts(&mut tx, run.user, run.connection, now).await?;
    }
    let event = Event::done(Action::ConnectionSyncFailed, run.user, run.connection.0)
        .ending(Outcome::Failed)
        .with(serde_json::json!({ "reason": reason, "attempts": after.attempts }));
    audit::append(&mut tx, deps, run.op, event);
    enqueue_next(&mut tx, run, &after)?;
    tx.commit().await?;
    Ok(())
}

fn enqueue_next(tx: &mut Tx, run: &Run<'_>, after: &After) -> Result<(), sqlx::Error> {
    match after.next_attempt_at {
        Some(at) => {
            let next = Job::SyncConnection { user: run.user, connection: run.connection }.at(at);
            jobs::enqueue(tx, if after.status == ConnectionStatus::Active { next } else { next.as_retry() })
        }
        None => Ok(()),
    }
}
