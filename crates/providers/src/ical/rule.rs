//! The starts that a recurrence rule names, as times on the series' own clock.

use std::collections::BTreeSet;
use std::hash::Hash;

use calcard::icalendar::{ICalendarDay, ICalendarFrequency, ICalendarRecurrenceRule};
use chrono::{NaiveDateTime, TimeDelta};
use rrule::{RRule, RRuleSet, Unvalidated};

use super::steps::{FRUITLESS, Steps};
use crate::calendar::UnreadableReason;

/// Instances looked at per rule, from its first one: a century of every day.
pub(super) const MAX_INSTANCES: usize = 40_000;

/// Every start from `first` up to the first that is `past`. COUNT is honoured; UNTIL is the caller's, because files write it in
/// forms that do not fit their DTSTART.
pub(super) fn starts(
    rule: &ICalendarRecurrenceRule,
    first: NaiveDateTime,
    steps: &Steps,
    past: impl Fn(NaiveDateTime) -> bool,
) -> Result<BTreeSet<NaiveDateTime>, UnreadableReason> {
    let anchor = first.and_utc().with_timezone(&rrule::Tz::UTC);
    // Rules by the second or minute are no appointments, and a few bytes of them can keep a processor busy for hours.
    if matches!(rule.freq, ICalendarFrequency::Secondly | ICalendarFrequency::Minutely) {
        return Err(UnreadableReason::TooMany);
    }
    let work = work(rule).ok_or(UnreadableReason::TooMany)?;
    let mut starts = BTreeSet::new();
    for part in parts(rule) {
        let parsed = part.to_string().parse::<RRule<Unvalidated>>().ok().and_then(|rule| rule.validate(anchor).ok());
        // Limited: a rule that names no day at all is given up, not looked for until the year 10000.
        let set = RRuleSet::new(anchor).rrule(parsed.ok_or(UnreadableReason::InvalidRule)?).limit();
        let mut is_given_up = true;
        let mut before = first;
        // The first period is made before anything is returned.
        if !steps.take(work.of_one_period()) {
            return Err(UnreadableReason::TooMany);
        }
        for (number, at) in set.into_iter().enumerate() {
            let local = at.naive_utc();
            if !steps.take(work.between(before, local)) {
                return Err(UnreadableReason::TooMany);
            }
            before = local;
            if past(local) || rule.count.is_some_and(|count| number >= usize::try_from(count).unwrap_or(usize::MAX)) {
                is_given_up = false;
                break;
            }
            if number >= MAX_INSTANCES {
                return Err(UnreadableReason::TooMany);
            }
            starts.insert(local);
        }
        // It ran out of days by itself, which a rule without an end does only after a long look.
        if is_given_up && !steps.take(FRUITLESS) {
            return Err(UnreadableReason::TooMany);
        }
    }
    let count = rule.count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    Ok(starts.into_iter().take(count).collect())
}

/// What the `rrule` crate does for a rule, period by period: it makes every time of every day of a period before it returns the first, and
/// goes through periods that hold none.
struct Work {
    /// A period's days times the times of a day.
    instances: u32,
    /// From one period to the next, about.
    period: TimeDelta,
}

/// Instances of one period: every quarter of an hour of a leap year fits twice.
const MAX_PERIOD: u32 = 80_000;

/// `None`: more instances a period than any calendar has.
fn work(rule: &ICalendarRecurrenceRule) -> Option<Work> {
    let (days, length) = match rule.freq {
        ICalendarFrequency::Yearly => (366, TimeDelta::days(365)),
        ICalendarFrequency::Monthly => (31, TimeDelta::days(28)),
        ICalendarFrequency::Weekly => (7, TimeDelta::days(7)),
        ICalendarFrequency::Daily => (1, TimeDelta::days(1)),
        _ => (1, TimeDelta::hours(1)),
    };
    let hours = if rule.freq == ICalendarFrequency::Hourly { 1 } else { different(&rule.byhour) };
    let times = different(&rule.byminute).saturating_mul(different(&rule.bysecond));
    let instances = times.saturating_mul(hours).saturating_mul(days);
    let period = length * i32::from(rule.interval.unwrap_or(1).max(1));
    (instances <= MAX_PERIOD).then_some(Work { instances, period })
}

/// How many different values a list has; an empty one stands for the one of the first instance.
fn different<T: Hash + Eq>(list: &[T]) -> u32 {
    let count = list.iter().collect::<std::collections::HashSet<_>>().len();
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

impl Work {
    /// In steps, of which each is about a microsecond.
    const fn of_one_period(&self) -> u32 {
        1 + self.instances / 64
    }

    /// One for the instance, and what the periods since the one before took.
    fn between(&self, before: NaiveDateTime, local: NaiveDateTime) -> u32 {
        let periods = (local - before).num_seconds().max(0) / self.period.num_seconds().max(1);
        let steps = periods.saturating_mul(8 + i64::from(self.instances)) / 64;
        u32::try_from(steps + 1).unwrap_or(u32::MAX)
    }
}

/// The rule without its end, as rules the `rrule` crate takes. It refuses the fifth weekday of a month, counted from either side,
/// which is the same as that weekday on the days after the twenty-eighth.
fn parts(rule: &ICalendarRecurrenceRule) -> Vec<ICalendarRecurrenceRule> {
    let rule = ICalendarRecurrenceRule { until: None, count: None, ..rule.clone() };
    if rule.freq != ICalendarFrequency::Monthly || !rule.bymonthday.is_empty() || !rule.bysetpos.is_empty() {
        return vec![rule];
    }
    let with = |ordinal: i16| -> Vec<ICalendarDay> { rule.byday.iter().filter(|day| day.ordwk == Some(ordinal)).copied().collect() };
    let others: Vec<ICalendarDay> = rule.byday.iter().filter(|day| !matches!(day.ordwk, Some(5 | -5))).copied().collect();
    let (fifth, fifth_last) = (with(5), with(-5));
    if fifth.is_empty() && fifth_last.is_empty() {
        return vec![rule];
    }
    let every = |days: Vec<ICalendarDay>| days.into_iter().map(|day| ICalendarDay { ordwk: None, ..day }).collect();
    let candidates = [
        ICalendarRecurrenceRule { byday: others, ..rule.clone() },
        ICalendarRecurrenceRule { byday: every(fifth), bymonthday: vec![29, 30, 31], ..rule.clone() },
        ICalendarRecurrenceRule { byday: every(fifth_last), bymonthday: vec![-29, -30, -31], ..rule },
    ];
    candidates.into_iter().filter(|part| !part.byday.is_empty()).collect()
}
