//! Everything known about a stretch of days, read once; days are then made from it without the database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use types::{CalendarId, ConnectionStatus, HealthReason};

use super::CalendarError;
use super::capacity::Interval;
use super::store::calendars::CalendarRow;
use super::store::connections::ConnectionRow;
use super::store::events::EventRow;
use super::store::{calendars, connections, events};
use crate::accounts::Zoned;
use crate::base::{Reading, civil_instant};
use crate::vault::{PersonKey, Place};

/// A source that was not read for this long is unknown from then on.
pub(super) const STALE_AFTER: TimeDelta = TimeDelta::hours(1);

/// One calendar that counts.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub calendar: CalendarId,
    pub name: String,
    pub last_read_at: Option<DateTime<Utc>>,
    /// Whether what it says holds up to now.
    pub fresh: bool,
    /// The stretch of time that was read; outside of it nothing is known.
    pub window: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Source {
    /// The part of a day about which it says nothing: what lies outside of what was read, and what came after it was last read.
    pub fn unknown(&self, day: Interval) -> Vec<Interval> {
        let Some(last_read_at) = self.last_read_at else { return vec![day] };
        let (from, to) = self.window.unwrap_or((day.starts_at, day.ends_at));
        let to = if self.fresh { to } else { to.min(last_read_at) };
        [Interval::new(day.starts_at, from.min(day.ends_at)), Interval::new(to.max(day.starts_at).max(from), day.ends_at)]
            .into_iter()
            .flatten()
            .collect()
    }
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
    /// All their calendars, each connection's main one first.
    pub calendars: Vec<CalendarRow>,
    /// What opened the titles; else the fingerprint of the key that is missing, or nothing when titles were left sealed.
    pub key: Result<Arc<PersonKey>, Option<String>>,
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

/// Reads `count` days from `first` on, in the person's zone.
pub(super) async fn read(
    reading: &mut Reading,
    person: Zoned,
    titles: Titles,
    first: NaiveDate,
    count: u64,
) -> Result<Range, CalendarError> {
    let (user, now) = (reading.user(), reading.now());
    let last = first.checked_add_days(Days::new(count)).ok_or(CalendarError::NotFound)?;
    let from = civil_instant(first, NaiveTime::MIN, person.zone);
    let to = civil_instant(last, NaiveTime::MIN, person.zone);
    let key = match titles {
        Titles::LeftSealed => Err(None),
        Titles::Opened => reading.key().await?.map_err(Some),
    };
    let connections = connections::of_user(&mut reading.tx, user).await?;
    let calendars = if connections.is_empty() { Vec::new() } else { calendars::of_user(&mut reading.tx, user).await? };
    let key_used = key.as_deref().ok();
    let sources = sources(&calendars, key_used, &connections, now);
    let mut seen = HashSet::new();
    let events = events::between(&mut reading.tx, from, to)
        .await?
        .into_iter()
        // The same event on two calendars of the person is one.
        .filter(|row| row.ical_uid_hash.as_ref().is_none_or(|uid| seen.insert((uid.clone(), row.starts_at, row.ends_at))))
        .map(|row| {
            let place = Place::new("calendar_events", "title_sealed", row.id.0);
            let title = row.title_sealed.as_ref().and_then(|sealed| key_used?.open_text(place, sealed).ok());
            Event { row, title }
        })
        .collect();
    Ok(Range { now, person, sources, events, connections, calendars, key })
}

fn sources(rows: &[CalendarRow], key: Option<&PersonKey>, connections: &[ConnectionRow], now: DateTime<Utc>) -> Vec<Source> {
    let mut sources = Vec::new();
    for connection in connections {
        // A failing connection may still have been read lately; one that was refused says nothing from the refusal on.
        let refused = connection.status == ConnectionStatus::NeedsReconsent;
        for row in rows.iter().filter(|row| row.selected && row.connection == connection.id) {
            let recent = row.last_sync_at.is_some_and(|at| now - at < STALE_AFTER);
            let name = key.and_then(|key| key.open_text(Place::new("calendars", "name_sealed", row.id.0), &row.name_sealed).ok());
            let unreadable = row.health_reason.is_some_and(|reason| reason != HealthReason::KeyMissing);
            sources.push(Source {
                calendar: row.id,
                name: name.unwrap_or_else(|| connection.provider.label().to_owned()),
                last_read_at: row.last_sync_at,
                fresh: recent && !refused && !unreadable,
                window: row.window_starts_at.zip(row.window_ends_at),
            });
        }
    }
    sources
}

impl Range {
    /// Names of calendars by id.
    pub fn names(&self) -> HashMap<CalendarId, &str> {
        self.sources.iter().map(|source| (source.calendar, source.name.as_str())).collect()
    }
}
