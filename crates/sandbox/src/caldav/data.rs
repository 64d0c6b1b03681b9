//! One person's calendars, with the oddities of real ones.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, Utc, Weekday};

use crate::civil::days;

/// Who may ask.
pub const USERNAME: &str = "lina.haddad@icloud.example";
/// Their app password. Opens nothing but the stand-in.
pub const APP_PASSWORD: &str = "abcd-efgh-ijkl-mnop";
/// The address under which the account is invited.
pub(super) const ADDRESS: &str = "lina@family.example";
/// The number the account's addresses hold.
pub(super) const ACCOUNT_ID: &str = "1042337";
/// The name of the first calendar's collection.
pub(super) const MAIN: &str = "home";
/// The name of the other's.
pub(super) const OTHER: &str = "B7F2-shared";

pub(super) struct Calendar {
    pub name: &'static str,
    pub resources: BTreeMap<String, Resource>,
}

pub(super) struct Resource {
    pub text: String,
    pub sequence: u64,
    pub deleted: bool,
}

/// One iCalendar object with one event.
pub(super) fn object(name: &str, event: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sandbox//EN\r\nBEGIN:VEVENT\r\nUID:{name}@sandbox.invalid\r\nDTSTAMP:20260101T000000Z\r\n{event}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

pub(super) fn calendars(now: DateTime<Utc>) -> BTreeMap<String, Calendar> {
    let zone = chrono_tz::Europe::Lisbon;
    let mut main = Calendar { name: "Home", resources: BTreeMap::new() };
    let mut other = Calendar { name: "Band &amp; choir", resources: BTreeMap::new() };
    let add = |calendar: &mut Calendar, name: String, event: &str| {
        calendar.resources.insert(name.clone(), Resource { text: object(&name, event), sequence: 0, deleted: false });
    };
    let all: Vec<_> = days(now, zone).collect();
    let first = all.iter().find(|date| date.weekday() == Weekday::Mon).copied().unwrap_or_else(|| now.date_naive());
    let left_out = first + Days::new(14);
    let series = format!(
        "DTSTART;TZID=Europe/Lisbon:{}T083000\r\nDTEND;TZID=Europe/Lisbon:{}T091500\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TH\r\nEXDATE;TZID=Europe/Lisbon:{}T083000\r\nSUMMARY:Swimming\r\n",
        first.format("%Y%m%d"),
        first.format("%Y%m%d"),
        left_out.format("%Y%m%d")
    );
    add(&mut main, "swimming.ics".to_owned(), &series);
    for date in &all {
        let day = date.format("%Y%m%d");
        match date.weekday() {
            Weekday::Wed => add(
                &mut other,
                format!("rehearsal-{day}.ics"),
                &format!("DTSTART;TZID=Europe/Lisbon:{day}T193000\r\nDURATION:PT2H\r\nSUMMARY:Rehearsal\\, altos\r\n"),
            ),
            Weekday::Fri if date.day() % 2 == 0 => add(
                &mut main,
                format!("day-{day}.ics"),
                &format!("DTSTART;VALUE=DATE:{day}\r\nDTEND;VALUE=DATE:{}\r\nSUMMARY:Away\r\n", (*date + Days::new(1)).format("%Y%m%d")),
            ),
            Weekday::Tue => add(
                &mut main,
                format!("call%20{day}.ics"),
                &format!("DTSTART:{day}T130000Z\r\nDTEND:{day}T133000Z\r\nSUMMARY:Call home\r\n"),
            ),
            _ => {}
        }
    }
    add(&mut main, "broken.ics".to_owned(), "SUMMARY:No start\r\n");
    BTreeMap::from([(MAIN.to_owned(), main), (OTHER.to_owned(), other)])
}
