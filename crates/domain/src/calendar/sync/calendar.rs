//! Reads one calendar: what changed since last time, or everything, swapped in only when it is complete.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use providers::calendar::{
    CalendarRef, CalendarSource, Change, ChangePage, Credentials, Cursor, Next, RemoteEvent, SourceError, Span, Unreadable,
    UnreadableReason, Window,
};
use types::EventId;

use super::own_feed;
use super::run::{Run, begin_held, begin_held_lazily_flushed};
use super::store::{events, logs};
use crate::base::{Deps, civil_instant};
use crate::calendar::connection::calendars::{CalendarRow, Swap};
use crate::calendar::connection::{SyncFailure, calendars};
use crate::calendar::push;
use crate::vault::{IvBatch, PersonKey, Place};

/// How far back and ahead events are kept.
const PAST: TimeDelta = TimeDelta::days(31);
const FUTURE: TimeDelta = TimeDelta::days(93);
/// A sync token remembers the window it began with, so the window moves on by reading everything once a day.
const FULL_EVERY: TimeDelta = TimeDelta::hours(24);
/// Pages of one round; beyond it the provider is going in circles.
const MAX_PAGES: usize = 2_000;
/// Changes of one round: eight hundred events on each day. Beyond it somebody fills the disk.
const MAX_CHANGES: usize = 100_000;

/// Fewer events than this may go at once without anybody wondering.
const MANY: i64 = 25;

/// What a calendar is read with.
pub(in crate::calendar) struct Account<'a> {
    pub source: &'a dyn CalendarSource,
    pub credentials: Credentials,
    pub key: &'a PersonKey,
    /// The addresses under which the account is invited.
    pub owners: Vec<String>,
}

/// Reads a calendar. The inner result is the provider's, the outer one is ours.
pub(in crate::calendar) async fn sync_calendar(
    run: &mut Run<'_>,
    account: &Account<'_>,
    row: &CalendarRow,
) -> Result<Result<(), SourceError>, SyncFailure> {
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
                    && push::channels::missed(&mut tx, row.id, last, now).await?
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
async fn full(run: &mut Run<'_>, account: &Account<'_>, row: &CalendarRow) -> Result<Result<(), SourceError>, SyncFailure> {
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

/// Page after page, each stored in a transaction of its own while the next is fetched, so that memory holds two pages at most.
async fn pages(
    run: &mut Run<'_>,
    account: &Account<'_>,
    row: &CalendarRow,
    mut cursor: Cursor,
    generation: i64,
) -> Result<Result<Option<String>, SourceError>, SyncFailure> {
    let external = account.key.open_text(Place::new("calendars", "external_sealed", row.id.0), &row.external_sealed)?;
    let mut reading =
        Reading { row, generation, zone: row.zone(), unreadable: HashMap::new(), counts_at_once: matches!(cursor, Cursor::Since { .. }) };
    let mut fetched = fetch(account, &external, reading.zone, &cursor).await;
    let most = run.changes.saturating_add(MAX_CHANGES);
    for _ in 0..MAX_PAGES {
        if run.changes > most {
            break;
        }
        let page = match fetched {
            Ok(page) => page,
            Err(error) => return Ok(Err(error)),
        };
        reading.zone = page.zone.unwrap_or(reading.zone);
        let zone = reading.zone;
        match page.next {
            Next::Done { sync_token } => {
                reading.store(run, account, page.changes, &page.unreadable, true).await?;
                return Ok(Ok(sync_token));
            }
            Next::Page(next) => {
                match &mut cursor {
                    Cursor::Full { page, .. } | Cursor::Since { page, .. } => *page = Some(next),
                }
                let storing = reading.store(run, account, page.changes, &page.unreadable, false);
                let (stored, next_page) = futures::join!(storing, fetch(account, &external, zone, &cursor));
                stored?;
                fetched = next_page;
            }
        }
    }
    Ok(Err(SourceError::Unreadable))
}

async fn fetch(account: &Account<'_>, external: &str, zone: Tz, cursor: &Cursor) -> Result<ChangePage, SourceError> {
    let calendar = CalendarRef { id: external, zone, owners: &account.owners };
    account.source.changes(&account.credentials, calendar, cursor).await
}

/// What is known while the pages of one calendar come in.
struct Reading<'r> {
    row: &'r CalendarRow,
    generation: i64,
    zone: Tz,
    unreadable: HashMap<UnreadableReason, i32>,
    /// Whether what is stored counts from its commit on, and not only once the whole calendar is in.
    counts_at_once: bool,
}

impl Reading<'_> {
    async fn store(
        &mut self,
        run: &mut Run<'_>,
        account: &Account<'_>,
        changes: Vec<Change>,
        unreadable: &[Unreadable],
        is_last: bool,
    ) -> Result<(), SyncFailure> {
        let (row, generation) = (self.row, self.generation);
        for entry in unreadable {
            *self.unreadable.entry(entry.reason).or_default() += 1;
            run.unreadable += 1;
        }
        run.changes += changes.len();
        let read = i32::try_from(changes.len()).unwrap_or(i32::MAX);
        let Split { resources, upserts, removals } = split(run, row, account.key, self.zone, changes);
        let mut tx = if self.counts_at_once { begin_held(run, row).await? } else { begin_held_lazily_flushed(run, row).await? };
        run.events_removed += events::remove_resources(&mut tx, row.id, generation, &resources).await?;
        events::upsert(&mut tx, run.user, row.id, generation, upserts).await?;
        run.events_removed += events::remove(&mut tx, row.id, generation, &removals).await?;
        logs::page_read(&mut tx, run.log, read, run.deps.now()).await?;
        if is_last {
            let before = if self.counts_at_once { &row.unreadable } else { &serde_json::Value::Null };
            calendars::set_unreadable(&mut tx, row.id, &summary(&self.unreadable, before), self.zone).await?;
        }
        tx.commit().await?;
        Ok(())
    }
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
    let own_feed_suffix = own_feed::uid_suffix(deps, run.user);
    let mut last: HashMap<Vec<u8>, Option<RemoteEvent>> = HashMap::new();
    let mut resources = Vec::new();
    for change in changes {
        match change {
            // This person subscribed elsewhere to their own feed of Kairos, and connected that: nothing new is in it.
            Change::Upsert(event) if event.ical_uid.as_deref().is_some_and(|uid| uid.ends_with(&own_feed_suffix)) => {}
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
    let (mut kept, mut removals) = (Vec::new(), Vec::new());
    for (event_key, event) in last {
        match event {
            Some(event) => kept.push((event_key, event)),
            None => removals.push(event_key),
        }
    }
    let (mut ids, mut ivs) = (deps.chance.uuids(kept.len(), deps.now()), IvBatch::draw(kept.len(), &*deps.chance));
    let mut upserts: Vec<_> = kept
        .into_iter()
        .zip(&mut ids)
        .map(|((event_key, event), id)| event_row(deps, calendar, key, zone, EventId(id), &mut ivs, event_key, event))
        .collect();
    // In the order of the index by time, so that neighbours lie side by side.
    upserts.sort_unstable_by_key(|event| event.starts_at);
    Split { resources, upserts, removals }
}

fn hash_resource(deps: &Deps, calendar: &CalendarRow, resource: &str) -> Vec<u8> {
    deps.vault.lookup().hash("calendar resource", format!("{} {resource}", calendar.id).as_bytes()).to_vec()
}

fn hash_key(deps: &Deps, calendar: &CalendarRow, key: &str) -> Vec<u8> {
    deps.vault.lookup().hash("event", format!("{} {key}", calendar.id).as_bytes()).to_vec()
}

#[expect(clippy::too_many_arguments, reason = "what one row is made of; a struct would only repeat it")]
fn event_row(
    deps: &Deps,
    calendar: &CalendarRow,
    key: &PersonKey,
    zone: Tz,
    id: EventId,
    ivs: &mut IvBatch,
    event_key: Vec<u8>,
    event: RemoteEvent,
) -> events::NewEvent {
    let (starts_at, ends_at, dates) = match event.span {
        Span::Timed { starts_at, ends_at } => (starts_at, ends_at, None),
        Span::AllDay { start, end } => (midnight(start, zone), midnight(end, zone), Some((start, end))),
    };
    let place = Place::new("calendar_events", "title_sealed", id.0);
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
        title_sealed: event.title.and_then(|title| key.seal_from(ivs, place, title.as_bytes())),
    }
}

fn midnight(date: chrono::NaiveDate, zone: Tz) -> DateTime<Utc> {
    civil_instant(date, NaiveTime::MIN, zone)
}
