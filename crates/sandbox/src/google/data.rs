//! Believable people with believable calendars: a month behind and ahead of the moment the stand-in started.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::civil::{days, local};

pub(super) struct Account {
    pub email: String,
    pub name: &'static str,
    /// The Workspace domain that gives the address out; a private account has none.
    pub hosted_domain: Option<&'static str>,
    pub calendars: Vec<Calendar>,
}

impl Account {
    /// Stays the same, whatever the address becomes.
    pub fn subject(&self) -> String {
        let digest = Sha256::digest(self.email.as_bytes());
        format!("1{:019}", u64::from_be_bytes(digest[..8].try_into().unwrap_or_default()))
    }
}

pub(super) struct Calendar {
    pub id: String,
    pub summary: String,
    pub zone: Tz,
    pub role: &'static str,
    pub primary: bool,
    pub selected: bool,
    pub events: BTreeMap<String, Event>,
}

pub(super) struct Event {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub body: Value,
    pub cancelled: bool,
    pub sequence: u64,
}

/// An event as a test or the fault page describes it.
#[derive(Debug, Clone)]
pub struct EventDraft {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    extra: Value,
}

impl EventDraft {
    /// From one instant to another.
    pub fn timed(title: &str, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Self {
        let extra = json!({ "summary": title, "start": { "dateTime": starts_at.to_rfc3339(), "timeZone": "UTC" }, "end": { "dateTime": ends_at.to_rfc3339(), "timeZone": "UTC" } });
        Self { starts_at, ends_at, extra }
    }

    /// Whole days in `zone`; `end` is the day after the last.
    pub fn all_day(title: &str, start: NaiveDate, end: NaiveDate, zone: Tz) -> Self {
        let at = |date: NaiveDate| local(date, 0, 0, zone);
        let extra = json!({ "summary": title, "start": { "date": start }, "end": { "date": end } });
        Self { starts_at: at(start), ends_at: at(end), extra }
    }

    /// With other fields of Google's event.
    #[must_use]
    pub fn with(mut self, fields: Value) -> Self {
        if let (Some(extra), Value::Object(fields)) = (self.extra.as_object_mut(), fields) {
            extra.extend(fields);
        }
        self
    }

    pub(super) fn into_event(self, id: &str, sequence: u64) -> Event {
        let mut body = json!({
            "kind": "calendar#event", "id": id, "status": "confirmed", "iCalUID": format!("{id}@google.com"),
            "etag": format!("\"{sequence}\""), "eventType": "default", "sequence": 0,
        });
        if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), self.extra) {
            body.extend(extra);
        }
        Event { starts_at: self.starts_at, ends_at: self.ends_at, body, cancelled: false, sequence }
    }
}

impl Calendar {
    fn new(id: &str, summary: &str, zone: Tz, role: &'static str) -> Self {
        Self { id: id.to_owned(), summary: summary.to_owned(), zone, role, primary: false, selected: true, events: BTreeMap::new() }
    }

    fn add(&mut self, id: String, draft: EventDraft) {
        self.events.insert(id.clone(), draft.into_event(&id, 0));
    }
}

pub(super) fn accounts(now: DateTime<Utc>) -> Vec<Account> {
    vec![noor(now), quiet(), sofia(now)]
}

fn noor(now: DateTime<Utc>) -> Account {
    let zone = chrono_tz::Europe::Lisbon;
    let email = "noor.haddad@example.com";
    let mut work = Calendar::new(email, "Noor Haddad", zone, "owner");
    work.primary = true;
    let mut team = Calendar::new("c_team@group.calendar.example.com", "Team", zone, "writer");
    let mut family = Calendar::new("family#7@group.calendar.example.com", "Family", zone, "owner");
    let mut holidays = Calendar::new("en.portuguese#holiday@group.v.calendar.example.com", "Holidays in Portugal", zone, "reader");
    let mut colleague = Calendar::new("sofia.almeida@example.com", "Sofia Almeida", zone, "freeBusyReader");
    colleague.selected = false;
    for date in days(now, zone) {
        let at = |hour, minute| local(date, hour, minute, zone);
        let day = date.format("%Y%m%d");
        let timed = |title: &str, from: (u32, u32), to: (u32, u32)| EventDraft::timed(title, at(from.0, from.1), at(to.0, to.1));
        let instance = |series: &str, from: (u32, u32)| json!({ "recurringEventId": series, "originalStartTime": { "dateTime": at(from.0, from.1).to_rfc3339(), "timeZone": zone.name() } });
        let number = date.num_days_from_ce();
        match date.weekday() {
            Weekday::Mon | Weekday::Wed | Weekday::Thu => work
                .add(format!("planning_{day}T0930"), timed("Planning with Sofia", (9, 30), (10, 15)).with(instance("planning", (9, 30)))),
            Weekday::Tue => {
                work.add(format!("pricing_{day}"), timed("Pricing review", (11, 0), (12, 0)));
                team.add(format!("allhands_{day}"), timed("All hands", (16, 0), (17, 0)).with(instance("allhands", (16, 0))));
            }
            Weekday::Fri => {
                work.add(format!("writing_{day}"), timed("Writing morning", (9, 0), (12, 0)).with(json!({ "eventType": "focusTime" })));
            }
            Weekday::Sat => family.add(format!("market_{day}"), timed("Market with Lina", (10, 0), (12, 0))),
            Weekday::Sun => family.add(format!("lunch_{day}"), timed("Sunday lunch", (13, 0), (15, 30))),
        }
        if number % 3 == 0 {
            work.add(format!("accountant_{day}"), timed("Call with the accountant", (14, 30), (15, 0)));
        }
        if number % 5 == 0 {
            family.add(format!("dentist_{day}"), timed("Dentist, Lina", (10, 0), (10, 45)));
        }
        if number % 4 == 1 {
            family.add(format!("school_{day}"), timed("School call", (16, 0), (16, 30)).with(json!({ "status": "tentative" })));
        }
        if number % 6 == 2 {
            work.add(
                format!("lunchfree_{day}"),
                timed("Lunch, if you like", (12, 30), (13, 0)).with(json!({ "transparency": "transparent" })),
            );
        }
        if number % 11 == 3 {
            team.add(
                format!("declined_{day}"),
                timed("Vendor demo", (15, 0), (16, 0))
                    .with(json!({ "attendees": [{ "email": email, "self": true, "responseStatus": "declined" }] })),
            );
        }
        if number % 13 == 4 {
            // The same meeting on two calendars of one person.
            let shared = || timed("Quarterly board", (17, 0), (18, 0)).with(json!({ "iCalUID": format!("board{day}@google.com") }));
            work.add(format!("board_{day}"), shared());
            team.add(format!("boardcopy_{day}"), shared());
        }
        if number % 17 == 5 {
            work.add(format!("trip_{day}"), EventDraft::all_day("Porto, away", date, date + Days::new(2), zone));
        }
        if number % 7 == 6 {
            work.add(
                format!("office_{day}"),
                EventDraft::all_day("Office", date, date + Days::new(1), zone)
                    .with(json!({ "eventType": "workingLocation", "transparency": "transparent" })),
            );
        }
        if (date.month(), date.day()) == (12, 8) || (date.month(), date.day()) == (12, 25) || date.day() == 1 {
            holidays.add(
                format!("holiday_{day}"),
                EventDraft::all_day("Holiday", date, date + Days::new(1), zone).with(json!({ "transparency": "transparent" })),
            );
        }
    }
    Account {
        email: email.to_owned(),
        name: "Noor Haddad",
        hosted_domain: Some("example.com"),
        calendars: vec![work, team, family, holidays, colleague],
    }
}

/// Somebody whose calendar is empty.
fn quiet() -> Account {
    let mut calendar = Calendar::new("quiet@example.com", "quiet@example.com", chrono_tz::Europe::Berlin, "owner");
    calendar.primary = true;
    Account { email: "quiet@example.com".to_owned(), name: "Quiet Person", hosted_domain: None, calendars: vec![calendar] }
}

/// Somebody in another zone, with an entry that cannot be read.
fn sofia(now: DateTime<Utc>) -> Account {
    let zone = chrono_tz::America::New_York;
    let mut calendar = Calendar::new("sofia.almeida@example.com", "Sofia", zone, "owner");
    calendar.primary = true;
    for date in days(now, zone).filter(|date| date.weekday().num_days_from_monday() < 5) {
        let day = date.format("%Y%m%d");
        calendar.add(format!("standup_{day}"), EventDraft::timed("Stand-up", local(date, 9, 0, zone), local(date, 9, 15, zone)));
    }
    let today = now.with_timezone(&zone).date_naive();
    let broken = EventDraft::timed("Broken", local(today, 11, 0, zone), local(today, 12, 0, zone))
        .with(json!({ "start": { "dateTime": "not a time" } }));
    calendar.add("broken".to_owned(), broken);
    Account {
        email: "sofia.almeida@example.com".to_owned(),
        name: "Sofia Almeida",
        hosted_domain: Some("example.com"),
        calendars: vec![calendar],
    }
}

/// An account with many events, an hour each, spread over ninety days.
pub(super) fn large_account(email: &str, count: usize, now: DateTime<Utc>) -> Account {
    let mut calendar = Calendar::new(email, "Large", chrono_tz::UTC, "owner");
    calendar.primary = true;
    for number in 0..count {
        let starts_at = now + TimeDelta::minutes(i64::try_from(number % 2_000).unwrap_or_default() * 60);
        calendar
            .add(format!("large{number:06}"), EventDraft::timed(&format!("Event {number}"), starts_at, starts_at + TimeDelta::hours(1)));
    }
    Account { email: email.to_owned(), name: "Large Account", hosted_domain: None, calendars: vec![calendar] }
}
