//! The starts that a recurrence rule names, as times on the series' own clock.

use std::collections::BTreeSet;

use calcard::icalendar::{ICalendarDay, ICalendarFrequency, ICalendarRecurrenceRule};
use chrono::NaiveDateTime;
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
    let mut starts = BTreeSet::new();
    for part in parts(rule) {
        let parsed = part.to_string().parse::<RRule<Unvalidated>>().ok().and_then(|rule| rule.validate(anchor).ok());
        // Limited: a rule that names no day at all is given up, not looked for until the year 10000.
        let set = RRuleSet::new(anchor).rrule(parsed.ok_or(UnreadableReason::InvalidRule)?).limit();
        let mut is_given_up = true;
        for (number, at) in set.into_iter().enumerate() {
            let local = at.naive_utc();
            if past(local) || rule.count.is_some_and(|count| number >= usize::try_from(count).unwrap_or(usize::MAX)) {
                is_given_up = false;
                break;
            }
            if number >= MAX_INSTANCES || !steps.take(1) {
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
