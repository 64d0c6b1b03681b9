//! Dates and times of an iCalendar property, and the clocks they are on.

use std::collections::HashMap;

use calcard::common::PartialDateTime;
use calcard::icalendar::{ICalendar, ICalendarDuration, ICalendarEntry, ICalendarParameterName, ICalendarProperty};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::steps::Steps;
use super::vtimezone::Defined;
use crate::zone::civil_instant;

/// A clock on a wall.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock<'c> {
    /// IANA's; UTC is one of them.
    Iana(Tz),
    /// Defined in the file itself, and by nobody else.
    Defined(&'c Defined),
}

impl Clock<'_> {
    /// The instant at which it shows `local`.
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        match self {
            Self::Iana(zone) => civil_instant(local, zone),
            Self::Defined(zone) => zone.instant(local),
        }
    }

    /// What it shows at `at`.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Iana(zone) => at.with_timezone(&zone).naive_local(),
            Self::Defined(zone) => zone.local(at),
        }
    }
}

/// A moment as it is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment<'c> {
    /// A day.
    Date(NaiveDate),
    /// A time on a clock.
    Time(NaiveDateTime, Clock<'c>),
}

impl Moment<'_> {
    pub const fn is_date(self) -> bool {
        matches!(self, Self::Date(_))
    }

    /// As written; midnight for a day.
    pub const fn written(self) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN),
            Self::Time(local, _) => local,
        }
    }

    /// When it is; a day begins at its midnight in UTC, which is as good as any.
    pub fn instant(self) -> DateTime<Utc> {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN).and_utc(),
            Self::Time(local, clock) => clock.instant(local),
        }
    }

    /// As the clock of another moment would show it: the form in which instances of a series are compared.
    pub fn on(self, other: Clock<'_>) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN),
            Self::Time(local, clock) => other.local(clock.instant(local)),
        }
    }
}

/// The clocks of one file.
#[derive(Debug)]
pub(super) struct Zones {
    defined: HashMap<String, Defined>,
    /// The calendar's own zone, for floating times.
    pub own: Tz,
}

impl Zones {
    pub fn new(calendar: &ICalendar, own: Tz, steps: &Steps) -> Self {
        let mut defined = HashMap::new();
        for component in calendar.timezones() {
            let Some(name) = component.property(&ICalendarProperty::Tzid).and_then(|entry| entry.values.first()?.as_text()) else {
                continue;
            };
            // A name that IANA or Windows knows means that zone, whatever the file says about it: definitions in files are often
            // old or cut.
            if crate::zone::named(name).is_none()
                && let Some(zone) = Defined::read(calendar, component, steps)
            {
                defined.insert(name.to_owned(), zone);
            }
        }
        Self { defined, own }
    }

    /// The clock named by a TZID. `None`: nobody knows it.
    fn named(&self, name: &str) -> Option<Clock<'_>> {
        crate::zone::named(name).map(Clock::Iana).or_else(|| self.defined.get(name).map(Clock::Defined))
    }

    /// The clock a property's values are written on, and whether its zone is unknown and the calendar's own was taken.
    pub fn clock_of(&self, entry: &ICalendarEntry) -> (Clock<'_>, bool) {
        let name = entry.parameter(&ICalendarParameterName::Tzid).and_then(|value| value.as_text());
        let clock = name.map(|name| self.named(name));
        let unknown = matches!(clock, Some(None));
        (clock.flatten().unwrap_or(Clock::Iana(self.own)), unknown)
    }

    /// Every moment a property holds, and whether its zone is unknown and the calendar's own was taken. `None` stands for a value that is no time.
    pub fn moments(&self, entry: &ICalendarEntry) -> (Vec<Option<Moment<'_>>>, bool) {
        let (clock, unknown) = self.clock_of(entry);
        let moments = entry
            .values
            .iter()
            .map(|value| {
                let written = match value {
                    calcard::icalendar::ICalendarValue::Period(
                        calcard::icalendar::ICalendarPeriod::Range { start, .. }
                        | calcard::icalendar::ICalendarPeriod::Duration { start, .. },
                    ) => start,
                    value => value.as_partial_date_time()?,
                };
                moment(written, clock)
            })
            .collect();
        (moments, unknown)
    }
}

/// A written moment; `clock` is used when it says nothing itself.
pub(super) fn moment<'c>(written: &PartialDateTime, clock: Clock<'c>) -> Option<Moment<'c>> {
    let date = NaiveDate::from_ymd_opt(written.year?.into(), written.month?.into(), written.day?.into())?;
    let Some(hour) = written.hour else { return Some(Moment::Date(date)) };
    // A leap second (RFC 5545, 3.3.12) is the second after.
    let (second, leap) = match written.second.unwrap_or(0) {
        60 => (59, TimeDelta::seconds(1)),
        second => (second, TimeDelta::zero()),
    };
    let time = NaiveTime::from_hms_opt(hour.into(), written.minute.unwrap_or(0).into(), second.into())?;
    let local = date.and_time(time) + leap;
    match (written.tz_hour, written.tz_minute) {
        (Some(hours), minutes) => {
            let offset = TimeDelta::minutes(i64::from(hours) * 60 + i64::from(minutes.unwrap_or(0)));
            let utc = if written.tz_minus { local + offset } else { local - offset };
            Some(Moment::Time(utc, Clock::Iana(Tz::UTC)))
        }
        (None, _) => Some(Moment::Time(local, clock)),
    }
}

/// Whether a file can hold this date: years have four digits. Beyond them, clocks end somewhere.
pub(super) fn is_written(date: NaiveDate) -> bool {
    (0..=9_999).contains(&date.year())
}

/// A length: whole days as the calendar counts them, the rest as clocks tick (RFC 5545, 3.3.6).
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    pub days: u64,
    pub exact: TimeDelta,
}

impl Length {
    pub const NONE: Self = Self { days: 0, exact: TimeDelta::zero() };

    /// `None` for a negative one, which no event has.
    pub fn of(duration: &ICalendarDuration) -> Option<Self> {
        let exact = i64::from(duration.hours) * 3_600 + i64::from(duration.minutes) * 60 + i64::from(duration.seconds);
        let days = u64::from(duration.weeks) * 7 + u64::from(duration.days);
        if duration.neg && (days > 0 || exact > 0) {
            return None;
        }
        Some(Self { days, exact: TimeDelta::try_seconds(exact)? })
    }

    /// The end of something that begins when `clock` shows `local`.
    pub fn after(self, local: NaiveDateTime, clock: Clock<'_>) -> Option<DateTime<Utc>> {
        let shown = local.checked_add_days(Days::new(self.days)).filter(|shown| is_written(shown.date()))?;
        clock.instant(shown).checked_add_signed(self.exact)
    }
}
