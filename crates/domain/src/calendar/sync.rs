//! Reads one connection from beginning to end. Runs as a job, one at a time per connection, and may be repeated after any crash.

use chrono::{SubsecRound, TimeDelta};
use providers::calendar::{CalendarSource, Credentials, SourceError};
use types::{ConnectionId, ConnectionStatus, HealthChangeId, HealthReason, Provider, SyncKind, SyncLogId, SyncOutcome};

use super::CalendarError;
use super::ask::ask;
use super::broken;
use super::channel;
use super::channels::look_after;
use super::failure::{self, ReadFailure, connection_failure};
use super::keep::calendars_in;
use super::read::{self, Run};
use super::state::{self, After};
use super::store::connections::ConnectionRow;
use super::store::{calendars, channels, connections, health, logs};
use super::tokens;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, security_event};
use crate::jobs::{self, Job};
use crate::vault::PersonKey;

/// Reads every chosen calendar. A failure of the provider is an outcome, recorded and tried again later; `Err` is ours.
pub async fn sync(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<(), CalendarError> {
    let mut tx = deps.begin(op).await?;
    let Some(row) = connections::find(&mut tx, connection).await? else { return Ok(()) };
    if row.status == ConnectionStatus::NeedsReconsent {
        return Ok(());
    }
    let kind = if row.last_sync_at.is_none() { SyncKind::First } else { SyncKind::Incremental };
    let log = SyncLogId(deps.new_id());
    connections::begin_read(&mut tx, connection).await?;
    logs::end_interrupted(&mut tx, connection, deps.now()).await?;
    logs::insert(&mut tx, log, row.user_id, connection, kind, op.request_id, deps.now()).await?;
    tx.commit().await?;

    let mut run = Run { deps, op, connection, user: row.user_id, log, changes: 0, is_emptied: false, events_removed: 0, unreadable: 0 };
    let result = read_all(&mut run, row.provider).await;
    match result {
        Ok(trouble) => succeed(&run, &row, trouble).await,
        Err(ReadFailure::Gone) => Ok(()),
        Err(ReadFailure::Database(error)) => Err(error.into()),
        Err(ReadFailure::Health { reason, retry_after }) => {
            let reason = failure::after_a_week(reason, row.provider, row.consented_at, deps.now());
            fail(&run, &row, reason, retry_after).await
        }
    }
}

/// The provider behind a connection.
pub(super) fn source(deps: &Deps, provider: Provider) -> Result<&dyn CalendarSource, ReadFailure> {
    deps.providers.source(provider).ok_or(ReadFailure::because(HealthReason::ClientRefused))
}

/// `Ok(Some(reason))`: all was read that can be, but single calendars have trouble of their own.
async fn read_all(run: &mut Run<'_>, provider: Provider) -> Result<Option<HealthReason>, ReadFailure> {
    let source = source(run.deps, provider)?;
    let mut credentials = tokens::credentials(run.deps, run.op, run.connection, None).await?;
    let listed = match source.calendars(&credentials).await {
        Err(SourceError::Unauthorized) if provider != Provider::Caldav => {
            credentials = renew(run, &credentials).await?;
            source.calendars(&credentials).await
        }
        answer => answer,
    };
    let listed = listed.map_err(|error| connection_failure(&error, provider))?;

    let mut tx = run.deps.begin(run.op).await?;
    let key = PersonKey::load_in(&mut tx, run.deps, run.user).await?;
    calendars_in(&mut tx, run.deps, &key, run.user, run.connection, &listed).await?;
    let chosen: Vec<_> = calendars::of_connection(&mut tx, run.connection).await?.into_iter().filter(|row| row.selected).collect();
    logs::set_total(&mut tx, run.log, i32::try_from(chosen.len()).unwrap_or(i32::MAX), run.deps.now()).await?;
    tx.commit().await?;

    let mut trouble = None;
    for calendar in chosen {
        if calendar.health_reason == Some(HealthReason::CalendarGone) {
            trouble = Some(HealthReason::CalendarGone);
            continue;
        }
        let mut result = read::calendar(run, source, &credentials, &key, &calendar).await?;
        if result == Err(SourceError::Unauthorized) && provider != Provider::Caldav {
            credentials = renew(run, &credentials).await?;
            result = read::calendar(run, source, &credentials, &key, &calendar).await?;
        }
        match result {
            Ok(()) => {}
            Err(SourceError::CalendarGone) => trouble = Some(mark(run, &calendar, HealthReason::CalendarGone).await?),
            Err(SourceError::Forbidden) => trouble = Some(mark(run, &calendar, HealthReason::AccessForbidden).await?),
            Err(SourceError::Unreadable | SourceError::CursorExpired) => {
                trouble = Some(mark(run, &calendar, HealthReason::UnreadableAnswer).await?);
            }
            Err(error) => return Err(connection_failure(&error, provider)),
        }
        let mut tx = run.deps.begin(run.op).await?;
        logs::calendar_done(&mut tx, run.log, run.deps.now()).await?;
        tx.commit().await?;
    }
    Ok(trouble)
}

async fn renew(run: &Run<'_>, refused: &Credentials) -> Result<Credentials, ReadFailure> {
    let Credentials::Bearer(token) = refused else { return Err(ReadFailure::because(HealthReason::PasswordRefused)) };
    tokens::credentials(run.deps, run.op, run.connection, Some(token)).await
}

async fn mark(run: &Run<'_>, calendar: &calendars::CalendarRow, reason: HealthReason) -> Result<HealthReason, ReadFailure> {
    let mut tx = run.deps.begin(run.op).await?;
    calendars::set_health(&mut tx, calendar.id, Some(reason)).await?;
    tx.commit().await?;
    Ok(reason)
}

async fn succeed(run: &Run<'_>, row: &ConnectionRow, trouble: Option<HealthReason>) -> Result<(), CalendarError> {
    let (deps, now, user) = (run.deps, run.deps.now(), row.user_id);
    let mut tx = deps.begin(run.op).await?;
    let can_push = deps.providers.push(row.provider).is_some();
    let calendars = calendars::of_connection(&mut tx, run.connection).await?;
    let open = if can_push { channels::of_connection(&mut tx, run.connection).await? } else { Vec::new() };
    let counting: Vec<_> = calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect();
    let is_covered = !counting.is_empty() && channel::covered(&counting, &open, now) == counting.len();
    let after = state::after_success(now, trouble.is_none(), is_covered, deps.chance.fraction());
    logs::finish(&mut tx, run.log, SyncOutcome::Succeeded, trouble, run.events_removed, run.unreadable, now).await?;
    let recorded = connections::record(&mut tx, run.connection, &after, trouble, Some(now), row.consented_at, now).await?;
    let change = HealthChangeId(deps.new_id());
    health::changed(&mut tx, change, user, run.connection, after.status, trouble, now).await?;
    // Most of a calendar gone at once is seldom meant: somebody left, or somebody else was at it.
    let unusual = run.is_emptied.then_some("most_events_removed");
    if unusual.is_some() {
        security_event("most_events_removed", "medium");
    }
    let event = Event::done(Action::ConnectionSynced, user, run.connection.0)
        .with(serde_json::json!({ "reason": trouble, "unreadable": run.unreadable, "unusual": unusual }));
    audit::append(&mut tx, deps, run.op, event).await?;
    // What was asked for while this was under way waits already, and not for as long as this would put it off.
    if recorded.is_some_and(|recorded| !recorded.is_asked) {
        enqueue_next(&mut tx, run, &after).await?;
    }
    if can_push {
        look_after(&mut tx, deps, user, run.connection, &calendars, &open).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn fail(run: &Run<'_>, row: &ConnectionRow, reason: HealthReason, retry_after: Option<TimeDelta>) -> Result<(), CalendarError> {
    let (deps, now) = (run.deps, run.deps.now());
    let after = state::after_failure(row.attempts, reason, retry_after, now, deps.chance.fraction());
    let mut tx = deps.begin(run.op).await?;
    logs::finish(&mut tx, run.log, SyncOutcome::Failed, Some(reason), run.events_removed, run.unreadable, now).await?;
    // As precise as the database keeps it, so that the mails can tell this break from a later one.
    let now = now.trunc_subsecs(6);
    let Some(recorded) = connections::record(&mut tx, run.connection, &after, Some(reason), None, row.consented_at, now).await? else {
        // Overtaken by the person, who connected again: the new consent is read at once.
        ask(&mut tx, deps, run.user, run.connection).await?;
        tx.commit().await?;
        return Ok(());
    };
    let change = HealthChangeId(deps.new_id());
    health::changed(&mut tx, change, run.user, run.connection, after.status, Some(reason), now).await?;
    if recorded.broken_since == Some(now) {
        broken::announce(&mut tx, run.user, run.connection, now).await?;
    }
    let event = Event::done(Action::ConnectionSyncFailed, run.user, run.connection.0)
        .ending(Outcome::Failed)
        .with(serde_json::json!({ "reason": reason, "attempts": after.attempts }));
    audit::append(&mut tx, deps, run.op, event).await?;
    enqueue_next(&mut tx, run, &after).await?;
    tx.commit().await?;
    Ok(())
}

async fn enqueue_next(tx: &mut crate::base::Tx, run: &Run<'_>, after: &After) -> Result<(), sqlx::Error> {
    match after.next_attempt_at {
        Some(at) => jobs::enqueue(tx, Job::SyncConnection { user: run.user, connection: run.connection }.at(at)).await,
        None => Ok(()),
    }
}
