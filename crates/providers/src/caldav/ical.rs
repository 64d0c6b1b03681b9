//! One iCalendar resource (RFC 5545) as occurrences inside a window.
//!
//! Parsing and expansion are calcard's; the rules about what blocks time are ours.

use calcard::common::timezone::Tz as CalTz;
use calcard::icalendar::dates::{CalendarErrorType, TimeOrDelta};
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus, ICalendarTransparency, ICalendarValue,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::calendar::{Change, RemoteEvent, Span, Unreadable, UnreadableReason, Window};

/// Occurrences looked at per resource, from its first one: some ten years of every day.
const MAX_OCCURRENCES: usize = 4_000;

/// What a resource held.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub changes: Vec<Change>,
    pub unreadable: Vec<Unreadable>,
}

/// Every occurrence of the resource at `href` that touches the window. `zone` is the calendar's own, for floating times;
/// `owner` is the address whose refusal frees the time.
pub(super) fn read(href: &str, data: &str, zone: Tz, window: Window, owner: &str) -> Entries {
    let mut entries = Entries::default();
    let Ok(calendar) = ICalendar::parse(data) else {
        entries.unreadable.push(Unreadable { reason: UnreadableReason::Malformed });
        return entries;
    };
    let expanded = calendar.expand_dates(CalTz::Tz(zone), MAX_OCCURRENCES);
    let is_event = |id: u32| component(&calendar, id).is_some_and(|found| found.component_type == ICalendarComponentType::VEvent);
    entries
        .unreadable
        .extend(expanded.errors.iter().filter(|error| is_event(error.comp_id)).map(|error| Unreadable { reason: reason(&error.error) }));
    for occurrence in expanded.events {
        if !is_event(occurrence.comp_id) {
            continue;
        }
        let Some(component) = component(&calendar, occurrence.comp_id) else { continue };
        if component.status() == Some(&ICalendarStatus::Cancelled) {
            continue;
        }
        let Some(span) = span(component, occurrence.start, &occurrence.end) else {
            entries.unreadable.push(Unreadable { reason: UnreadableReason::InvalidTime });
            continue;
        };
        if !touches(&span, zone, window) {
            continue;
        }
        let start: DateTime<Utc> = occurrence.start.with_timezone(&Utc);
        entries.changes.push(Change::Upsert(RemoteEvent {
            // A resource may hold several events although it should not, so the UID is part of the key.
            key: format!("{href}#{}#{}", component.uid().unwrap_or_default(), start.timestamp()),
            ical_uid: component.uid().map(str::to_owned),
            original_start: calendar.components.iter().any(|other| other.is_recurrent_or_override()).then_some(start),
            span,
            busy: blocks(component, owner),
            tentative: component.status() == Some(&ICalendarStatus::Tentative),
            title: text(component, &ICalendarProperty::Summary),
        }));
    }
    entries
}

/// The IANA zone of a `calendar-timezone` property, which holds a VTIMEZONE.
pub(super) fn zone_of(data: &str) -> Option<Tz> {
    let calendar = ICalendar::parse(data).ok()?;
    calendar.timezones().find_map(|component| match component.timezone()?.1 {
        CalTz::Tz(zone) => Some(zone),
        CalTz::Fixed(_) | CalTz::Floating => None,
    })
}

fn component(calendar: &ICalendar, id: u32) -> Option<&ICalendarComponent> {
    calendar.component_by_id(id)
}

fn span(component: &ICalendarComponent, start: DateTime<CalTz>, end: &TimeOrDelta<DateTime<CalTz>, TimeDelta>) -> Option<Span> {
    if is_date(component, &ICalendarProperty::Dtstart) {
        let first: NaiveDate = start.date_naive();
        let last = match end {
            TimeOrDelta::Time(end) => end.date_naive(),
            TimeOrDelta::Delta(delta) => first.checked_add_signed(*delta)?,
        };
        return Some(Span::AllDay { start: first, end: last.max(first.succ_opt()?) });
    }
    let starts_at = start.with_timezone(&Utc);
    if !component.has_property(&ICalendarProperty::Dtend) && !component.has_property(&ICalendarProperty::Duration) {
        // RFC 5545, 3.6.1: without an end, it ends when it starts, and blocks nothing.
        return Some(Span::Timed { starts_at, ends_at: starts_at });
    }
    let ends_at = match end {
        TimeOrDelta::Time(end) => end.with_timezone(&Utc),
        TimeOrDelta::Delta(delta) => starts_at.checked_add_signed(*delta)?,
    };
    (ends_at >= starts_at).then_some(Span::Timed { starts_at, ends_at })
}

fn touches(span: &Span, zone: Tz, window: Window) -> bool {
    let (starts_at, ends_at) = match span {
        Span::Timed { starts_at, ends_at } => (*starts_at, *ends_at),
        Span::AllDay { start, end } => {
            let midnight =
                |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_local_timezone(zone).earliest().map(|at| at.to_utc());
            let (Some(start), Some(end)) = (midnight(*start), midnight(*end)) else { return true };
            (start, end)
        }
    };
    starts_at < window.ends_at && ends_at >= window.starts_at
}

fn blocks(component: &ICalendarComponent, owner: &str) -> bool {
    let transparent = component.transparency() == Some(&ICalendarTransparency::Transparent);
    let marked_free = component.entries.iter().any(|entry| {
        matches!(&entry.name, ICalendarProperty::Other(name) if name.eq_ignore_ascii_case("X-MICROSOFT-CDO-BUSYSTATUS"))
            && entry.values.first().and_then(|value| value.as_text()).is_some_and(|text| text.eq_ignore_ascii_case("FREE"))
    });
    let declined = component.properties(&ICalendarProperty::Attendee).any(|attendee| {
        let address = attendee.values.first().and_then(|value| value.as_text()).unwrap_or_default();
        let address =
            address.get(7..).filter(|_| address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"))).unwrap_or(address);
        address.eq_ignore_ascii_case(owner)
            && attendee.params.iter().any(|parameter| parameter.value.as_text().is_some_and(|text| text.eq_ignore_ascii_case("DECLINED")))
    });
    !transparent && !marked_free && !declined
}

fn is_date(component: &ICalendarComponent, property: &ICalendarProperty) -> bool {
    component
        .property(property)
        .is_some_and(|entry| matches!(entry.values.first(), Some(ICalendarValue::PartialDateTime(value)) if value.hour.is_none()))
}

fn text(component: &ICalendarComponent, property: &ICalendarProperty) -> Option<String> {
    component.property(property)?.values.first()?.as_text().map(str::to_owned).filter(|text| !text.trim().is_empty())
}

fn reason(error: &CalendarErrorType) -> UnreadableReason {
    match error {
        CalendarErrorType::MissingDtStart => UnreadableReason::MissingStart,
        CalendarErrorType::InvalidDtStart | CalendarErrorType::InvalidDtEnd | CalendarErrorType::InvalidDuration => {
            UnreadableReason::InvalidTime
        }
        CalendarErrorType::RRule(_) => UnreadableReason::InvalidRule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> Window {
        Window { starts_at: "2026-11-01T00:00:00Z".parse().unwrap(), ends_at: "2026-12-01T00:00:00Z".parse().unwrap() }
    }

    fn events(lines: &str) -> (Vec<RemoteEvent>, usize) {
        let data = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{}END:VCALENDAR\r\n", lines.replace('\n', "\r\n"));
        let entries = read("/a.ics", &data, chrono_tz::Europe::Paris, window(), "noor@example.com");
        let events = entries.changes.into_iter().filter_map(|change| match change {
            Change::Upsert(event) => Some(event),
            Change::Remove { .. } => None,
        });
        (events.collect(), entries.unreadable.len())
    }

    fn event(lines: &str) -> RemoteEvent {
        let (mut events, unreadable) = events(&format!("BEGIN:VEVENT\nUID:a\n{lines}END:VEVENT\n"));
        assert_eq!((events.len(), unreadable), (1, 0));
        events.remove(0)
    }

    fn timed(start: &str, end: &str) -> Span {
        Span::Timed { starts_at: start.parse().unwrap(), ends_at: end.parse().unwrap() }
    }

    #[test]
    fn a_floating_time_is_in_the_calendars_own_zone() {
        let event = event("DTSTART:20261110T090000\nDTEND:20261110T100000\n");
        assert_eq!(event.span, timed("2026-11-10T08:00:00Z", "2026-11-10T09:00:00Z"));
    }

    #[test]
    fn a_windows_zone_name_is_understood() {
        let event = event("DTSTART;TZID=Pacific Standard Time:20261110T090000\nDURATION:PT30M\n");
        assert_eq!(event.span, timed("2026-11-10T17:00:00Z", "2026-11-10T17:30:00Z"));
    }

    #[test]
    fn a_whole_day_stays_a_date_also_when_its_end_is_missing_or_equal() {
        let day = Span::AllDay { start: "2026-11-10".parse().unwrap(), end: "2026-11-11".parse().unwrap() };
        assert_eq!(event("DTSTART;VALUE=DATE:20261110\n").span, day);
        assert_eq!(event("DTSTART;VALUE=DATE:20261110\nDTEND;VALUE=DATE:20261110\n").span, day);
    }

    #[test]
    fn without_an_end_a_timed_event_takes_no_time() {
        assert_eq!(event("DTSTART:20261110T090000Z\n").span, timed("2026-11-10T09:00:00Z", "2026-11-10T09:00:00Z"));
    }

    #[test]
    fn a_series_keeps_its_local_hour_skips_exceptions_and_follows_overrides() {
        let (events, unreadable) = events(
            "BEGIN:VEVENT\nUID:a\nDTSTART;TZID=Europe/Paris:20261020T090000\nDTEND;TZID=Europe/Paris:20261020T100000\nRRULE:FREQ=WEEKLY;COUNT=5\nEXDATE;TZID=Europe/Paris:20261110T090000\nEND:VEVENT\n\
             BEGIN:VEVENT\nUID:a\nRECURRENCE-ID;TZID=Europe/Paris:20261103T090000\nDTSTART;TZID=Europe/Paris:20261103T150000\nDTEND;TZID=Europe/Paris:20261103T160000\nEND:VEVENT\n",
        );
        assert_eq!(unreadable, 0);
        let mut spans: Vec<Span> = events.into_iter().map(|event| event.span).collect();
        spans.sort_by_key(|span| format!("{span:?}"));
        assert_eq!(spans, [timed("2026-11-03T14:00:00Z", "2026-11-03T15:00:00Z"), timed("2026-11-17T08:00:00Z", "2026-11-17T09:00:00Z")]);
    }

    #[test]
    fn what_is_free_declined_or_cancelled_does_not_block() {
        assert!(!event("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nTRANSP:TRANSPARENT\n").busy);
        assert!(!event("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:Noor@example.com\n").busy);
        assert!(event("DTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:other@example.com\n").busy);
        assert_eq!(
            events("BEGIN:VEVENT\nUID:a\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nSTATUS:CANCELLED\nEND:VEVENT\n").0.len(),
            0
        );
    }

    #[test]
    fn a_broken_entry_is_counted_and_the_others_are_read() {
        let (events, unreadable) = events(
            "BEGIN:VEVENT\nUID:a\nSUMMARY:No start\nEND:VEVENT\nBEGIN:VEVENT\nUID:b\nDTSTART:20261110T090000Z\nDTEND:20261110T100000Z\nEND:VEVENT\n",
        );
        assert_eq!((events.len(), unreadable), (1, 1));
    }
}
