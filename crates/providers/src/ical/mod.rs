//! iCalendar (RFC 5545): one resource as occurrences inside a window.
//!
//! Parsing is calcard's, the days a rule names are the `rrule` crate's; which clock they are on, what an exception does, what
//! blocks time and what happens to broken entries is decided here. Rules are expanded as wall-clock times and only then become
//! instants, so that a clock change moves no occurrence.

mod event;
mod meeting;
#[cfg(test)]
mod oracle;
mod rule;
mod series;
mod steps;
#[cfg(test)]
mod tests;
mod time;
mod used;
mod vtimezone;
mod write;

pub use meeting::{Meeting, write_meeting};
pub use steps::Steps;
pub use write::{Availability, FileEvent, write, write_events};

use std::collections::BTreeMap;

use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty};
use chrono_tz::Tz;

use crate::calendar::{Change, Unreadable, UnreadableReason, Window};
use time::Zones;

/// More components than any calendar resource has; a larger one is refused as a whole.
const MAX_COMPONENTS: usize = 20_000;
/// Longer names of a resource, and longer UIDs, are nobody's; each is copied for every occurrence.
const MAX_NAME: usize = 1_024;
/// A definition of a zone that goes back to 1601 is shorter.
const MAX_ZONE: usize = 64 * 1024;

/// What a resource held.
#[derive(Debug, Default)]
pub struct Entries {
    /// Every occurrence that touches the window.
    pub changes: Vec<Change>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Whether there were more occurrences than are ever kept.
    is_full: bool,
}

impl Entries {
    /// Of a resource that could not be read at all.
    pub fn refused(reason: UnreadableReason) -> Self {
        Self { unreadable: vec![Unreadable { reason }], ..Self::default() }
    }

    fn unreadable(&mut self, reason: UnreadableReason) {
        self.unreadable.push(Unreadable { reason });
    }
}

/// Every occurrence of the resource `name` that touches the window. `zone` is the calendar's own, for floating times and whole
/// days; `owners` are the addresses whose refusal frees the time. Works for as long as there are `steps`: call it where that holds up
/// nobody.
pub fn read(name: &str, data: &str, zone: Tz, window: Window, owners: &[String], steps: &Steps) -> Entries {
    steps.begin();
    if name.len() > MAX_NAME {
        return Entries::refused(UnreadableReason::Malformed);
    }
    let Some(used) = used::used(data) else { return Entries::refused(UnreadableReason::TooMany) };
    let Ok(calendar) = ICalendar::parse(&used) else { return Entries::refused(UnreadableReason::Malformed) };
    if calendar.components.len() > MAX_COMPONENTS {
        return Entries::refused(UnreadableReason::TooMany);
    }
    let mut entries = Entries::default();
    let zones = Zones::new(&calendar, zone, steps);
    // A resource may hold several events although it should not (RFC 4791, 4.1), so they are told apart by their UID.
    let mut by_uid: BTreeMap<&str, Vec<&ICalendarComponent>> = BTreeMap::new();
    for component in calendar.components.iter().filter(|component| component.component_type == ICalendarComponentType::VEvent) {
        by_uid.entry(component.uid().unwrap_or_default()).or_default().push(component);
    }
    for (uid, components) in by_uid {
        if uid.len() > MAX_NAME {
            entries.unreadable(UnreadableReason::Malformed);
            continue;
        }
        let is_override = |component: &&&ICalendarComponent| component.has_property(&ICalendarProperty::RecurrenceId);
        let masters: Vec<_> = components.iter().filter(|component| !is_override(component)).copied().collect();
        let overrides: Vec<_> = components.iter().filter(is_override).copied().collect();
        let context = series::Context { name, uid, zones: &zones, window, owners, steps };
        series::expand(&context, &masters, &overrides, &mut entries);
        if entries.is_full {
            break;
        }
    }
    if entries.is_full {
        entries.unreadable(UnreadableReason::TooMany);
    }
    entries
}

/// The IANA zone of a `calendar-timezone` property, which holds a VTIMEZONE.
pub fn zone_of(data: &str) -> Option<Tz> {
    let calendar = Some(data).filter(|data| data.len() <= MAX_ZONE).and_then(|data| ICalendar::parse(data).ok())?;
    calendar.timezones().find_map(|component| crate::zone::named(component.property(&ICalendarProperty::Tzid)?.values.first()?.as_text()?))
}

/// Joins folded lines, on bytes: a fold may split a letter (RFC 5545, 3.1). What is no UTF-8 afterwards is replaced, so that one bad
/// letter costs one letter.
pub fn unfold(data: &[u8]) -> String {
    let mut joined = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some((&byte, after)) = rest.split_first() {
        let fold = match rest {
            [b'\r', b'\n', b' ' | b'\t', ..] => 3,
            [b'\n', b' ' | b'\t', ..] => 2,
            _ => 0,
        };
        if fold > 0 {
            rest = &rest[fold..];
        } else {
            joined.push(byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&joined).into_owned()
}
