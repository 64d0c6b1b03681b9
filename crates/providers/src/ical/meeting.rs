//! One session as an iCalendar file that comes with a mail.

use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarProperty, ICalendarStatus, ICalendarTransparency, ICalendarValue,
};
use chrono::{DateTime, Utc};

use super::write::{entry, instant, text, time};

/// The session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Unique in the world, and the same however often it is moved.
    pub uid: String,
    /// Grows with each change (RFC 5545, 3.8.7.4), so that a program knows which of two files is newer.
    pub sequence: i32,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// What it is called.
    pub title: String,
    /// The page of it.
    pub url: String,
    /// Whether it does not take place.
    pub is_cancelled: bool,
}

/// The whole file (RFC 5546: published, or cancelled). `now` is when it was made.
pub fn write_meeting(meeting: &Meeting, now: DateTime<Utc>) -> String {
    let mut root = ICalendarComponent::new(ICalendarComponentType::VCalendar);
    root.entries.push(text(ICalendarProperty::Version, "2.0"));
    root.entries.push(text(ICalendarProperty::Prodid, "-//Kairos//Booking//EN"));
    root.entries.push(text(ICalendarProperty::Method, if meeting.is_cancelled { "CANCEL" } else { "PUBLISH" }));
    root.component_ids = vec![1];
    let mut event = ICalendarComponent::new(ICalendarComponentType::VEvent);
    event.add_uid(&meeting.uid);
    event.add_dtstamp(instant(now));
    let status = if meeting.is_cancelled { ICalendarStatus::Cancelled } else { ICalendarStatus::Confirmed };
    event.entries.extend([
        time(ICalendarProperty::Dtstart, meeting.starts_at),
        time(ICalendarProperty::Dtend, meeting.ends_at),
        entry(ICalendarProperty::Sequence, ICalendarValue::Integer(i64::from(meeting.sequence))),
        text(ICalendarProperty::Summary, &meeting.title),
        text(ICalendarProperty::Description, &meeting.url),
        entry(ICalendarProperty::Status, ICalendarValue::Status(status)),
        entry(ICalendarProperty::Transp, ICalendarValue::Transparency(ICalendarTransparency::Opaque)),
    ]);
    ICalendar { components: vec![root, event] }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_moves_in_the_reader_s_calendar_and_leaves_it() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let meeting = Meeting {
            uid: "booking-1@kairos.example".to_owned(),
            sequence: 2,
            starts_at: at("2026-11-30T13:30:00Z"),
            ends_at: at("2026-11-30T14:30:00Z"),
            title: "Pricing; review\r\nATTENDEE:mailto:x@example.com".to_owned(),
            url: "https://kairos.example/bookings/sample".to_owned(),
            is_cancelled: false,
        };
        let file = write_meeting(&meeting, at("2026-11-26T10:00:00Z"));
        for line in [
            "METHOD:PUBLISH",
            "UID:booking-1@kairos.example",
            "SEQUENCE:2",
            "DTSTART:20261130T133000Z",
            "DTEND:20261130T143000Z",
            "STATUS:CONFIRMED",
        ] {
            assert!(file.lines().any(|other| other == line), "{line}: {file}");
        }
        assert!(!file.lines().any(|line| line.starts_with("ATTENDEE")), "{file}");
        let gone = write_meeting(&Meeting { is_cancelled: true, ..meeting }, at("2026-11-26T10:00:00Z"));
        assert!(gone.contains("METHOD:CANCEL") && gone.contains("STATUS:CANCELLED"), "{gone}");
    }
}
