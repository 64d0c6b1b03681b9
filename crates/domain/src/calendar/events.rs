//! Events and busy times for scripts, with how fresh and how certain each is.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use types::{CalendarId, EventId};

use super::CalendarError;
use super::capacity::Interval;
use super::range::{self, Range, Titles};
use crate::accounts::Zoned;
use crate::base::Reading;

/// No answer is about more days than this.
pub const MAX_DAYS: i64 = 93;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventPayload {
    /// The id; a new one whenever the event changes.
    pub id: EventId,
    /// Its calendar.
    pub calendar_id: CalendarId,
    /// The calendar's name.
    pub calendar: String,
    /// The title; `null` when it may not or cannot be read.
    pub title: Option<String>,
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
    /// First day, of an event of whole days.
    pub start_date: Option<NaiveDate>,
    /// The day after the last, of an event of whole days.
    pub end_date: Option<NaiveDate>,
    /// Whether it blocks time.
    pub busy: bool,
    /// Whether it is not certain to happen.
    pub tentative: bool,
    /// When its calendar was last read.
    pub read_at: Option<DateTime<Utc>>,
}

/// A stretch of time that is not open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BusyPayload {
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
    /// `busy`, `tentative`, or `unknown`: about which a calendar says nothing, and which is therefore not free.
    pub state: &'static str,
    /// The calendars it comes from.
    pub calendars: Vec<String>,
    /// For what is unknown: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// Every event that counts between two instants, in order of time and then of id; copies of one event on several calendars are one.
pub async fn events(
    reading: &mut Reading,
    person: Zoned,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<EventPayload>, CalendarError> {
    let range = read(reading, person, from, to, Titles::Opened).await?;
    let names = range.names();
    let payload = |event: &range::Event| EventPayload {
        id: event.row.id,
        calendar_id: event.row.calendar,
        calendar: names.get(&event.row.calendar).copied().unwrap_or_default().to_owned(),
        title: event.title.clone(),
        starts_at: event.row.starts_at,
        ends_at: event.row.ends_at,
        start_date: event.row.dates.map(|(start, _)| start),
        end_date: event.row.dates.map(|(_, end)| end),
        busy: event.row.busy,
        tentative: event.row.tentative,
        read_at: range.sources.iter().find(|source| source.calendar == event.row.calendar).and_then(|source| source.last_read_at),
    };
    let inside = |event: &&range::Event| {
        let (starts_at, ends_at) = (event.row.starts_at, event.row.ends_at);
        starts_at < to && (ends_at > from || starts_at >= from)
    };
    let mut payloads: Vec<EventPayload> = range.events.iter().filter(inside).map(payload).collect();
    payloads.sort_by_key(|event| (event.starts_at, event.id));
    Ok(payloads)
}

/// What is not open between two instants, in order of time. Stretches of one state do not overlap.
pub async fn free_busy(
    reading: &mut Reading,
    person: Zoned,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<BusyPayload>, CalendarError> {
    let range = read(reading, person, from, to, Titles::Opened).await?;
    let Some(whole) = Interval::new(from, to) else { return Ok(Vec::new()) };
    let names = range.names();
    let of_state = |tentative: bool| {
        let taken = range.events.iter().filter(move |event| event.row.busy && event.row.tentative == tentative);
        taken.filter_map(|event| {
            let (starts_at, ends_at) = (event.row.starts_at, event.row.ends_at);
            let interval = Interval::new(starts_at, ends_at)?.within(whole)?;
            Some((interval, names.get(&event.row.calendar).copied().unwrap_or_default().to_owned(), None))
        })
    };
    let unknown = range.sources.iter().flat_map(|source| {
        let since = source.last_read_at;
        source.unknown(whole).into_iter().map(move |interval| (interval, source.name.clone(), since))
    });
    let mut all = merged("busy", of_state(false).collect());
    all.extend(merged("tentative", of_state(true).collect()));
    all.extend(merged("unknown", unknown.collect()));
    all.sort_by_key(|stretch| (stretch.starts_at, stretch.ends_at, stretch.state));
    Ok(all)
}

async fn read(
    reading: &mut Reading,
    person: Zoned,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    titles: Titles,
) -> Result<Range, CalendarError> {
    let first = person.date(from);
    let days = (person.date(to - TimeDelta::nanoseconds(1).min(to - from)) - first).num_days().clamp(0, MAX_DAYS) + 1;
    range::read(reading, person, titles, first, u64::try_from(days).unwrap_or(1)).await
}

/// Overlapping and touching stretches as one, with all their calendars and the earliest moment since which they are unknown.
fn merged(state: &'static str, mut stretches: Vec<(Interval, String, Option<DateTime<Utc>>)>) -> Vec<BusyPayload> {
    stretches.sort_by_key(|(interval, ..)| (interval.starts_at, interval.ends_at));
    let mut merged: Vec<(BusyPayload, BTreeSet<String>)> = Vec::new();
    for (interval, name, since) in stretches {
        match merged.last_mut() {
            Some((last, names)) if last.ends_at >= interval.starts_at => {
                last.ends_at = last.ends_at.max(interval.ends_at);
                last.since = last.since.into_iter().chain(since).min();
                names.insert(name);
            }
            _ => {
                let stretch = BusyPayload { starts_at: interval.starts_at, ends_at: interval.ends_at, state, calendars: Vec::new(), since };
                merged.push((stretch, BTreeSet::from([name])));
            }
        }
    }
    merged.into_iter().map(|(stretch, names)| BusyPayload { calendars: names.into_iter().collect(), ..stretch }).collect()
}
