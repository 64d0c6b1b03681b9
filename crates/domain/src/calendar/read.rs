//! Reads one calendar: what changed since last time, or everything, swapped in only when it is complete.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use providers::calendar::{
    CalendarRef, CalendarSource, Change, Credentials, Cursor, Next, RemoteEvent, SourceError, Span, UnreadableReason, Window,
};
use types::{ConnectionId, EventId, SyncLogId, UserId};

use super::failure::ReadFailure;
use super::feed;
use super::store::calendars::{self, CalendarRow, Hold, Swap};
use super::store::{channels, events, logs};
use crate::base::{Deps, Op, Tx, civil_instant};
use crate::vault::{PersonKey, Place};

/// How far back and ahead events are kept.
const PAST: TimeDelta = TimeDelta::days(31);
const FUTURE: TimeDelta = TimeDelta::days(93);
/// A sync token remembers the window it began with, so the window moves on by reading everything once a day.
const FULL_EVERY: TimeDelta = TimeDelta::hours(24);
/// Pages of one round; beyond it the provider is going in circles.
const MAX_PAGES: usize = 2_000;

/// Fewer events than this may go at once without anybody wondering.
const MANY: i64 = 25;

/// One run of the sync of one connection.
pub(super) struct Run<'a> {
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

/// What a calendar is read with.
pub(super) struct Account<'a> {
    pub source: &'a dyn CalendarSource,
    pub credentials: Credentials,
    pub key: &'a PersonKey,
    /// The addresses under which the account is invited.
    pub owners: Vec<String>,
}

/// A transaction in which what was read of the calendar may be stored.
pub(super) async fn begin_held(run: &Run<'_>, row: &CalendarRow) -> Result<Tx, ReadFailure> {
    let mut tx = run.deps.begin(run.op).await?;
    match calendars::hold(&mut tx, run.connection, run.log, row.id, row.generation).await? {
        Hold::Held => Ok(tx),
        Hold::Changed => Err(ReadFailure::Changed),
        Hold::Overtaken => Err(ReadFailure::Gone),
    }
}

/// Reads a calendar. The inner result is the provider's, the outer one is ours.
pub(super) async fn calendar(run: &mut Run<'_>, account: &Account<'_>, row: &CalendarRow) -> Result<Result<(), SourceError>, ReadFailure> {
    let now = run.deps.now();
    let fresh = row.full_sync_at.is_some_and(|at| now - at < FULL_EVERY);
    if let (Some(sync_token), true) = (&row.sync_token, fresh) {
        let cursor = Cursor::Since { sync_token: sync_token.clone(), page: None };
        let (before, removed_before) = (run.changes, run.events_removed);
        match pages(run, account, row, cursor, row.generation).await? {
            Err(SourceError::CursorExpired) => {}
            Err(error) => return Ok(Err(error)),
            Ok(sync_token) => {
                let mut tx = begin_held(run, row).await?;
                let removed = i64::from(run.events_removed - removed_before);
                run.is_emptied |= removed >= MANY && removed > events::count(&mut tx, row.id, row.generation).await?;
                calendars::caught_up(&mut tx, row.id, sync_token.as_deref(), now).await?;
                if let (true, Some(last)) = (run.changes > before, row.last_sync_at)
                    && channels::missed(&mut tx, row.id, last, now).await?
                {
                    metrics::counter!("calendar_pushes_missed_total").increment(1);
                }
                tx.commit().await?;
                return Ok(Ok(()));
            }
        }
    }
    full(run, account, row).await
}

/// Everything, into the next generation; the old one counts until the last page is in.
async fn full(run: &mut Run<'_>, account: &Account<'_>, row: &CalendarRow) -> Result<Result<(), SourceError>, ReadFailure> {
    let now = run.deps.now();
    let window = Window { starts_at: now - PAST, ends_at: now + FUTURE };
    let next_generation = row.generation + 1;
    let mut tx = begin_held(run, row).await?;
    events::delete_unfinished(&mut tx, row.id, row.generation).await?;
    tx.commit().await?;
    let cursor = Cursor::Full { window, page: None };
    let sync_token = match pages(run, account, row, cursor, next_generation).await? {
        Ok(sync_token) => sync_token,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = begin_held(run, row).await?;
    let swap = Swap {
        generation: next_generation,
        sync_token: sync_token.as_deref(),
        window_starts_at: window.starts_at,
        window_ends_at: window.ends_at,
        now,
    };
    calendars::swap(&mut tx, row.id, &swap).await?;
    let replaced = events::delete_other_generations(&mut tx, row.id, next_generation).await?;
    run.is_emptied |= replaced >= MANY && replaced > 2 * events::count(&mut tx, row.id, next_generation).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Page after page, each stored in a transaction of its own, so that memory holds one page only.
async fn pages(
    run: &mut Run<'_>,
    account: &Account<'_>,
    row: &CalendarRow,
    mut cursor: Cursor,
    generation: i64,
) -> Result<Result<Option<String>, SourceError>, ReadFailure> {
    let external = account.key.open_text(Place::new("calendars", "external_sealed", row.id.0), &row.external_sealed)?;
    let mut unreadable: HashMap<UnreadableReason, i32> = HashMap::new();
    let mut zone = row.zone();
    for _ in 0..MAX_PAGES {
        let calendar = CalendarRef { id: &external, zone, owners: &account.owners };
        let page = match account.source.changes(&account.credentials, calendar, &cursor).await {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        zone = page.zone.unwrap_or(zone);
        for entry in &page.unreadable {
            *unreadable.entry(entry.reason).or_default() += 1;
            run.unreadable += 1;
        }
        run.changes += page.changes.len();
        let read = i32::try_from(page.changes.len()).unwrap_or(i32::MAX);
        let Split { resources, upserts, removals } = split(run, row, account.key, zone, page.changes);
        let mut tx = begin_held(run, row).await?;
        run.events_removed += events::remove_resources(&mut tx, row.id, generation, &resources).await?;
        events::upsert(&mut tx, run.user, row.id, generation, &upserts).await?;
        run.events_removed += events::remove(&mut tx, row.id, generation, &removals).await?;
        logs::page_read(&mut tx, run.log, read, run.deps.now()).await?;
        match page.next {
            Next::Done { sync_token } => {
                let full = matches!(cursor, Cursor::Full { .. });
                let before = if full { &serde_json::Value::Null } else { &row.unreadable };
                calendars::set_unreadable(&mut tx, row.id, &summary(&unreadable, before), zone).await?;
                tx.commit().await?;
                return Ok(Ok(sync_token));
            }
            Next::Page(next) => {
                tx.commit().await?;
                match &mut cursor {
                    Cursor::Full { page, .. } | Cursor::Since { page, .. } => *page = Some(next),
                }
            }
        }
    }
    Ok(Err(SourceError::Unreadable))
}

/// Entries that could not be read, by reason. A round of changes sees only some of them, and may see one again: of each reason the
/// larger count holds until everything is read anew.
fn summary(unreadable: &HashMap<UnreadableReason, i32>, before: &serde_json::Value) -> serde_json::Value {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for entry in before.as_array().into_iter().flatten() {
        if let (Some(reason), Some(count)) = (entry["reason"].as_str(), entry["count"].as_i64()) {
            counts.insert(reason.to_owned(), count);
        }
    }
    for (reason, count) in unreadable {
        let known = counts.entry(reason.as_str().to_owned()).or_default();
        *known = (*known).max(i64::from(*count));
    }
    counts.into_iter().map(|(reason, count)| serde_json::json!({ "reason": reason, "count": count })).collect()
}

/// What a page changes, in the order in which it is to be done.
struct Split {
    resources: Vec<Vec<u8>>,
    upserts: Vec<events::NewEvent>,
    removals: Vec<Vec<u8>>,
}

/// Resources to empty, rows to store and keys to remove. Of several changes to one event the last counts.
fn split(run: &Run<'_>, calendar: &CalendarRow, key: &PersonKey, zone: Tz, changes: Vec<Change>) -> Split {
    let deps = run.deps;
    let own_feed = feed::uid_suffix(deps, run.user);
    let mut last: HashMap<Vec<u8>, Option<RemoteEvent>> = HashMap::new();
    let mut resources = Vec::new();
    for change in changes {
        match change {
            // This person subscribed elsewhere to their own feed of Kairos, and connected that: nothing new is in it.
            Change::Upsert(event) if event.ical_uid.as_deref().is_some_and(|uid| uid.ends_with(&own_feed)) => {}
            Change::Upsert(event) => {
                last.insert(hash_key(deps, calendar, &event.key), Some(event));
            }
            Change::Remove { key } => {
                last.insert(hash_key(deps, calendar, &key), None);
            }
            Change::RemoveResource { resource } => {
                last.retain(|_, event| event.as_ref().is_none_or(|event| event.resource.as_ref() != Some(&resource)));
                resources.push(hash_resource(deps, calendar, &resource));
            }
        }
    }
    let (mut upserts, mut removals) = (Vec::new(), Vec::new());
    for (event_key, event) in last {
        match event {
            Some(event) => upserts.push(row(deps, calendar, key, zone, event_key, event)),
            None => removals.push(event_key),
        }
    }
    Split { resources, upserts, removals }
}

fn hash_resource(deps: &Deps, calendar: &CalendarRow, resource: &str) -> Vec<u8> {
    deps.vault.lookup().hash("calendar resource", format!("{} {resource}", calendar.id).as_bytes()).to_vec()
}

fn hash_key(deps: &Deps, calendar: &CalendarRow, key: &str) -> Vec<u8> {
    deps.vault.lookup().hash("event", format!("{} {key}", calendar.id).as_bytes()).to_vec()
}

fn row(deps: &Deps, calendar: &CalendarRow, key: &PersonKey, zone: Tz, event_key: Vec<u8>, event: RemoteEvent) -> events::NewEvent {
    let id = EventId(deps.new_id());
    let (starts_at, ends_at, dates) = match event.span {
        Span::Timed { starts_at, ends_at } => (starts_at, ends_at, None),
        Span::AllDay { start, end } => (midnight(start, zone), midnight(end, zone), Some((start, end))),
    };
    events::NewEvent {
        id,
        resource_key: event.resource.map(|resource| hash_resource(deps, calendar, &resource)),
        event_key,
        ical_uid_hash: event.ical_uid.map(|uid| deps.vault.lookup().hash("ical uid", uid.as_bytes()).to_vec()),
        original_starts_at: event.original_start,
        starts_at,
        ends_at: ends_at.max(starts_at),
        dates,
        busy: event.busy,
        tentative: event.tentative,
        title_sealed: event
            .title
            .map(|title| key.seal(Place::new("calendar_events", "title_sealed", id.0), title.as_bytes(), &*deps.chance)),
    }
}

fn midnight(date: chrono::NaiveDate, zone: Tz) -> DateTime<Utc> {
    civil_instant(date, NaiveTime::MIN, zone)
}
