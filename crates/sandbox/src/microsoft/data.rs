//! Believable people with believable mailboxes: a month behind and ahead of the moment the stand-in started.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use serde_json::{Value, json};

use crate::civil::{days, local};

pub(super) struct Account {
    pub email: &'static str,
    pub name: &'static str,
    pub id: &'static str,
    pub kind: &'static str,
    pub has_mailbox: bool,
    pub calendars: Vec<Calendar>,
}

pub(super) struct Calendar {
    pub id: String,
    pub name: &'static str,
    pub is_default: bool,
    pub can_edit: bool,
    pub events: BTreeMap<String, Event>,
}

pub(super) struct Event {
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// Everything but the times, as `GET event` shows it.
    pub body: Value,
    /// The series, for an occurrence that a delta round shows as a stub.
    pub stub_of: Option<String>,
    pub deleted: bool,
    pub sequence: u64,
}

/// An event as a test describes it.
#[derive(Debug, Clone)]
pub struct OutlookDraft {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    body: Value,
    series: Option<String>,
}

impl OutlookDraft {
    /// From one instant to another.
    pub fn timed(title: &str, starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Self {
        Self {
            starts_at,
            ends_at,
            body: json!({ "subject": title, "type": "singleInstance", "showAs": "busy", "isAllDay": false }),
            series: None,
        }
    }

    /// Whole days; `end` is the day after the last. Graph states them as midnights.
    pub fn all_day(title: &str, start: NaiveDate, end: NaiveDate) -> Self {
        let at = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc();
        Self::timed(title, at(start), at(end)).with(json!({ "isAllDay": true }))
    }

    /// With other fields of Graph's event.
    #[must_use]
    pub fn with(mut self, fields: Value) -> Self {
        if let (Some(body), Value::Object(fields)) = (self.body.as_object_mut(), fields) {
            body.extend(fields);
        }
        self
    }

    /// An occurrence of a series: in a delta round it says only when it is.
    #[must_use]
    pub fn occurrence_of(mut self, series: &str) -> Self {
        self.series = Some(series.to_owned());
        self.with(json!({ "type": "occurrence", "seriesMasterId": series }))
    }
}

impl Calendar {
    fn new(id: &str, name: &'static str, is_default: bool, can_edit: bool) -> Self {
        Self { id: id.to_owned(), name, is_default, can_edit, events: BTreeMap::new() }
    }

    pub(super) fn put(&mut self, id: &str, draft: OutlookDraft, sequence: u64) {
        let mut body = json!({ "id": id, "iCalUId": format!("040000008200E00074C5B7101A82E008{id}"), "sensitivity": "normal", "isCancelled": false, "responseStatus": { "response": "organizer" } });
        if let (Some(body), Value::Object(fields)) = (body.as_object_mut(), draft.body) {
            body.extend(fields);
        }
        let event = Event { starts_at: draft.starts_at, ends_at: draft.ends_at, body, stub_of: draft.series, deleted: false, sequence };
        self.events.insert(id.to_owned(), event);
    }
}

pub(super) fn accounts(now: DateTime<Utc>) -> Vec<Account> {
    vec![work(now), personal(now)]
}

/// A work account: a weekly series given as stubs, one of its occurrences moved, a day out of office.
fn work(now: DateTime<Utc>) -> Account {
    let zone = chrono_tz::Europe::Lisbon;
    let mut main = Calendar::new("AAMkADA/main+cal==", "Calendar", true, true);
    let mut team = Calendar::new("AAMkADA/team-cal=", "Delivery team", false, true);
    let birthdays = Calendar::new("AAMkADA/birthdays=", "Birthdays", false, false);
    let mut first: Option<DateTime<Utc>> = None;
    for date in days(now, zone) {
        let at = |hour, minute| local(date, hour, minute, zone);
        let day = date.format("%Y%m%d");
        if date.weekday().num_days_from_monday() < 5 {
            first.get_or_insert(at(9, 15));
            let moved = date.day() == 17;
            let start = if moved { at(11, 0) } else { at(9, 15) };
            let draft = OutlookDraft::timed("Delivery stand-up", start, start + TimeDelta::minutes(15));
            let draft = if moved {
                draft.with(json!({ "type": "exception", "seriesMasterId": "standup=", "originalStart": at(9, 15).to_rfc3339() }))
            } else {
                draft.occurrence_of("standup=")
            };
            main.put(&format!("standup/{day}"), draft, 0);
        }
        match date.weekday() {
            Weekday::Tue => main.put(&format!("client{day}"), OutlookDraft::timed("Client call, Contoso", at(13, 0), at(14, 0)), 0),
            Weekday::Thu => {
                team.put(
                    &format!("retro{day}"),
                    OutlookDraft::timed("Retrospective", at(15, 0), at(16, 0)).with(json!({ "showAs": "tentative" })),
                    0,
                );
            }
            _ => {}
        }
        if date.day() % 9 == 4 {
            let elsewhere =
                OutlookDraft::timed("Working from the library", at(8, 0), at(12, 0)).with(json!({ "showAs": "workingElsewhere" }));
            main.put(&format!("elsewhere{day}"), elsewhere, 0);
        }
        if date.day() == 27 {
            main.put(
                &format!("away{day}"),
                OutlookDraft::all_day("Out of office", date, date + Days::new(1)).with(json!({ "showAs": "oof" })),
                0,
            );
        }
        if date.day() % 10 == 6 {
            let private = OutlookDraft::timed("Doctor", at(10, 0), at(10, 45)).with(json!({ "sensitivity": "private" }));
            main.put(&format!("private{day}"), private, 0);
        }
    }
    let start = first.unwrap_or(now);
    main.put(
        "standup=",
        OutlookDraft::timed("Delivery stand-up", start, start + TimeDelta::minutes(15)).with(json!({ "type": "seriesMaster" })),
        0,
    );
    Account {
        email: "mira.okafor@contoso.example",
        name: "Mira Okafor",
        id: "2b1f7c0e-6a6e-4d0b-9d55-0d0a6c1f4e11",
        kind: "work account",
        has_mailbox: true,
        calendars: vec![main, team, birthdays],
    }
}

fn personal(now: DateTime<Utc>) -> Account {
    let zone = chrono_tz::Europe::Lisbon;
    let mut main = Calendar::new("AQMkADAwA/personal=", "Calendar", true, true);
    for date in days(now, zone).filter(|date| date.weekday() == Weekday::Wed) {
        let start = local(date, 18, 30, zone);
        main.put(&format!("choir{}", date.format("%Y%m%d")), OutlookDraft::timed("Choir", start, start + TimeDelta::minutes(90)), 0);
    }
    Account {
        email: "mira@outlook.example",
        name: "Mira",
        id: "00037ffe-1234-5678-0000-000000000000",
        kind: "personal account",
        has_mailbox: true,
        calendars: vec![main],
    }
}
