//! When somebody works: stretches of their own week, and days that differ from it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer};

const DAY: u16 = 1_440;
const WEEK: u16 = 7 * DAY;

/// Stretches of time in minutes, each from its beginning up to, not including, its end; in order, none touching another. Its text form is
/// Postgres' `int4multirange`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Minutes(Vec<(u16, u16)>);

/// The text is no multirange of minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not stretches of minutes")]
pub struct NotMinutes;

impl Minutes {
    /// As many as anybody types for one day.
    pub const STRETCHES: usize = 8;

    /// From stretches in any order; those that overlap or touch become one.
    pub fn new(mut stretches: Vec<(u16, u16)>) -> Self {
        stretches.retain(|(from, to)| from < to);
        stretches.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(stretches.len());
        for (from, to) in stretches {
            match merged.last_mut() {
                Some((_, last)) if from <= *last => *last = to.max(*last),
                _ => merged.push((from, to)),
            }
        }
        Self(merged)
    }

    /// The stretches, in order.
    pub fn stretches(&self) -> &[(u16, u16)] {
        &self.0
    }

    /// Of one day as somebody types them: `09:00-12:30, 13:30 to 17:00`, or nothing for a day off. A day ends at 24:00 at the latest and has
    /// at most [`STRETCHES`](Self::STRETCHES).
    pub fn typed(text: &str) -> Result<Self, NotMinutes> {
        let text = text.to_lowercase().replace(['–', '—', '−'], "-").replace(" to ", "-");
        let stretch = |part: &str| {
            let (from, to) = part.split_once('-')?;
            let (from, to) = (clock(from)?, clock(to)?);
            (from < to).then_some((from, to))
        };
        let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(stretch).collect::<Option<Vec<_>>>().filter(|all| all.len() <= Self::STRETCHES).map(Self::new).ok_or(NotMinutes)
    }

    /// The same as people read it: `09:00 to 12:30, 13:30 to 17:00`; empty for a day off.
    pub fn spoken(&self) -> String {
        let clock = |minute: &u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        self.0.iter().map(|(from, to)| format!("{} to {}", clock(from), clock(to))).collect::<Vec<_>>().join(", ")
    }

    /// The part between two minutes, counted from the first of them.
    fn between(&self, from: u16, to: u16) -> Self {
        let cut = |(start, end): &(u16, u16)| (*start.max(&from) < *end.min(&to)).then(|| (start.max(&from) - from, end.min(&to) - from));
        Self(self.0.iter().filter_map(cut).collect())
    }
}

/// `9`, `9:30`, `09.30` or `24:00` in minutes.
fn clock(text: &str) -> Option<u16> {
    let text = text.trim();
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, minutes): (u16, u16) = (digits(hours).then(|| hours.parse().ok())??, digits(minutes).then(|| minutes.parse().ok())??);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= DAY).then_some(minute)
}

impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (number, (from, to)) in self.0.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}[{from},{to})")?;
        }
        f.write_str("}")
    }
}

impl FromStr for Minutes {
    type Err = NotMinutes;

    fn from_str(text: &str) -> Result<Self, NotMinutes> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or(NotMinutes)?;
        let stretch = |part: &str| {
            let (from, to) = part.trim_start_matches(',').strip_prefix('[')?.split_once(',')?;
            Some((from.parse().ok()?, to.parse().ok()?))
        };
        let stretches: Option<Vec<_>> = inner.split_terminator(')').map(stretch).collect();
        stretches.map(Self::new).ok_or(NotMinutes)
    }
}

impl<'de> Deserialize<'de> for Minutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// When somebody works, in their own zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkingHours {
    /// Minutes since Monday began.
    week: Minutes,
    /// Days that differ, in minutes since they began; without a stretch a day off.
    exceptions: BTreeMap<NaiveDate, Minutes>,
}

impl WorkingHours {
    /// The same stretches every week, given for each day from Monday on.
    pub fn weekly(days: [Minutes; 7]) -> Self {
        let mut week = Vec::new();
        for (day, start) in days.iter().zip((0..WEEK).step_by(DAY.into())) {
            week.extend(day.between(0, DAY).stretches().iter().map(|(from, to)| (start + from, start + to)));
        }
        Self { week: Minutes::new(week), exceptions: BTreeMap::new() }
    }

    pub(super) const fn from_parts(week: Minutes, exceptions: BTreeMap<NaiveDate, Minutes>) -> Self {
        Self { week, exceptions }
    }

    /// As it is kept: minutes since Monday began.
    pub(super) const fn week(&self) -> &Minutes {
        &self.week
    }

    /// Of a weekday, 0 for Monday, in minutes since it began.
    pub fn of_weekday(&self, number: u16) -> Minutes {
        let start = number.min(6) * DAY;
        self.week.between(start, start + DAY)
    }

    /// Days that differ from the week, in order.
    pub fn exceptions(&self) -> impl Iterator<Item = (NaiveDate, &Minutes)> {
        self.exceptions.iter().map(|(date, hours)| (*date, hours))
    }

    /// The working hours of a day as instants, in order; none on a day off. A time skipped by a clock change is taken just after the gap.
    pub fn on(&self, day: NaiveDate, zone: Tz) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let weekly;
        let minutes = if let Some(exception) = self.exceptions.get(&day) {
            exception
        } else {
            weekly = self.of_weekday(u16::try_from(day.weekday().num_days_from_monday()).unwrap_or_default());
            &weekly
        };
        minutes.0.iter().map(|(from, to)| (instant(day, *from, zone), instant(day, *to, zone))).filter(|(from, to)| from < to).collect()
    }
}

/// `minute` minutes after midnight on the wall clock of `zone`.
fn instant(day: NaiveDate, minute: u16, zone: Tz) -> DateTime<Utc> {
    let (day, minute) = if minute >= DAY { (day.checked_add_days(Days::new(1)).unwrap_or(day), minute - DAY) } else { (day, minute) };
    crate::base::civil_instant(day, NaiveTime::MIN + TimeDelta::minutes(minute.into()), zone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minutes(text: &str) -> Minutes {
        text.parse().unwrap()
    }

    #[test]
    fn a_multirange_is_read_as_postgres_writes_it() {
        assert_eq!(minutes("{[540,720),[780,1020)}").stretches(), [(540, 720), (780, 1020)]);
        assert_eq!(minutes("{}"), Minutes::default());
        for wrong in ["", "{", "[1,2)", "{(1,2)}", "{[1;2)}", "{[-1,2)}", "{[1,99999)}"] {
            assert_eq!(wrong.parse::<Minutes>(), Err(NotMinutes), "{wrong}");
        }
    }

    #[test]
    fn hours_are_taken_however_people_type_them_and_rubbish_is_not() {
        for typed in ["09:00-12:30, 13:30-17:00", "9–12:30; 13.30 to 17", " 9 - 12:30 ,13:30-17:00, ", "13:30-17:00,9:00-12:30"] {
            assert_eq!(Minutes::typed(typed).unwrap().spoken(), "09:00 to 12:30, 13:30 to 17:00", "{typed}");
        }
        assert_eq!(Minutes::typed("0-24").unwrap().spoken(), "00:00 to 24:00");
        assert_eq!(Minutes::typed("  "), Ok(Minutes::default()));
        for wrong in ["9", "17-9", "9-9", "9-25", "24:01-24:30", "9:60-10", "nine to five", "9-10-11", "-", "9:-10", "009-10"] {
            assert_eq!(Minutes::typed(wrong), Err(NotMinutes), "{wrong}");
        }
    }

    #[test]
    fn a_day_has_its_own_stretches_and_an_exception_goes_before_the_week() {
        let mut days: [Minutes; 7] = std::array::from_fn(|_| minutes("{[540,720),[780,1020)}"));
        days[5] = Minutes::default();
        let mut hours = WorkingHours::weekly(days);
        let (friday, saturday): (NaiveDate, NaiveDate) = ("2026-11-27".parse().unwrap(), "2026-11-28".parse().unwrap());
        assert_eq!(hours.on(friday, Tz::UTC).len(), 2);
        assert_eq!(hours.on(saturday, Tz::UTC), []);
        hours.exceptions.insert(friday, Minutes::default());
        hours.exceptions.insert(saturday, minutes("{[600,660)}"));
        assert_eq!(hours.on(friday, Tz::UTC), []);
        let from: DateTime<Utc> = "2026-11-28T10:00:00Z".parse().unwrap();
        assert_eq!(hours.on(saturday, Tz::UTC), [(from, from + TimeDelta::hours(1))]);
    }

    #[test]
    fn work_through_midnight_belongs_to_both_days_and_none_is_longer_than_it_is() {
        let mut days: [Minutes; 7] = std::array::from_fn(|_| Minutes::default());
        days[0] = minutes("{[1320,1440)}");
        days[1] = minutes("{[0,120)}");
        let hours = WorkingHours::weekly(days);
        assert_eq!(hours.week().to_string(), "{[1320,1560)}");
        assert_eq!((hours.of_weekday(0), hours.of_weekday(1)), (minutes("{[1320,1440)}"), minutes("{[0,120)}")));
        // Clocks go from 01:00 to 02:00 in Lisbon on 29 March 2026.
        days = std::array::from_fn(|_| minutes("{[0,1440)}"));
        let night = WorkingHours::weekly(days).on("2026-03-29".parse().unwrap(), chrono_tz::Europe::Lisbon);
        assert_eq!(night.iter().map(|(from, to)| (*to - *from).num_hours()).sum::<i64>(), 23);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_and_days_make_the_week(days in proptest::collection::vec(proptest::collection::vec((0..1440_u16, 1..400_u16), 0..4), 7)) {
            let days: Vec<Minutes> = days.into_iter().map(|day| Minutes::new(day.into_iter().map(|(from, length)| (from, (from + length).min(DAY))).collect())).collect();
            let hours = WorkingHours::weekly(days.clone().try_into().unwrap());
            prop_assert_eq!(&hours.week().to_string().parse::<Minutes>().unwrap(), hours.week());
            for (number, day) in (0..).zip(&days) {
                prop_assert_eq!(&hours.of_weekday(number), day);
            }
        }
    }
}
