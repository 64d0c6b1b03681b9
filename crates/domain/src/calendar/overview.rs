//! A person's connections with their calendars and last runs, as the settings pages show them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use types::{CalendarId, ConnectionId, ConnectionStatus, HealthReason, Provider, SyncKind, SyncOutcome};

use super::CalendarError;
use super::agenda::{self, Day};
use super::range::{self, Range, Titles};
use super::store::connections::ConnectionRow;
use super::store::{health, logs};
use super::tokens::place;
use crate::accounts::Zoned;
use crate::base::Reading;
use crate::vault::Place;

/// One connection.
#[derive(Debug, Clone)]
pub struct ConnectionView {
    /// The id.
    pub id: ConnectionId,
    /// Where.
    pub provider: Provider,
    /// The account's name there; `None` when the key to it is missing.
    pub account: Option<String>,
    /// The server, for CalDAV.
    pub server: Option<String>,
    /// How it is.
    pub status: ConnectionStatus,
    /// Why it is not healthy.
    pub reason: Option<HealthReason>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// Failures in a row.
    pub attempts: i32,
    /// When it is tried again by itself.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was last read to the end.
    pub last_sync_at: Option<DateTime<Utc>>,
    /// When it was connected.
    pub created_at: DateTime<Utc>,
    /// Its calendars, the main one first.
    pub calendars: Vec<CalendarView>,
    /// The last runs, newest first.
    pub logs: Vec<LogView>,
    /// Fingerprint of the key that is missing, if one is.
    pub missing_key: Option<String>,
}

/// One calendar.
#[derive(Debug, Clone)]
pub struct CalendarView {
    /// The id.
    pub id: CalendarId,
    /// Its name; `None` when the key to it is missing.
    pub name: Option<String>,
    /// Whether it counts.
    pub selected: bool,
    /// Whether it is the main one.
    pub is_primary: bool,
    /// Whether titles can be read.
    pub can_read_details: bool,
    /// What is wrong with it alone.
    pub reason: Option<HealthReason>,
    /// When it is tried again, if it failed alone.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it was last read.
    pub last_sync_at: Option<DateTime<Utc>>,
    /// Entries that could not be read, by reason.
    pub unreadable: Vec<(String, i64)>,
    /// The sum of them.
    pub unreadable_count: i64,
}

/// One run.
#[derive(Debug, Clone)]
pub struct LogView {
    /// Why it ran.
    pub kind: SyncKind,
    /// How it ended.
    pub outcome: SyncOutcome,
    /// A health reason's code, or `interrupted`.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Last sign of life.
    pub seen_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Calendars to read.
    pub calendars_total: i32,
    /// Calendars read.
    pub calendars_done: i32,
    /// Events read.
    pub events_read: i32,
    /// Events removed.
    pub events_removed: i32,
    /// Entries that could not be read.
    pub unreadable: i32,
}

/// How a connection was from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthChange {
    /// From when.
    pub at: DateTime<Utc>,
    /// How.
    pub status: ConnectionStatus,
    /// Why, when it was not healthy.
    pub reason: Option<HealthReason>,
}

/// How a connection was since `from`, oldest first.
pub async fn health_history(
    reading: &mut Reading,
    connection: ConnectionId,
    from: DateTime<Utc>,
) -> Result<Vec<HealthChange>, CalendarError> {
    Ok(health::since(&mut reading.tx, connection, from).await?)
}

/// What a person's pages show of their calendars.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The days asked for, in order.
    pub days: Vec<Day>,
    /// The connections, oldest first.
    pub connections: Vec<ConnectionView>,
}

/// How much of it a page needs.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The first day; today in the person's zone when none is named.
    pub first: Option<NaiveDate>,
    /// How many days, at least one.
    pub days: u64,
    /// At most how many runs of each connection.
    pub runs: i64,
}

impl Wanted {
    /// Today, and the last run of each connection.
    pub const TODAY: Self = Self { first: None, days: 1, runs: 1 };
}

/// Days and connections, read once.
pub async fn overview(reading: &mut Reading, person: Zoned, wanted: Wanted) -> Result<Overview, CalendarError> {
    let user = reading.user();
    let first = wanted.first.unwrap_or_else(|| person.date(reading.now()));
    let range = range::read(reading, person, Titles::Opened, first, wanted.days).await?;
    let mut logs =
        if range.connections.is_empty() { HashMap::new() } else { logs::recent_of_user(&mut reading.tx, user, wanted.runs).await? };
    let days = first.iter_days().zip(0..wanted.days).map(|(date, _)| agenda::make(&range, date)).collect();
    let connections = range.connections.iter().map(|row| view(&range, row, logs.remove(&row.id).unwrap_or_default())).collect();
    Ok(Overview { days, connections })
}

fn view(range: &Range, row: &ConnectionRow, logs: Vec<LogView>) -> ConnectionView {
    let open = |place: Place, sealed: &[u8]| range.key.as_ref().ok().and_then(|key| key.open_text(place, sealed).ok());
    let calendars = range
        .calendars
        .iter()
        .filter(|calendar| calendar.connection == row.id)
        .map(|calendar| CalendarView {
            id: calendar.id,
            name: open(Place::new("calendars", "name_sealed", calendar.id.0), &calendar.name_sealed),
            selected: calendar.selected,
            is_primary: calendar.is_primary,
            can_read_details: calendar.can_read_details,
            reason: calendar.health_reason,
            next_attempt_at: calendar.next_attempt_at,
            last_sync_at: calendar.last_sync_at,
            unreadable_count: calendar.unreadable_count(),
            unreadable: reasons(&calendar.unreadable),
        })
        .collect();
    ConnectionView {
        id: row.id,
        provider: row.provider,
        account: open(place("account_sealed", row.id), &row.account_sealed),
        server: row.server_url_sealed.as_ref().and_then(|sealed| open(place("server_url_sealed", row.id), sealed)),
        status: row.status,
        reason: row.health_reason,
        since: row.health_since,
        attempts: row.attempts,
        next_attempt_at: row.next_attempt_at,
        last_sync_at: row.last_sync_at,
        created_at: row.created_at,
        calendars,
        logs,
        missing_key: range.key.as_ref().err().cloned().flatten(),
    }
}

fn reasons(unreadable: &serde_json::Value) -> Vec<(String, i64)> {
    let entries = unreadable.as_array().into_iter().flatten();
    entries.filter_map(|entry| Some((entry["reason"].as_str()?.to_owned(), entry["count"].as_i64()?))).collect()
}
