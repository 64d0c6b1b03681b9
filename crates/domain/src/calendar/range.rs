//! Everything known about a stretch of days, read once; days are then made from it without the database.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use types::{CalendarId, ConnectionStatus, HealthReason};

use super::CalendarError;
use super::store::connections::ConnectionRow;
use super::store::events::EventRow;
use super::store::{calendars, connections, events};
use crate::accounts::{self, Zoned};
use crate::base::{Deps, Op, Tx, civil_instant};
use crate::vault::{PersonKey, Place, VaultError};

/// A source that was not read for this long is unknown from then on.
const STALE_AFTER: TimeDelta = TimeDelta::hours(1);

/// One calendar that counts.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub calendar: CalendarId,
    pub name: String,
    pub last_read_at: Option<DateTime<Utc>>,
    /// Whether what it says holds up to now.
    pub fresh: bool,
}

/// One event that counts, with its title opened.
pub(super) struct Event {
    pub row: EventRow,
    pub title: Option<String>,
}

/// What was read.
pub(super) struct Range {
    pub now: DateTime<Utc>,
    pub person: Zoned,
    pub sources: Vec<Source>,
    pub events: Vec<Event>,
    /// The person's connections, oldest first.
    pub connections: Vec<ConnectionRow>,
    /// Whether titles could not be read for want of a key.
    pub key_missing: bool,
}

impl Range {
    /// Whether any calendar that counts has ever been read.
    pub fn anything_known(&self) -> bool {
        self.sources.iter().any(|source| source.last_read_at.is_some())
    }
}

/// Whether names and titles are opened, for which the person's key is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Titles {
    Opened,
    LeftSealed,
}

/// Reads the days that `days` names (the first, and how many), in the person's zone.
pub(super) async fn read(
    deps: &Deps,
    op: &Op,
    titles: Titles,
    days: impl FnOnce(Zoned) -> (chrono::NaiveDate, u64),
) -> Result<Range, CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let now = deps.now();
    let mut tx = deps.begin(op).await?;
    let person = accounts::load_zoned_in(&mut tx, user).await?.ok_or(CalendarError::NotFound)?;
    let (first, count) = days(person);
    let last = first.checked_add_days(chrono::Days::new(count)).ok_or(CalendarError::NotFound)?;
    let from = civil_instant(first, NaiveTime::MIN, person.zone);
    let to = civil_instant(last, NaiveTime::MIN, person.zone);
    let (key, key_missing) = match titles {
        Titles::LeftSealed => (None, false),
        Titles::Opened => match PersonKey::load_in(&mut tx, deps, user).await {
            Ok(key) => (Some(key), false),
            Err(VaultError::Database(error)) => return Err(error.into()),
            Err(_) => (None, true),
        },
    };
    let connections = connections::of_user(&mut tx, user).await?;
    let sources = if connections.is_empty() { Vec::new() } else { sources(&mut tx, key.as_ref(), user, &connections, now).await? };
    let mut seen = HashSet::new();
    let events = events::between(&mut tx, from, to)
        .await?
        .into_iter()
        // The same event on two calendars of the person is one.
        .filter(|row| row.ical_uid_hash.as_ref().is_none_or(|uid| seen.insert((uid.clone(), row.starts_at, row.ends_at))))
        .map(|row| {
            let place = Place::new("calendar_events", "title_sealed", row.id.0);
            let title = row.title_sealed.as_ref().and_then(|sealed| key.as_ref()?.open_text(place, sealed).ok());
            Event { row, title }
        })
        .collect();
    Ok(Range { now, person, sources, events, connections, key_missing })
}

async fn sources(
    tx: &mut Tx,
    key: Option<&PersonKey>,
    user: types::UserId,
    connections: &[ConnectionRow],
    now: DateTime<Utc>,
) -> Result<Vec<Source>, CalendarError> {
    let rows = calendars::of_user(tx, user).await?;
    let mut sources = Vec::new();
    for connection in connections {
        // A failing connection may still have been read lately; one that was refused says nothing from the refusal on.
        let refused = matches!(connection.status, ConnectionStatus::NeedsReconsent | ConnectionStatus::Failing);
        for row in rows.iter().filter(|row| row.selected && row.connection == connection.id) {
            let recent = row.last_sync_at.is_some_and(|at| now - at < STALE_AFTER);
            let name = key.and_then(|key| key.open_text(Place::new("calendars", "name_sealed", row.id.0), &row.name_sealed).ok());
            let unreadable = row.health_reason.is_some_and(|reason| reason != HealthReason::KeyMissing);
            sources.push(Source {
                calendar: row.id,
                name: name.unwrap_or_else(|| connection.provider.label().to_owned()),
                last_read_at: row.last_sync_at,
                fresh: recent && !refused && !unreadable,
            });
        }
    }
    Ok(sources)
}

impl Range {
    /// Names of calendars by id.
    pub fn names(&self) -> HashMap<CalendarId, &str> {
        self.sources.iter().map(|source| (source.calendar, source.name.as_str())).collect()
    }
}
