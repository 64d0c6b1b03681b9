//! What is not open, for scripts, with where it comes from and how certain it is.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::capacity::{Interval, union};
use super::page::Page;
use super::range::Titles;

/// A stretch of time that is not open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BusyPayload {
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
    /// `busy`, `tentative`, `unknown` (about which a calendar says nothing, and which is therefore not free), or `unavailable`: outside the
    /// person's working hours, as `BUSY-UNAVAILABLE` in RFC 5545, 3.2.9.
    pub state: &'static str,
    /// The calendars it comes from.
    pub calendars: Vec<String>,
    /// For what is unknown: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// What is not open between two instants, in order of time. Stretches of one state do not overlap. The page must have been read for them.
pub fn free_busy(page: &Page, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<BusyPayload> {
    let range = page.range_between(from, to, Titles::Opened);
    let Some(whole) = Interval::new(from, to) else { return Vec::new() };
    let names = range.names();
    let of_state = |tentative: bool| {
        let taken = range.events.iter().filter(move |event| event.row.busy && event.row.is_tentative() == tentative);
        taken.filter_map(|event| {
            let (starts_at, ends_at) = (event.row.starts_at, event.row.ends_at);
            let interval = Interval::new(starts_at, ends_at)?.within(whole)?;
            Some((interval, names.get(&event.row.calendar).copied().map(str::to_owned), None))
        })
    };
    let unknown = range.sources.iter().flat_map(|source| {
        let since = source.last_read_at;
        source.unknown(whole).into_iter().map(move |interval| (interval, Some(source.name.clone()), since))
    });
    let outside = whole.without(&page.working_hours(whole)).into_iter().map(|interval| (interval, None, None));
    let mut all = merged("busy", of_state(false).collect());
    all.extend(merged("tentative", of_state(true).collect()));
    all.extend(merged("unknown", unknown.collect()));
    all.extend(merged("unavailable", outside.collect()));
    all.sort_by_key(|stretch| (stretch.starts_at, stretch.ends_at, stretch.state));
    all
}

impl Page {
    /// The person's working hours within a stretch of time, in order.
    pub(super) fn working_hours(&self, whole: Interval) -> Vec<Interval> {
        let person = self.zoned();
        // Hours of the day before may reach into it through midnight.
        let first = person.date(whole.starts_at).pred_opt().unwrap_or_default();
        let days = first.iter_days().take_while(|date| *date <= person.date(whole.ends_at));
        let hours = days.flat_map(|date| person.hours.on(date, person.zone));
        hours.filter_map(|(from, to)| Interval::new(from, to)?.within(whole)).collect()
    }
}

/// Overlapping and touching stretches as one, with all their calendars and the earliest moment since which they are unknown.
fn merged(state: &'static str, mut stretches: Vec<(Interval, Option<String>, Option<DateTime<Utc>>)>) -> Vec<BusyPayload> {
    stretches.sort_by_key(|(interval, ..)| (interval.starts_at, interval.ends_at));
    let mut merged: Vec<(BusyPayload, BTreeSet<String>)> = Vec::new();
    for (interval, name, since) in stretches {
        match merged.last_mut() {
            Some((last, names)) if last.ends_at >= interval.starts_at => {
                last.ends_at = last.ends_at.max(interval.ends_at);
                last.since = last.since.into_iter().chain(since).min();
                names.extend(name);
            }
            _ => {
                let stretch = BusyPayload { starts_at: interval.starts_at, ends_at: interval.ends_at, state, calendars: Vec::new(), since };
                merged.push((stretch, BTreeSet::from_iter(name)));
            }
        }
    }
    merged.into_iter().map(|(stretch, names)| BusyPayload { calendars: names.into_iter().collect(), ..stretch }).collect()
}

/// What keeps a person's time from being sold between two instants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Events, tentative ones too; in order and free of overlaps.
    pub busy: Vec<Interval>,
    /// About which a calendar says nothing. Never free. In order and free of overlaps.
    pub unknown: Vec<Interval>,
    /// Since when, the earliest.
    pub unknown_since: Option<DateTime<Utc>>,
}

/// When a person cannot be booked, and when nobody knows. The page must have been read for it. A person without calendars says nothing, and is
/// asked nothing.
pub fn taken(page: &Page, from: DateTime<Utc>, to: DateTime<Utc>) -> Taken {
    let Some(whole) = Interval::new(from, to) else { return Taken::default() };
    let mut taken = Taken { busy: page.busy().iter().filter_map(|busy| busy.within(whole)).collect(), ..Taken::default() };
    for source in &page.sources(None) {
        let unknown = source.unknown(whole);
        if !unknown.is_empty() {
            taken.unknown_since = taken.unknown_since.into_iter().chain(source.last_read_at).min();
            taken.unknown.extend(unknown);
        }
    }
    taken.unknown = union(taken.unknown);
    taken
}
