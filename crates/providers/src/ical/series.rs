//! An event and its repetitions: rule, extra dates, excluded dates, changed instances.

use std::collections::{BTreeMap, BTreeSet};

use calcard::icalendar::{ICalendarComponent, ICalendarParameterName, ICalendarProperty, ICalendarValue};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};

use super::Entries;
use super::event::{Event, periods, span_touches};
use super::rule::{self, MAX_INSTANCES};
use super::steps::Steps;
use super::time::{Clock, Moment, Zones, moment};
use crate::calendar::{Change, RemoteEvent, UnreadableReason, Window};

/// Occurrences kept of one resource: some fifty on each day of the window.
const MAX_OCCURRENCES: usize = 6_000;

/// What every event of a resource is read with.
pub(super) struct Context<'c> {
    pub name: &'c str,
    pub uid: &'c str,
    pub zones: &'c Zones,
    pub window: Window,
    pub owners: &'c [String],
    pub steps: &'c Steps,
}

/// All of one UID: its masters (one, in a sound file) and its changed instances.
pub(super) fn expand(context: &Context<'_>, masters: &[&ICalendarComponent], overrides: &[&ICalendarComponent], entries: &mut Entries) {
    let masters: Vec<Event<'_>> = masters.iter().filter_map(|component| sound(Event::read(context, component, entries), entries)).collect();
    let first = masters.first().map(|master| (master.start.is_date(), master.clock(context.zones)));
    let mut changed: BTreeMap<NaiveDateTime, Event<'_>> = BTreeMap::new();
    let mut from_here_on: BTreeMap<NaiveDateTime, Event<'_>> = BTreeMap::new();
    for component in overrides {
        let Some(event) = sound(Event::read(context, component, entries), entries) else { continue };
        let Some(id) = component.property(&ICalendarProperty::RecurrenceId) else { continue };
        let (moments, _) = context.zones.moments(id);
        let Some(Some(original)) = moments.into_iter().next() else {
            entries.unreadable(UnreadableReason::InvalidTime);
            continue;
        };
        // Compared on the series' own clock: the id may be written in UTC or another zone.
        let key = match first {
            Some((_, clock)) => original.on(clock),
            None => original.on(event.clock(context.zones)),
        };
        // THISANDFUTURE is the only range there is (RFC 5545, 3.2.13).
        if id.has_parameter(&ICalendarParameterName::Range) {
            from_here_on.insert(key, event.clone());
        }
        changed.insert(key, event);
    }
    for master in &masters {
        if entries.is_full || !context.steps.take(1) {
            entries.is_full = true;
            return;
        }
        one(context, master, &changed, &from_here_on, entries);
    }
    // A changed instance counts wherever it was moved to, and also when its master is in another resource or gone.
    for (key, event) in &changed {
        let clock = first.map_or_else(|| event.clock(context.zones), |(_, clock)| clock);
        emit(context, event, event.start, clock.instant(*key), true, entries);
    }
}

fn sound<T>(result: Result<T, UnreadableReason>, entries: &mut Entries) -> Option<T> {
    result.map_err(|reason| entries.unreadable(reason)).ok()
}

/// Every instance of a master that was not changed.
fn one(
    context: &Context<'_>,
    master: &Event<'_>,
    changed: &BTreeMap<NaiveDateTime, Event<'_>>,
    from_here_on: &BTreeMap<NaiveDateTime, Event<'_>>,
    entries: &mut Entries,
) {
    let clock = master.clock(context.zones);
    let repeats = master.component.is_recurrent();
    let starts = match starts(context, master, clock) {
        Ok(starts) => starts,
        Err(reason) => {
            entries.unreadable(reason);
            return;
        }
    };
    let Some(excluded) = Excluded::read(context, master.component, clock) else {
        entries.unreadable(UnreadableReason::TooMany);
        return;
    };
    let periods = periods(context.zones, master.component, clock);
    for start in starts {
        if entries.is_full {
            return;
        }
        if changed.contains_key(&start) || excluded.holds(start) {
            continue;
        }
        let original = clock.instant(start);
        // "This and future": what was changed at an earlier instance is changed here by as much.
        match from_here_on.range(..start).next_back() {
            Some((key, event)) => {
                let moved = start + (event.start.on(clock) - *key);
                let moved = if event.start.is_date() { Moment::Date(moved.date()) } else { Moment::Time(moved, clock) };
                emit(context, event, moved, original, repeats, entries);
            }
            None => {
                let at = if master.start.is_date() { Moment::Date(start.date()) } else { Moment::Time(start, clock) };
                let own = periods.get(&start).filter(|_| !master.start.is_date()).map(|extent| master.lasting(*extent));
                emit(context, own.as_ref().unwrap_or(master), at, original, repeats, entries);
            }
        }
    }
}

fn emit(context: &Context<'_>, event: &Event<'_>, start: Moment<'_>, original: DateTime<Utc>, repeats: bool, entries: &mut Entries) {
    if event.cancelled {
        return;
    }
    let Some(span) = event.span_from(start) else {
        entries.unreadable(UnreadableReason::InvalidTime);
        return;
    };
    if !span_touches(&span, context.zones.own, context.window) {
        return;
    }
    if entries.changes.len() >= MAX_OCCURRENCES || !context.steps.keep() {
        entries.is_full = true;
        return;
    }
    entries.changes.push(Change::Upsert(RemoteEvent {
        key: format!("{}#{}#{}", context.name, context.uid, original.timestamp()),
        resource: Some(context.name.to_owned()),
        ical_uid: Some(context.uid.to_owned()).filter(|uid| !uid.is_empty()),
        original_start: repeats.then_some(original),
        span,
        busy: event.busy,
        tentative: event.tentative,
        title: event.title.clone(),
    }));
}

/// When the instances begin, on the series' own clock, up to the end of the window.
fn starts(context: &Context<'_>, master: &Event<'_>, clock: Clock<'_>) -> Result<BTreeSet<NaiveDateTime>, UnreadableReason> {
    let first = master.start.written();
    // DTSTART is always the first instance (RFC 5545, 3.8.5.3), also when its own rule does not name it.
    let mut starts = BTreeSet::from([first]);
    // A day of room: zones are up to fourteen hours away from UTC.
    let end = context.window.ends_at.naive_utc() + TimeDelta::days(1);
    for entry in master.component.properties(&ICalendarProperty::Rrule) {
        let Some(ICalendarValue::RecurrenceRule(rule)) = entry.values.first() else { return Err(UnreadableReason::InvalidRule) };
        let until = rule.until.as_ref().map(|until| moment(until, clock).ok_or(UnreadableReason::InvalidRule)).transpose()?;
        let past = |local| local > end || until.is_some_and(|until| is_past(local, until, clock));
        starts.extend(rule::starts(rule, first, context.steps, past)?);
    }
    for entry in master.component.properties(&ICalendarProperty::Rdate) {
        let (moments, _) = context.zones.moments(entry);
        for moment in moments.into_iter().take(MAX_INSTANCES) {
            let moment = moment.ok_or(UnreadableReason::InvalidTime)?;
            if !context.steps.take(1) {
                return Err(UnreadableReason::TooMany);
            }
            // A date among times begins when the others do.
            starts.insert(match (moment, master.start.is_date()) {
                (Moment::Date(date), false) => date.and_time(first.time()),
                (moment, _) => moment.on(clock),
            });
        }
    }
    Ok(starts)
}

/// Whether an instance is after UNTIL, however that is written: in UTC, as a date, or on the series' own clock.
fn is_past(local: NaiveDateTime, until: Moment<'_>, clock: Clock<'_>) -> bool {
    match until {
        Moment::Date(date) => local.date() > date,
        until @ Moment::Time(..) => local > until.on(clock),
    }
}

/// The EXDATEs of a series.
struct Excluded {
    times: BTreeSet<NaiveDateTime>,
    dates: BTreeSet<NaiveDate>,
}

impl Excluded {
    /// `None` when there are more than can be looked at.
    fn read(context: &Context<'_>, component: &ICalendarComponent, clock: Clock<'_>) -> Option<Self> {
        let mut excluded = Self { times: BTreeSet::new(), dates: BTreeSet::new() };
        for entry in component.properties(&ICalendarProperty::Exdate) {
            // A value that is no time excludes nothing; the rest holds.
            for moment in context.zones.moments(entry).0.into_iter().flatten() {
                if !context.steps.take(1) {
                    return None;
                }
                match moment {
                    Moment::Date(date) => excluded.dates.insert(date),
                    moment @ Moment::Time(..) => excluded.times.insert(moment.on(clock)),
                };
            }
        }
        Some(excluded)
    }

    fn holds(&self, start: NaiveDateTime) -> bool {
        self.times.contains(&start) || self.dates.contains(&start.date())
    }
}
