//! A zone that only the file knows: its VTIMEZONE (RFC 5545, 3.6.5).

use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarEntry, ICalendarProperty, ICalendarValue};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

use super::rule;
use super::steps::Steps;
use super::time::{Clock, Moment, moment};

/// Definitions begin in 1601 and hold for ever; changes after this matter to nobody who reads a window of months.
const LAST: NaiveDateTime = match chrono::NaiveDate::from_ymd_opt(2100, 1, 1) {
    Some(date) => date.and_time(chrono::NaiveTime::MIN),
    None => NaiveDateTime::MIN,
};

/// Twice a year since 1601, twice: no zone changes more often, and each is looked through for every time that is read.
const MAX_CHANGES: usize = 2_000;

/// The offsets of a zone, by when each begins on the clock that shows the offset before.
#[derive(Debug)]
pub(super) struct Defined {
    /// In order of time.
    changes: Vec<Change>,
    /// Before the first.
    first: TimeDelta,
}

#[derive(Debug)]
struct Change {
    /// On the clock with the offset before it.
    onset: NaiveDateTime,
    before: TimeDelta,
    after: TimeDelta,
}

impl Defined {
    /// `None` when the definition says nothing that can be used.
    pub fn read(calendar: &ICalendar, zone: &ICalendarComponent, steps: &Steps) -> Option<Self> {
        let mut changes = Vec::new();
        for id in &zone.component_ids {
            let Some(part) = calendar.component_by_id(*id) else { continue };
            if !matches!(part.component_type, ICalendarComponentType::Standard | ICalendarComponentType::Daylight) {
                continue;
            }
            let before = offset(part.property(&ICalendarProperty::Tzoffsetfrom)?)?;
            let after = offset(part.property(&ICalendarProperty::Tzoffsetto)?)?;
            let start = written(part.property(&ICalendarProperty::Dtstart)?)?;
            let mut onsets = vec![start];
            for entry in part.properties(&ICalendarProperty::Rrule) {
                if let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first() {
                    let past = |local| local > LAST;
                    onsets.extend(rule::starts(rule, start, steps, past).ok()?);
                }
            }
            for entry in part.properties(&ICalendarProperty::Rdate) {
                onsets.extend(written(entry));
            }
            changes.extend(onsets.into_iter().map(|onset| Change { onset, before, after }));
            if changes.len() > MAX_CHANGES {
                return None;
            }
        }
        changes.sort_by_key(|change| change.onset - change.before);
        let first = changes.first()?.before;
        Some(Self { changes, first })
    }

    /// The instant at which its clocks show `local`: skipped times by the offset before, of repeated ones the first.
    pub fn instant(&self, local: NaiveDateTime) -> DateTime<Utc> {
        // A change counts for every time its own clock, the one before it, has not shown yet.
        let offset = self.changes.iter().rev().find(|change| local >= change.onset.max(change.onset + (change.after - change.before)));
        (local - offset.map_or(self.first, |change| change.after)).and_utc()
    }

    /// What its clocks show at `at`.
    pub fn local(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let at = at.naive_utc();
        let change = self.changes.iter().rev().find(|change| at >= change.onset - change.before);
        at + change.map_or(self.first, |change| change.after)
    }
}

fn written(entry: &ICalendarEntry) -> Option<NaiveDateTime> {
    moment(entry.values.first()?.as_partial_date_time()?, Clock::Iana(chrono_tz::Tz::UTC)).map(Moment::written)
}

fn offset(entry: &ICalendarEntry) -> Option<TimeDelta> {
    let written = entry.values.first()?.as_partial_date_time()?;
    let minutes = i64::from(written.tz_hour?) * 60 + i64::from(written.tz_minute.unwrap_or(0));
    Some(TimeDelta::minutes(if written.tz_minus { -minutes } else { minutes }))
}
