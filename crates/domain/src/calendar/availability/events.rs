//! Events for scripts, with how fresh each is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use types::{CalendarId, EventId};

use super::page::Page;
use super::range::{self, Titles};

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

/// Every event that counts between two instants, in order of time and then of id; copies of one event on several calendars are one. The page
/// must have been read for them.
pub fn events(page: &Page, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<EventPayload> {
    let range = page.range_between(from, to, Titles::Opened);
    let names = range.names();
    let payload = |event: &range::Event<'_>| EventPayload {
        id: event.row.id,
        calendar_id: event.row.calendar,
        calendar: names.get(&event.row.calendar).copied().unwrap_or_default().to_owned(),
        title: event.title.clone(),
        starts_at: event.row.starts_at,
        ends_at: event.row.ends_at,
        start_date: event.row.start_date,
        end_date: event.row.end_date,
        busy: event.row.busy,
        tentative: event.row.is_tentative(),
        read_at: range.sources.iter().find(|source| source.calendar == event.row.calendar).and_then(|source| source.last_read_at),
    };
    let mut payloads: Vec<EventPayload> = range.events.iter().map(payload).collect();
    payloads.sort_by_key(|event| (event.starts_at, event.id));
    payloads
}
