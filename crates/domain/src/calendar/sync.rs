//! Reads one connection from beginning to end. Runs as a job, one at a time per connection, and may be repeated after any crash.

use std::time::Duration;

use chrono::{SubsecRound, TimeDelta};
use providers::calendar::{CalendarSource, Credentials, SourceError};
use tokio::time::Instant;
use types::{ConnectionId, ConnectionStatus, HealthChangeId, HealthReason, Provider, SyncKind, SyncLogId, SyncOutcome};

use super::CalendarError;
use super::ask::ask;
use super::broken;
use super::channel;
use super::channels::look_after;
use super::failure::{self, ReadFailure, connection_failure};
use super::keep::calendars_in;
use super::read::{self, Account, Run, begin_held};
use super::state::{self, After};
use super::store::calendars::CalendarRow;
use super::store::connections::ConnectionRow;
use super::store::{calendars, channels, connections, health, logs};
use super::tokens;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, Tx, security_event};
use crate::jobs::{self, Job};
use crate::vault::PersonKey;

/// Runs in a row that died with their worker, after which the connection is left alone for a while: whatever is in it must not take one
/// replica after another down with it.
const FATAL: i64 = 3;
/// For how long.
const SET_ASIDE: TimeDelta = TimeDelta::minutes(30);
/// A calendar that was read so lately has had its turn, if a run has no time for it.
const TURN: TimeDelta = TimeDelta::minutes(5);
/// Calendars in a row that the provider gave no answer for, after which it is the account's trouble and not theirs.
const DOWN_IN_A_ROW: usize = 3;

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
    connections::begin_read(&mut tx, connection, log).await?;
    logs::end_interrupted(&mut tx, connection, deps.now()).await?;
    let is_fatal = logs::interrupted_in_a_row(&mut tx, connection).await? >= FATAL;
    logs::insert(&mut tx, log, row.user_id, connection, kind, op.request_id, deps.now()).await?;
    tx.commit().await?;

    let mut run = Run { deps, op, connection, user: row.user_id, log, changes: 0, is_emptied: false, events_removed: 0, unreadable: 0 };
    let result = if is_fatal {
        security_event("sync_set_aside", "medium");
        tracing::error!(%connection, "a connection whose reads kill their worker is set aside");
        Err(ReadFailure::Health { reason: HealthReason::UnreadableAnswer, retry_after: Some(SET_ASIDE) })
    } else {
        read_all(&mut run, row.provider).await
    };
    match result {
        Ok(read) => succeed(&run, &row, &read).await,
        Err(ReadFailure::Gone | ReadFailure::Changed) => Ok(()),
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

/// What came of a run that the provider did not end.
struct Read {
    /// What is wrong with single calendars.
    trouble: Option<HealthReason>,
    /// Whether every calendar had its turn; else the next run goes on with those that wait longest.
    is_whole: bool,
}

async fn read_all(run: &mut Run<'_>, provider: Provider) -> Result<Read, ReadFailure> {
    let (deps, began) = (run.deps, Instant::now());
    let source = source(deps, provider)?;
    let mut credentials = tokens::credentials(deps, run.op, run.connection, None).await?;
    let listed = match source.calendars(&credentials).await {
        Err(SourceError::Unauthorized) => {
            credentials = renew(run, credentials).await?;
            source.calendars(&credentials).await
        }
        answer => answer,
    };
    let mut listed = listed.map_err(|error| connection_failure(&error, provider))?;
    let owners = listed.first_mut().map(|calendar| std::mem::take(&mut calendar.owners)).unwrap_or_default();

    let mut tx = deps.begin(run.op).await?;
    if !connections::hold(&mut tx, run.connection, run.log).await? {
        return Err(ReadFailure::Gone);
    }
    let key = PersonKey::load_in(&mut tx, deps, run.user).await?;
    calendars_in(&mut tx, deps, &key, run.user, run.connection, &listed).await?;
    let mut chosen: Vec<_> = calendars::of_connection(&mut tx, run.connection).await?.into_iter().filter(|row| row.selected).collect();
    // Those that failed last, so that they keep no other from being read; else those that wait longest first, and of those that were never
    // read the main one.
    chosen.sort_by_key(|calendar| (calendar.attempts, calendar.last_sync_at));
    logs::set_total(&mut tx, run.log, i32::try_from(chosen.len()).unwrap_or(i32::MAX), deps.now()).await?;
    tx.commit().await?;

    let mut account = Account { source, credentials, key: &key, owners };
    let mut trouble = Trouble::default();
    for calendar in chosen {
        if calendar.health_reason == Some(HealthReason::CalendarGone) {
            trouble.reason = Some(HealthReason::CalendarGone);
            continue;
        }
        if calendar.next_attempt_at.is_some_and(|at| at > deps.now()) {
            trouble.reason = trouble.reason.or(calendar.health_reason);
            continue;
        }
        // Never before the first, so that every run gets somewhere.
        if trouble.has_tried() && began.elapsed() > deps.settings.reading.run {
            trouble.settle(run, provider).await?;
            // It waits longest of those that are left; if its turn was a moment ago, so was theirs.
            let is_whole = calendar.last_sync_at.is_some_and(|at| deps.now() - at < TURN);
            return Ok(Read { trouble: trouble.reason, is_whole });
        }
        match one(run, &mut account, &calendar).await {
            Ok(Ok(())) => trouble.read(run).await?,
            Ok(Err(SourceError::CalendarGone)) => trouble.mark(run, &calendar, HealthReason::CalendarGone).await?,
            Ok(Err(SourceError::Forbidden)) => trouble.mark(run, &calendar, HealthReason::AccessForbidden).await?,
            Ok(Err(SourceError::Unreadable | SourceError::CursorExpired)) => {
                trouble.mark(run, &calendar, HealthReason::UnreadableAnswer).await?;
            }
            Ok(Err(SourceError::Down { retry_after })) => trouble.down(run, calendar, retry_after, provider).await?,
            Ok(Err(error)) => return Err(connection_failure(&error, provider)),
            // Unticked meanwhile: whoever did that asked for another read.
            Err(ReadFailure::Changed) => continue,
            Err(failure) => return Err(failure),
        }
        let mut tx = deps.begin(run.op).await?;
        if !connections::hold(&mut tx, run.connection, run.log).await? {
            return Err(ReadFailure::Gone);
        }
        logs::calendar_done(&mut tx, run.log, deps.now()).await?;
        tx.commit().await?;
    }
    trouble.settle(run, provider).await?;
    Ok(Read { trouble: trouble.reason, is_whole: true })
}

/// One calendar, within its time; refused credentials are renewed once.
async fn one(run: &mut Run<'_>, account: &mut Account<'_>, calendar: &CalendarRow) -> Result<Result<(), SourceError>, ReadFailure> {
    let limit = run.deps.settings.reading.calendar;
    let reading = async {
        match read::calendar(run, account, calendar).await? {
            Err(SourceError::Unauthorized) => {
                account.credentials = renew(run, account.credentials.clone()).await?;
                read::calendar(run, account, calendar).await
            }
            answer => Ok(answer),
        }
    };
    tokio::time::timeout(limit, reading).await.unwrap_or(Ok(Err(SourceError::Down { retry_after: None })))
}

/// What single calendars have, and what of it turns out to be the account's.
#[derive(Default)]
struct Trouble {
    reason: Option<HealthReason>,
    /// Without an answer since the last that had one.
    silent: Vec<(CalendarRow, Option<TimeDelta>)>,
    any_answered: bool,
}

impl Trouble {
    const fn has_tried(&self) -> bool {
        self.any_answered || !self.silent.is_empty()
    }

    /// A calendar was read, so those before it that were not have trouble of their own.
    async fn read(&mut self, run: &Run<'_>) -> Result<(), ReadFailure> {
        self.any_answered = true;
        self.put_off(run).await
    }

    async fn mark(&mut self, run: &Run<'_>, calendar: &CalendarRow, reason: HealthReason) -> Result<(), ReadFailure> {
        self.read(run).await?;
        self.reason = Some(reason);
        let Some(mut tx) = begin_if_held(run, calendar).await? else { return Ok(()) };
        calendars::set_health(&mut tx, calendar.id, Some(reason)).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn down(
        &mut self,
        run: &Run<'_>,
        calendar: CalendarRow,
        retry_after: Option<Duration>,
        provider: Provider,
    ) -> Result<(), ReadFailure> {
        self.silent.push((calendar, retry_after.and_then(|wait| TimeDelta::from_std(wait).ok())));
        if self.silent.len() >= DOWN_IN_A_ROW { self.settle(run, provider).await } else { Ok(()) }
    }

    /// When nothing answered at all, it is the account's trouble: no calendar is blamed, and the next run begins with others.
    async fn settle(&mut self, run: &Run<'_>, provider: Provider) -> Result<(), ReadFailure> {
        let Some((_, wait)) = self.silent.last().filter(|_| !self.any_answered) else { return self.put_off(run).await };
        let retry_after = wait.and_then(|wait| wait.to_std().ok());
        for (calendar, _) in &self.silent {
            let Some(mut tx) = begin_if_held(run, calendar).await? else { continue };
            calendars::tried(&mut tx, calendar.id).await?;
            tx.commit().await?;
        }
        Err(connection_failure(&SourceError::Down { retry_after }, provider))
    }

    async fn put_off(&mut self, run: &Run<'_>) -> Result<(), ReadFailure> {
        for (calendar, retry_after) in std::mem::take(&mut self.silent) {
            self.reason = self.reason.or(Some(HealthReason::ProviderDown));
            let until = state::next_attempt(calendar.attempts, retry_after, run.deps.now(), run.deps.chance.fraction());
            let Some(mut tx) = begin_if_held(run, &calendar).await? else { continue };
            calendars::put_off(&mut tx, calendar.id, until).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// Nothing when the calendar was unticked meanwhile: then it has no trouble to be told of.
async fn begin_if_held(run: &Run<'_>, calendar: &CalendarRow) -> Result<Option<Tx>, ReadFailure> {
    match begin_held(run, calendar).await {
        Ok(tx) => Ok(Some(tx)),
        Err(ReadFailure::Changed) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Other credentials than the refused ones. A password is tried a second time: servers refuse a right one while they restart.
async fn renew(run: &Run<'_>, refused: Credentials) -> Result<Credentials, ReadFailure> {
    match refused {
        Credentials::Bearer(token) => tokens::credentials(run.deps, run.op, run.connection, Some(&token)).await,
        password @ Credentials::Basic { .. } => Ok(password),
    }
}

async fn succeed(run: &Run<'_>, row: &ConnectionRow, read: &Read) -> Result<(), CalendarError> {
    let (deps, now, user, trouble) = (run.deps, run.deps.now(), row.user_id, read.trouble);
    let mut tx = deps.begin(run.op).await?;
    if !connections::hold(&mut tx, run.connection, run.log).await? {
        return Ok(());
    }
    let can_push = deps.providers.push(row.provider).is_some();
    let calendars = calendars::of_connection(&mut tx, run.connection).await?;
    let open = if can_push { channels::of_connection(&mut tx, run.connection).await? } else { Vec::new() };
    let counting: Vec<_> = calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect();
    let is_covered = !counting.is_empty() && channel::covered(&counting, &open, now) == counting.len();
    let mut after = state::after_success(now, trouble.is_none(), is_covered, deps.chance.fraction());
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
    if !connections::hold(&mut tx, run.connection, run.log).await? {
        return Ok(());
    }
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

async fn enqueue_next(tx: &mut Tx, run: &Run<'_>, after: &After) -> Result<(), sqlx::Error> {
    match after.next_attempt_at {
        Some(at) => jobs::enqueue(tx, Job::SyncConnection { user: run.user, connection: run.connection }.at(at)).await,
        None => Ok(()),
    }
}
