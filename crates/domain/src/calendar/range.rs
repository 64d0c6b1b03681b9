//! Everything known about a stretch of days, read once; days are then made from it without the database.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
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
    let events = without_copies(events::between(&mut reading.tx, from, to).await?)
        .into_iter()
        .map(|row| {
            let place = Place::new("calendar_events", "title_sealed", row.id.0);
            let title = row.title_sealed.as_ref().and_then(|sealed| key_used?.open_text(place, sealed).ok());
            Event { row, title }
        })
        .collect();
    Ok(Range { now, person, sources, events, connections, calendars, key })
}

/// The same event on two calendars of the person is one. Where they do not agree, the one that takes more of the person's time holds: busy
/// before free, certain before tentative. Somebody who declined on one calendar and accepted on another is not free.
fn without_copies(rows: Vec<EventRow>) -> Vec<EventRow> {
    let claim = |row: &EventRow| (row.busy, !row.tentative);
    let mut places = HashMap::new();
    let mut kept: Vec<EventRow> = Vec::with_capacity(rows.len());
    for row in rows {
        let place = row.ical_uid_hash.clone().map(|uid| places.entry((uid, row.starts_at, row.ends_at)));
        match place {
            Some(Entry::Occupied(place)) => {
                let known: &mut EventRow = &mut kept[*place.get()];
                if claim(&row) > claim(known) {
                    *known = row;
                }
            }
            Some(Entry::Vacant(place)) => {
                place.insert(kept.len());
                kept.push(row);
            }
            None => kept.push(row),
        }
    }
    kept
}

fn sources(rows: &[CalendarRow], key: Option<&PersonKey>, connections: &[ConnectionRow], now: DateTime<Utc>) -> Vec<Source> {
    let mut sources = Vec::new();
    for connection in connections {
        // A failing connection may still have been read lately; one that was refused says nothing from the refusal on.
        let refused = connection.status == ConnectionStatus::NeedsReconsent;
        for row in rows.iter().filter(|row| row.selected && row.connection == connection.id) {
            let recent = row.last_sync_at.is_some_and(|at| now - at < STALE_AFTER);
            let name = key.and_then(|key| key.open_text(Place::new("calendars", "name_sealed", row.id.0), &row.name_sealed).ok());
            // A server that fails now may have been read a moment ago.
            let passing = [HealthReason::KeyMissing, HealthReason::ProviderDown];
            let unreadable = row.health_reason.is_some_and(|reason| !passing.contains(&reason));
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use types::EventId;
    use uuid::Uuid;

    use super::*;

    fn copy(number: u128, busy: bool, tentative: bool) -> EventRow {
        EventRow {
            id: EventId(Uuid::from_u128(number)),
            calendar: CalendarId(Uuid::from_u128(number)),
            event_key: Vec::new(),
            ical_uid_hash: Some(vec![1]),
            starts_at: DateTime::UNIX_EPOCH,
            ends_at: DateTime::UNIX_EPOCH + TimeDelta::hours(1),
            dates: None,
            busy,
            tentative,
            title_sealed: None,
        }
    }

    #[test]
    fn declined_on_one_calendar_and_accepted_on_another_is_busy_whichever_comes_first() {
        for rows in [[copy(1, false, false), copy(2, true, false)], [copy(2, true, false), copy(1, false, false)]] {
            let kept = without_copies(rows.into());
            assert_eq!((kept.len(), kept[0].busy, kept[0].calendar), (1, true, CalendarId(Uuid::from_u128(2))));
        }
    }

    proptest! {
        #[test]
        fn of_any_copies_the_one_that_takes_most_holds(copies in proptest::collection::vec(any::<(bool, bool)>(), 1..8)) {
            let rows: Vec<_> = copies.iter().zip(1..).map(|((busy, tentative), number)| copy(number, *busy, *tentative)).collect();
            let kept = without_copies(rows);
            prop_assert_eq!(kept.len(), 1);
            prop_assert_eq!(kept[0].busy, copies.iter().any(|(busy, _)| *busy));
            let is_certain = copies.iter().any(|(busy, tentative)| *busy && !*tentative);
            prop_assert!(!kept[0].busy || kept[0].tentative != is_certain);
        }

        #[test]
        fn events_without_a_uid_are_never_taken_for_copies(count in 1..20_usize) {
            let rows = (0..count).map(|_| EventRow { ical_uid_hash: None, ..copy(1, true, false) }).collect();
            prop_assert_eq!(without_copies(rows).len(), count);
        }
    }
}
