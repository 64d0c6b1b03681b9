//! Everything known about a stretch of days, out of what a page read; days are then made from it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use types::{CalendarId, ConnectionStatus, HealthReason};

use super::capacity::Interval;
use super::page::Page;
use crate::accounts::Zoned;
use crate::base::civil_instant;
use crate::calendar::connection::STALE_AFTER;
use crate::calendar::sync::EventRow;
use crate::vault::{PersonKey, Place};

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
pub(super) struct Event<'p> {
    pub row: &'p EventRow,
    pub title: Option<String>,
}

/// What is known.
pub(super) struct Range<'p> {
    pub now: DateTime<Utc>,
    pub person: &'p Zoned,
    pub sources: Vec<Source>,
    /// In order of time.
    pub events: Vec<Event<'p>>,
    /// Whether titles could not be read for want of a key.
    pub key_missing: bool,
}

/// Whether names and titles are opened, which takes time and is of no use where they are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Titles {
    /// Opened with the person's key.
    Opened,
    /// Left sealed.
    LeftSealed,
}

impl Page {
    /// `count` days from `first` on, in the person's zone. They must lie within what was read.
    pub(super) fn range(&self, first: NaiveDate, count: u64, titles: Titles) -> Range<'_> {
        let zone = self.zoned().zone;
        let midnight = |date| civil_instant(date, NaiveTime::MIN, zone);
        self.range_between(midnight(first), midnight(first.checked_add_days(Days::new(count)).unwrap_or(first)), titles)
    }

    /// The same between two instants.
    pub(super) fn range_between(&self, from: DateTime<Utc>, to: DateTime<Utc>, titles: Titles) -> Range<'_> {
        let key = match titles {
            Titles::LeftSealed => None,
            Titles::Opened => Some(self.key()),
        };
        let key_missing = matches!(key, Some(Err(_)));
        let key = key.and_then(Result::ok);
        let counting: HashMap<CalendarId, i64> =
            self.rows().calendars.iter().filter(|row| row.selected).map(|row| (row.id, row.generation)).collect();
        let counts = |row: &&EventRow| {
            counting.get(&row.calendar) == Some(&row.generation) && row.starts_at < to && (row.ends_at > from || row.starts_at >= from)
        };
        let mut rows: Vec<&EventRow> = self.event_rows().filter(counts).collect();
        rows.sort_unstable_by_key(|row| (row.starts_at, row.ends_at, row.id));
        rows.dedup_by_key(|row| row.id);
        let open = |row: &EventRow| {
            let place = Place::new("calendar_events", "title_sealed", row.id.0);
            row.title_sealed.as_ref().and_then(|sealed| key?.open_text(place, sealed).ok())
        };
        let events = without_copies(rows).into_iter().map(|row| Event { row, title: open(row) }).collect();
        Range { now: self.now(), person: self.zoned(), sources: self.sources(key), events, key_missing }
    }

    pub(super) fn sources(&self, key: Option<&PersonKey>) -> Vec<Source> {
        let (rows, now) = (self.rows(), self.now());
        let mut sources = Vec::new();
        for connection in &rows.connections {
            // A failing connection may still have been read lately; one that was refused says nothing from the refusal on.
            let refused = connection.status == ConnectionStatus::NeedsReconsent;
            for row in rows.calendars.iter().filter(|row| row.selected && row.connection_id == connection.id) {
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
}

/// The same event on two calendars of the person is one. Where they do not agree, the one that takes more of the person's time holds: busy
/// before free, certain before tentative. Somebody who declined on one calendar and accepted on another is not free.
fn without_copies(rows: Vec<&EventRow>) -> Vec<&EventRow> {
    let claim = |row: &EventRow| (row.busy, !row.is_tentative());
    let mut places = HashMap::new();
    let mut kept: Vec<&EventRow> = Vec::with_capacity(rows.len());
    for row in rows {
        let place = row.ical_uid_hash.as_deref().map(|uid| places.entry((uid, row.starts_at, row.ends_at)));
        match place {
            Some(Entry::Occupied(place)) => {
                let known: &mut &EventRow = &mut kept[*place.get()];
                if claim(row) > claim(known) {
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

impl Range<'_> {
    /// Names of calendars by id.
    pub fn names(&self) -> HashMap<CalendarId, &str> {
        self.sources.iter().map(|source| (source.calendar, source.name.as_str())).collect()
    }

    /// Whether any calendar that counts has ever been read.
    pub fn anything_known(&self) -> bool {
        self.sources.iter().any(|source| source.last_read_at.is_some())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use types::EventId;
    use uuid::Uuid;

    use super::*;
    use crate::calendar::sync::EventStatus;

    fn copy(number: u128, busy: bool, tentative: bool) -> EventRow {
        EventRow {
            id: EventId(Uuid::from_u128(number)),
            calendar: CalendarId(Uuid::from_u128(number)),
            generation: 0,
            event_key: Vec::new(),
            ical_uid_hash: Some(vec![1]),
            starts_at: DateTime::UNIX_EPOCH,
            ends_at: DateTime::UNIX_EPOCH + TimeDelta::hours(1),
            start_date: None,
            end_date: None,
            busy,
            status: if tentative { EventStatus::Tentative } else { EventStatus::Confirmed },
            title_sealed: None,
        }
    }

    #[test]
    fn declined_on_one_calendar_and_accepted_on_another_is_busy_whichever_comes_first() {
        for rows in [[copy(1, false, false), copy(2, true, false)], [copy(2, true, false), copy(1, false, false)]] {
            let kept = without_copies(rows.iter().collect());
            assert_eq!((kept.len(), kept[0].busy, kept[0].calendar), (1, true, CalendarId(Uuid::from_u128(2))));
        }
    }

    proptest! {
        #[test]
        fn of_any_copies_the_one_that_takes_most_holds(copies in proptest::collection::vec(any::<(bool, bool)>(), 1..8)) {
            let rows: Vec<_> = copies.iter().zip(1..).map(|((busy, tentative), number)| copy(number, *busy, *tentative)).collect();
            let kept = without_copies(rows.iter().collect());
            prop_assert_eq!(kept.len(), 1);
            prop_assert_eq!(kept[0].busy, copies.iter().any(|(busy, _)| *busy));
            let is_certain = copies.iter().any(|(busy, tentative)| *busy && !*tentative);
            prop_assert!(!kept[0].busy || kept[0].is_tentative() != is_certain);
        }

        #[test]
        fn events_without_a_uid_are_never_taken_for_copies(count in 1..20_usize) {
            let rows: Vec<_> = (0..count).map(|_| EventRow { ical_uid_hash: None, ..copy(1, true, false) }).collect();
            prop_assert_eq!(without_copies(rows.iter().collect()).len(), count);
        }
    }
}
