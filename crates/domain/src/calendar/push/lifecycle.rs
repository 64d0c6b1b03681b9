//! The life of a push channel, pure: what is to be done about each, and when to look again.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use types::{CalendarId, ChannelId, ChannelStatus, HealthReason};

use super::channels::ChannelRow;
use crate::calendar::connection::calendars::CalendarRow;

/// How long a channel is asked for: what Microsoft grants at most (10,080 minutes), less some minutes for clocks that differ.
pub(in crate::calendar) const LIFE: TimeDelta = TimeDelta::minutes(10_070);
/// A channel is renewed when it has less than this left: a day of tries.
const MARGIN: TimeDelta = TimeDelta::days(1);
/// An answer that has not come by then never comes.
pub(in crate::calendar) const OPENING: TimeDelta = TimeDelta::minutes(10);
/// A change may be found a little before the message about it comes; this much later, none comes.
const SILENCE: TimeDelta = TimeDelta::minutes(10);
/// A silent channel is replaced at most this often.
const LEAST_AGE: TimeDelta = TimeDelta::hours(1);

/// Until what is still undone is tried again.
const AGAIN: TimeDelta = TimeDelta::minutes(10);

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::calendar) enum Step {
    /// Ask for one; `instead_of` is closed once it is open.
    Open { calendar: CalendarId, instead_of: Option<ChannelId> },
    /// Ask for more time.
    Renew { channel: ChannelId, calendar: CalendarId },
    /// Tell the provider that it is not wanted any more.
    Close { channel: ChannelId },
    /// It has ended by itself, or never was.
    Forget { channel: ChannelId },
}

/// When a channel that lives until `expires_at` is to be renewed; one that was granted little is renewed at half of it.
pub(in crate::calendar) fn renewal(now: DateTime<Utc>, expires_at: DateTime<Utc>) -> DateTime<Utc> {
    let left = (expires_at - now).max(TimeDelta::zero());
    expires_at - MARGIN.min(left / 2)
}

/// Whether the provider will tell of a change of this channel's calendar.
pub(in crate::calendar) fn covers(channel: &ChannelRow, now: DateTime<Utc>) -> bool {
    channel.status == ChannelStatus::Open && channel.confirmed_at.is_some() && channel.missed_at.is_none() && channel.expires_at > now
}

/// Whether changes of a calendar are of interest. Trouble that may pass closes no channel.
fn is_wanted(calendar: &CalendarRow) -> bool {
    calendar.selected && calendar.health_reason != Some(HealthReason::CalendarGone)
}

/// Whether the provider may be asked for a channel of it now.
fn may_ask(calendar: &CalendarRow, now: DateTime<Utc>) -> bool {
    calendar.health_reason.is_none() && calendar.channel_retry_at.is_none_or(|at| at <= now)
}

/// How many of these calendars are covered.
pub(in crate::calendar) fn covered(calendars: &[CalendarId], channels: &[ChannelRow], now: DateTime<Utc>) -> usize {
    let is_covered = |id: &&CalendarId| channels.iter().any(|channel| channel.calendar == Some(**id) && covers(channel, now));
    calendars.iter().filter(is_covered).count()
}

/// Whether all of them that count are covered, and any counts.
pub(in crate::calendar) fn covers_all(calendars: &[CalendarRow], channels: &[ChannelRow], now: DateTime<Utc>) -> bool {
    let counting: Vec<_> = calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect();
    !counting.is_empty() && covered(&counting, channels, now) == counting.len()
}

/// Everything that is to be done now. New before old: what replaces comes before what closes.
pub(in crate::calendar) fn steps(calendars: &[CalendarRow], channels: &[ChannelRow], now: DateTime<Utc>) -> Vec<Step> {
    let (mut steps, mut endings) = (Vec::new(), Vec::new());
    // Whether an opening will succeed is not known, so it makes no open channel superfluous; but nothing else is asked for meanwhile.
    let waits = |channel: &&ChannelRow| channel.status == ChannelStatus::Opening && channel.due_at > now && channel.expires_at > now;
    let opening: HashSet<CalendarId> = channels.iter().filter(waits).filter_map(|channel| channel.calendar).collect();
    let mut served: HashSet<CalendarId> = HashSet::new();
    for channel in channels {
        let row = calendars.iter().find(|calendar| Some(calendar.id) == channel.calendar && is_wanted(calendar));
        let calendar = row.map(|calendar| calendar.id);
        let may_ask = row.is_some_and(|calendar| may_ask(calendar, now));
        let is_due = channel.due_at <= now;
        match (channel.status, calendar) {
            _ if channel.expires_at <= now => endings.push(Step::Forget { channel: channel.id }),
            // Without the provider's name of it, it can only run out; a message that would have told it has had its time.
            (ChannelStatus::Closing, _) if channel.external_id.is_none() && is_due => endings.push(Step::Forget { channel: channel.id }),
            (ChannelStatus::Closing, _) if is_due => endings.push(Step::Close { channel: channel.id }),
            (ChannelStatus::Closing, _) => {}
            (ChannelStatus::Opening, Some(_)) if !is_due => {}
            (ChannelStatus::Opening, _) | (ChannelStatus::Open, None) => endings.push(Step::Close { channel: channel.id }),
            (ChannelStatus::Open, Some(id)) => {
                let silent = channel.missed_at.is_some_and(|at| at + SILENCE <= now) && channel.created_at + LEAST_AGE <= now;
                if !served.insert(id) {
                    // Two for one calendar, because a job ran twice. The older has proved itself.
                    endings.push(Step::Close { channel: channel.id });
                } else if silent && may_ask && !opening.contains(&id) {
                    steps.push(Step::Open { calendar: id, instead_of: Some(channel.id) });
                } else if is_due && !opening.contains(&id) {
                    steps.push(Step::Renew { channel: channel.id, calendar: id });
                }
            }
        }
    }
    let is_served = |calendar: &&CalendarRow| served.contains(&calendar.id) || opening.contains(&calendar.id);
    for calendar in calendars.iter().filter(|calendar| is_wanted(calendar) && !is_served(calendar)) {
        if may_ask(calendar, now) {
            steps.push(Step::Open { calendar: calendar.id, instead_of: None });
        }
    }
    steps.extend(endings);
    steps
}

/// When to look again, if nothing happens before. What could not be done now is not left undone: it is looked at soon.
pub(in crate::calendar) fn next_look(calendars: &[CalendarRow], channels: &[ChannelRow], now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if !steps(calendars, channels, now).is_empty() {
        return Some(now + AGAIN);
    }
    let dues = channels.iter().map(|channel| channel.due_at.min(channel.expires_at));
    let retries = calendars.iter().filter(|calendar| is_wanted(calendar)).filter_map(|calendar| calendar.channel_retry_at);
    dues.chain(retries).filter(|at| *at > now).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn minutes(range: std::ops::Range<i64>) -> impl Strategy<Value = DateTime<Utc>> {
        range.prop_map(|minutes| NOW + TimeDelta::minutes(minutes))
    }

    fn calendars() -> impl Strategy<Value = Vec<CalendarRow>> {
        let one = (any::<bool>(), any::<bool>(), proptest::option::of(minutes(-60..60)));
        proptest::collection::vec(one, 1..4).prop_map(|all| {
            let row = |(number, (selected, healthy, retry)): (usize, (bool, bool, Option<DateTime<Utc>>))| {
                let mut row = CalendarRow::sample(CalendarId(Uuid::from_u128(number as u128)));
                row.selected = selected;
                row.health_reason = (!healthy).then_some(HealthReason::CalendarGone);
                row.channel_retry_at = retry;
                row
            };
            all.into_iter().enumerate().map(row).collect()
        })
    }

    fn channels() -> impl Strategy<Value = Vec<ChannelRow>> {
        let one = (
            proptest::option::of(0..4_u128),
            proptest::sample::select(ChannelStatus::ALL.to_vec()),
            any::<bool>(),
            minutes(-100..-1),
            minutes(-60..60),
            minutes(-10..2_000),
            proptest::option::of(minutes(-30..0)),
        );
        proptest::collection::vec(one, 0..6).prop_map(|all| {
            let rows = all.into_iter().enumerate().map(|(number, (calendar, status, named, created_at, due_at, expires_at, missed_at))| {
                ChannelRow {
                    id: ChannelId(Uuid::from_u128(100 + number as u128)),
                    calendar: calendar.map(|number| CalendarId(Uuid::from_u128(number))),
                    status,
                    external_id: (named || status == ChannelStatus::Open).then(|| "x".to_owned()),
                    resource_id: None,
                    created_at,
                    due_at,
                    expires_at,
                    confirmed_at: Some(created_at),
                    last_message_at: None,
                    missed_at,
                }
            });
            rows.collect()
        })
    }

    proptest! {
        #[test]
        fn no_calendar_that_counts_loses_its_last_channel_before_it_has_another(calendars in calendars(), channels in channels()) {
            let steps = steps(&calendars, &channels, NOW);
            for calendar in calendars.iter().filter(|calendar| is_wanted(calendar)) {
                let mut open: Vec<ChannelId> = channels
                    .iter()
                    .filter(|channel| channel.calendar == Some(calendar.id) && channel.status == ChannelStatus::Open && channel.expires_at > NOW)
                    .map(|channel| channel.id)
                    .collect();
                if open.is_empty() {
                    continue;
                }
                for step in &steps {
                    match step {
                        Step::Close { channel } | Step::Forget { channel } => open.retain(|id| id != channel),
                        Step::Open { calendar: of, .. } if *of == calendar.id => open.push(ChannelId(Uuid::max())),
                        Step::Open { .. } | Step::Renew { .. } => {}
                    }
                    prop_assert!(!open.is_empty(), "{steps:?}");
                }
            }
        }

        #[test]
        fn each_calendar_is_asked_for_once_at_most_and_only_if_it_counts(calendars in calendars(), channels in channels()) {
            let mut asked = std::collections::HashSet::new();
            for step in steps(&calendars, &channels, NOW) {
                if let Step::Open { calendar, .. } | Step::Renew { calendar, .. } = step {
                    prop_assert!(asked.insert(calendar));
                    prop_assert!(calendars.iter().any(|row| row.id == calendar && is_wanted(row)));
                }
            }
        }

        #[test]
        fn whatever_is_undone_or_ever_to_be_done_is_looked_at_again(calendars in calendars(), channels in channels()) {
            let (steps, look) = (steps(&calendars, &channels, NOW), next_look(&calendars, &channels, NOW));
            let runs_out = channels.iter().any(|channel| channel.expires_at > NOW && channel.due_at > NOW);
            if !steps.is_empty() || runs_out {
                prop_assert!(look.is_some_and(|at| at > NOW), "{steps:?}");
            }
            if !steps.is_empty() {
                prop_assert!(look.is_some_and(|at| at <= NOW + AGAIN));
            }
        }
    }

    #[test]
    fn a_channel_is_renewed_a_day_before_it_ends_and_a_short_one_at_its_half() {
        let week = NOW + TimeDelta::days(7);
        assert_eq!(renewal(NOW, week), week - TimeDelta::days(1));
        assert_eq!(renewal(NOW, NOW + TimeDelta::minutes(90)), NOW + TimeDelta::minutes(45));
        assert_eq!(renewal(NOW, NOW - TimeDelta::minutes(1)), NOW - TimeDelta::minutes(1));
    }
}
