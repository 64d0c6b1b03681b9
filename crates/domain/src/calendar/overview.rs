//! A person's connections with their calendars and last runs, as the settings pages show them.

use chrono::{DateTime, Utc};
use types::{CalendarId, ConnectionId, ConnectionStatus, HealthReason, Provider, SyncKind, SyncOutcome};

use super::CalendarError;
use super::store::logs::LogRow;
use super::store::{calendars, connections, logs};
use super::tokens::place;
use crate::base::{Deps, Op};
use crate::vault::{PersonKey, Place, VaultError};

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

impl From<LogRow> for LogView {
    fn from(row: LogRow) -> Self {
        Self {
            kind: row.kind,
            outcome: row.outcome,
            reason: row.reason,
            started_at: row.started_at,
            seen_at: row.seen_at,
            finished_at: row.finished_at,
            calendars_total: row.calendars_total,
            calendars_done: row.calendars_done,
            events_read: row.events_read,
            events_removed: row.events_removed,
            unreadable: row.unreadable,
        }
    }
}

/// Every connection of the person, oldest first, with at most `runs` runs each.
pub async fn connections(deps: &Deps, op: &Op, runs: i64) -> Result<Vec<ConnectionView>, CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let (key, missing_key) = match PersonKey::load_in(&mut tx, deps, user).await {
        Ok(key) => (Some(key), None),
        Err(VaultError::Database(error)) => return Err(error.into()),
        Err(VaultError::KeyMissing { key_id }) => (None, Some(key_id)),
        Err(_) => (None, Some("unknown".to_owned())),
    };
    let open = |place: Place, sealed: &[u8]| key.as_ref().and_then(|key| key.open_text(place, sealed).ok());
    let mut views = Vec::new();
    for row in connections::of_user(&mut tx, user).await? {
        let mut view = ConnectionView {
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
            calendars: Vec::new(),
            logs: logs::recent(&mut tx, row.id, runs).await?.into_iter().map(Into::into).collect(),
            missing_key: missing_key.clone(),
        };
        for calendar in calendars::of_connection(&mut tx, row.id).await? {
            view.calendars.push(CalendarView {
                id: calendar.id,
                name: open(Place::new("calendars", "name_sealed", calendar.id.0), &calendar.name_sealed),
                selected: calendar.selected,
                is_primary: calendar.is_primary,
                can_read_details: calendar.can_read_details,
                reason: calendar.health_reason,
                last_sync_at: calendar.last_sync_at,
                unreadable_count: calendar.unreadable_count(),
                unreadable: reasons(&calendar.unreadable),
            });
        }
        views.push(view);
    }
    Ok(views)
}

fn reasons(unreadable: &serde_json::Value) -> Vec<(String, i64)> {
    let entries = unreadable.as_array().into_iter().flatten();
    entries.filter_map(|entry| Some((entry["reason"].as_str()?.to_owned(), entry["count"].as_i64()?))).collect()
}
