//! Events as an iCalendar file (RFC 5545), for other calendar programs to read.

use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarParameter, ICalendarParameterName,
    ICalendarParameterValue, ICalendarProperty, ICalendarStatus, ICalendarTransparency, ICalendarValue, ICalendarValueType,
};
use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use crate::calendar::Span;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEvent {
    /// Unique in the world.
    pub uid: String,
    /// When.
    pub span: Span,
    /// What it is called.
    pub title: String,
    /// Whether it blocks time.
    pub busy: bool,
    /// Whether it is not certain to happen.
    pub tentative: bool,
}

/// When somebody can be had, as VAVAILABILITY says it (RFC 7953): outside of it they are `BUSY-UNAVAILABLE`. Programs that do not know the
/// component leave it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Availability {
    /// Unique in the world.
    pub uid: String,
    /// The stretch of time it is about.
    pub within: (DateTime<Utc>, DateTime<Utc>),
    /// The hours in which they can be had, in order.
    pub hours: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Events alone as a whole file, such as one that is taken along.
pub fn write_events(name: &str, now: DateTime<Utc>, events: &[FileEvent]) -> String {
    let mut root = root(name, "-//Kairos//Calendar archive//EN");
    root.component_ids = (1..=u32::try_from(events.len()).unwrap_or(u32::MAX)).collect();
    let components = std::iter::once(root).chain(events.iter().map(|event| component(event, now))).collect();
    ICalendar { components }.to_string()
}

fn root(name: &str, program: &str) -> ICalendarComponent {
    let mut root = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    root.entries.push(text(ICalendarProperty::Version, "2.0"));
    root.entries.push(text(ICalendarProperty::Prodid, program));
    root.entries.push(text(ICalendarProperty::Name, name));
    root.entries.push(text(ICalendarProperty::Other("X-WR-CALNAME".to_owned()), name));
    root
}

/// The whole file. `name` is what programs call the calendar; `now` is when it was made.
pub fn write(name: &str, now: DateTime<Utc>, events: &[FileEvent], availability: &Availability) -> String {
    let mut root = root(name, "-//Kairos//Calendar feed//EN");
    let index = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let hours_at = events.len() + 1;
    root.component_ids = (1..=index(hours_at)).collect();
    let mut hours = available(ICalendarComponentType::VAvailability, &availability.uid, availability.within, now);
    hours.component_ids = (index(hours_at + 1)..=index(hours_at + availability.hours.len())).collect();
    let each = availability
        .hours
        .iter()
        .map(|span| available(ICalendarComponentType::Available, &format!("{}-{}", span.0.timestamp(), availability.uid), *span, now));
    let events = events.iter().map(|event| component(event, now));
    let components = std::iter::once(root).chain(events).chain(std::iter::once(hours)).chain(each).collect();
    ICalendar { components }.to_string()
}

fn available(
    kind: ICalendarComponentType,
    uid: &str,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> ICalendarComponent {
    let mut component = ICalendarComponent::new(kind);
    component.add_uid(uid);
    component.add_dtstamp(instant(now));
    component.entries.extend([time(ICalendarProperty::Dtstart, from), time(ICalendarProperty::Dtend, to)]);
    component
}

fn component(event: &FileEvent, now: DateTime<Utc>) -> ICalendarComponent {
    let mut component = ICalendarComponent::new(ICalendarComponentType::VEvent);
    component.add_uid(&event.uid);
    component.add_dtstamp(instant(now));
    let (start, end) = match &event.span {
        Span::Timed { starts_at, ends_at } => (time(ICalendarProperty::Dtstart, *starts_at), time(ICalendarProperty::Dtend, *ends_at)),
        Span::AllDay { start, end } => (day(ICalendarProperty::Dtstart, *start), day(ICalendarProperty::Dtend, *end)),
    };
    let status = if event.tentative { ICalendarStatus::Tentative } else { ICalendarStatus::Confirmed };
    let transparency = if event.busy { ICalendarTransparency::Opaque } else { ICalendarTransparency::Transparent };
    component.entries.extend([
        start,
        end,
        text(ICalendarProperty::Summary, &event.title),
        entry(ICalendarProperty::Status, ICalendarValue::Status(status)),
        entry(ICalendarProperty::Transp, ICalendarValue::Transparency(transparency)),
    ]);
    component
}

const fn entry_of(name: ICalendarProperty, params: Vec<ICalendarParameter>, values: Vec<ICalendarValue>) -> ICalendarEntry {
    ICalendarEntry { name, params, values }
}

pub(super) fn entry(name: ICalendarProperty, value: ICalendarValue) -> ICalendarEntry {
    entry_of(name, Vec::new(), vec![value])
}

/// Control characters would end the line they stand in; no name needs one.
pub(super) fn text(name: ICalendarProperty, value: &str) -> ICalendarEntry {
    let value = value.chars().filter(|letter| !letter.is_control() || *letter == '\n').collect();
    entry(name, ICalendarValue::Text(value))
}

pub(super) fn time(name: ICalendarProperty, at: DateTime<Utc>) -> ICalendarEntry {
    entry(name, ICalendarValue::PartialDateTime(Box::new(instant(at))))
}

fn day(name: ICalendarProperty, date: NaiveDate) -> ICalendarEntry {
    let value = ICalendarParameter { name: ICalendarParameterName::Value, value: ICalendarParameterValue::Value(ICalendarValueType::Date) };
    entry_of(name, vec![value], vec![ICalendarValue::PartialDateTime(Box::new(civil_date(date)))])
}

fn civil_date(date: NaiveDate) -> PartialDateTime {
    let small = |number: u32| u8::try_from(number).ok();
    PartialDateTime {
        year: u16::try_from(date.year()).ok(),
        month: small(date.month()),
        day: small(date.day()),
        ..PartialDateTime::default()
    }
}

pub(super) fn instant(at: DateTime<Utc>) -> PartialDateTime {
    let small = |number: u32| u8::try_from(number).ok();
    PartialDateTime {
        hour: small(at.hour()),
        minute: small(at.minute()),
        second: small(at.second()),
        tz_hour: Some(0),
        tz_minute: Some(0),
        ..civil_date(at.date_naive())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Change, Window};

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let timed = |start: &str, end: &str| Span::Timed { starts_at: start.parse().unwrap(), ends_at: end.parse().unwrap() };
        let events = vec![
            FileEvent {
                uid: "a@kairos".to_owned(),
                span: timed("2026-11-10T09:00:00Z", "2026-11-10T10:30:00Z"),
                title: "Semicolons; commas, back\\slashes and\nnew lines, Łukasz, and so long that the line has to be folded somewhere"
                    .to_owned(),
                busy: true,
                tentative: false,
            },
            FileEvent {
                uid: "b@kairos".to_owned(),
                span: Span::AllDay { start: "2026-11-12".parse().unwrap(), end: "2026-11-14".parse().unwrap() },
                title: "Porto\r\nBEGIN:VEVENT".to_owned(),
                busy: false,
                tentative: true,
            },
        ];
        let at = |text: &str| text.parse().unwrap();
        let availability = Availability {
            uid: "hours@kairos".to_owned(),
            within: (at("2026-11-10T00:00:00Z"), at("2026-11-12T00:00:00Z")),
            hours: vec![(at("2026-11-10T09:00:00Z"), at("2026-11-10T17:00:00Z")), (at("2026-11-11T09:00:00Z"), at("2026-11-11T12:00:00Z"))],
        };
        let file = write("Noor", "2026-11-01T00:00:00Z".parse().unwrap(), &events, &availability);
        let lines: Vec<&str> = file.lines().collect();
        let place = |line: &str| lines.iter().position(|other| *other == line).unwrap_or_else(|| panic!("{line}: {file}"));
        assert!(place("BEGIN:VAVAILABILITY") < place("BEGIN:AVAILABLE") && place("BEGIN:AVAILABLE") < place("END:VAVAILABILITY"));
        assert_eq!(lines.iter().filter(|line| **line == "BEGIN:AVAILABLE").count(), 2);
        assert!(place("DTSTART:20261111T090000Z") < place("DTEND:20261111T120000Z"));
        assert!(file.lines().all(|line| line.len() <= 76), "{file}");
        assert!(file.contains("DTSTART:20261110T090000Z\r\n") && file.contains("DTSTART;VALUE=DATE:20261112\r\n"), "{file}");
        let window = Window { starts_at: "2026-11-01T00:00:00Z".parse().unwrap(), ends_at: "2026-12-01T00:00:00Z".parse().unwrap() };
        let read = super::super::read("feed", &file, chrono_tz::UTC, window, &[], &super::super::Steps::of_page());
        assert!(read.unreadable.is_empty());
        let read: Vec<FileEvent> = read
            .changes
            .into_iter()
            .filter_map(|change| match change {
                Change::Upsert(event) => Some(FileEvent {
                    uid: event.ical_uid.unwrap(),
                    span: event.span,
                    title: event.title.unwrap(),
                    busy: event.busy,
                    tentative: event.tentative,
                }),
                Change::Remove { .. } | Change::RemoveResource { .. } => None,
            })
            .collect();
        assert_eq!(read.len(), 2, "{file}");
        assert_eq!(read[0], events[0]);
        assert_eq!(read[1].title, "Porto\nBEGIN:VEVENT");
        assert_eq!(read[1].span, events[1].span);
    }
}
