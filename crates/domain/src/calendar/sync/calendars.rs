//! One round over the calendars of a connection: each has its turn, its time and its own failures.

use chrono::TimeDelta;
use providers::calendar::{Credentials, SourceError};
use tokio::time::Instant;
use types::{HealthReason, Provider};

use super::calendar::{self, Account};
use super::calendar_failures::CalendarFailures;
use super::run::{self as sync_run, Run};
use super::store::logs;
use crate::calendar::connection::calendars::CalendarRow;
use crate::calendar::connection::{SyncFailure, calendars, connection_failure, connections, credentials, save_calendar_list};
use crate::vault::PersonKey;

/// A calendar that was read so lately has had its turn, if a run has no time for it.
const TURN: TimeDelta = TimeDelta::minutes(5);

/// What came of a run that the provider did not end.
pub(in crate::calendar) struct SyncedCalendars {
    /// What is wrong with single calendars.
    pub trouble: Option<HealthReason>,
    /// Whether every calendar had its turn; else the next run goes on with those that wait longest.
    pub is_whole: bool,
}

/// Lists the calendars and reads those that are chosen.
pub(in crate::calendar) async fn sync_calendars(run: &mut Run<'_>, provider: Provider) -> Result<SyncedCalendars, SyncFailure> {
    let (deps, began) = (run.deps, Instant::now());
    let source = sync_run::source(deps, provider)?;
    let mut held = credentials(deps, run.op, run.connection, None).await?;
    let listed = match source.calendars(&held).await {
        Err(SourceError::Unauthorized) => {
            held = renew(run, held).await?;
            source.calendars(&held).await
        }
        answer => answer,
    };
    let mut listed = listed.map_err(|error| connection_failure(&error, provider))?;
    let owners = listed.first_mut().map(|calendar| std::mem::take(&mut calendar.owners)).unwrap_or_default();

    let mut tx = deps.begin(run.op).await?;
    if !connections::hold(&mut tx, run.connection, run.log).await? {
        return Err(SyncFailure::Gone);
    }
    let key = PersonKey::load_in(&mut tx, deps, run.user).await?;
    save_calendar_list(&mut tx, deps, &key, run.user, run.connection, &listed).await?;
    let mut chosen: Vec<_> = calendars::of_connection(&mut tx, run.connection).await?.into_iter().filter(|row| row.selected).collect();
    // Those that failed last, so that they keep no other from being read; else those that wait longest first, and of those that were never
    // read the main one. Of those that failed together with the whole account, the ones that were tried more often come last.
    chosen.sort_by_key(|calendar| match calendar.attempts {
        0 => (false, calendar.last_sync_at, 0),
        attempts => (true, calendar.next_attempt_at, attempts),
    });
    logs::set_total(&mut tx, run.log, i32::try_from(chosen.len()).unwrap_or(i32::MAX), deps.now()).await?;
    tx.commit().await?;

    let mut account = Account { source, credentials: held, key: &key, owners };
    let mut failures = CalendarFailures::default();
    let (mut is_whole, mut one_more) = (true, true);
    for calendar in chosen {
        if calendar.health_reason == Some(HealthReason::CalendarGone) {
            failures.reason = Some(HealthReason::CalendarGone);
            continue;
        }
        if calendar.next_attempt_at.is_some_and(|at| at > deps.now()) {
            failures.reason = failures.reason.or(calendar.health_reason);
            continue;
        }
        // Never before the first, so that every run gets somewhere; and one of those that failed has its turn all the same, because the
        // others could fill every run.
        if failures.has_tried() && began.elapsed() > deps.settings.reading.run {
            let has_failed = calendar.attempts > 0;
            if !has_failed || !std::mem::take(&mut one_more) {
                failures.reason = failures.reason.or(calendar.health_reason);
                is_whole &= has_failed || calendar.last_sync_at.is_some_and(|at| deps.now() - at < TURN);
                continue;
            }
        }
        match sync_one(run, &mut account, &calendar).await {
            Ok(Ok(())) => failures.read(run).await?,
            Ok(Err(SourceError::CalendarGone)) => failures.mark(run, &calendar, HealthReason::CalendarGone).await?,
            Ok(Err(SourceError::Forbidden)) => failures.mark(run, &calendar, HealthReason::AccessForbidden).await?,
            Ok(Err(SourceError::Unreadable | SourceError::CursorExpired)) => {
                failures.mark(run, &calendar, HealthReason::UnreadableAnswer).await?;
            }
            Ok(Err(SourceError::Down { retry_after })) => failures.down(run, calendar, retry_after, provider).await?,
            // Of the whole account; also when nothing was asked, because it would not be of the others either.
            Ok(Err(error)) => return Err(connection_failure(&error, provider)),
            // Unticked meanwhile: whoever did that asked for another read.
            Err(SyncFailure::Changed) => continue,
            Err(failure) => return Err(failure),
        }
        let mut tx = deps.begin(run.op).await?;
        if !connections::hold(&mut tx, run.connection, run.log).await? {
            return Err(SyncFailure::Gone);
        }
        logs::calendar_done(&mut tx, run.log, deps.now()).await?;
        tx.commit().await?;
    }
    failures.settle(run, provider).await?;
    Ok(SyncedCalendars { trouble: failures.reason, is_whole })
}

/// Doublings of a calendar's time: it has sixteen minutes at most.
const DOUBLINGS: u32 = 3;

/// One calendar, within its time, which doubles with each try that failed: a large one on a slow server is whole in the end, and one that
/// hangs takes ever longer pauses between. Refused credentials are renewed once.
async fn sync_one(run: &mut Run<'_>, account: &mut Account<'_>, calendar: &CalendarRow) -> Result<Result<(), SourceError>, SyncFailure> {
    let limit = run.deps.settings.reading.calendar * (1 << u32::try_from(calendar.attempts).unwrap_or_default().min(DOUBLINGS));
    let reading = async {
        match calendar::sync_calendar(run, account, calendar).await? {
            Err(SourceError::Unauthorized) => {
                account.credentials = renew(run, account.credentials.clone()).await?;
                calendar::sync_calendar(run, account, calendar).await
            }
            answer => Ok(answer),
        }
    };
    tokio::time::timeout(limit, reading).await.unwrap_or(Ok(Err(SourceError::Down { retry_after: None })))
}

/// Other credentials than the refused ones. A password is tried a second time: servers refuse a right one while they restart.
async fn renew(run: &Run<'_>, refused: Credentials) -> Result<Credentials, SyncFailure> {
    match refused {
        Credentials::Bearer(token) => credentials(run.deps, run.op, run.connection, Some(&token)).await,
        password @ Credentials::Basic { .. } => Ok(password),
    }
}
