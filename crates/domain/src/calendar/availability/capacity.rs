//! How much room a day has. One pure function makes the number and the receipt behind it: they cannot disagree.

use chrono::{DateTime, TimeDelta, Utc};
use types::CapacityLevel;

/// From one instant up to, not including, another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
}

impl Interval {
    /// `None` when there is nothing between the two.
    pub fn new(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> Option<Self> {
        (starts_at < ends_at).then_some(Self { starts_at, ends_at })
    }

    /// What lies in both.
    pub fn within(self, other: Self) -> Option<Self> {
        Self::new(self.starts_at.max(other.starts_at), self.ends_at.min(other.ends_at))
    }

    /// Its parts that none of `others` covers. Those are in order and free of overlaps.
    pub fn without(self, others: &[Self]) -> Vec<Self> {
        let mut left = Vec::new();
        let mut from = self.starts_at;
        let first = others.partition_point(|other| other.ends_at <= self.starts_at);
        let touching = others[first..].iter().take_while(|other| other.starts_at < self.ends_at);
        for other in touching.filter_map(|other| other.within(self)) {
            left.extend(Self::new(from, other.starts_at));
            from = from.max(other.ends_at);
        }
        left.extend(Self::new(from, self.ends_at));
        left
    }

    /// Whether any of `others` lies in it, if only in part. Those are in order and free of overlaps.
    pub fn meets(self, others: &[Self]) -> bool {
        let first = others.partition_point(|other| other.ends_at <= self.starts_at);
        others.get(first).is_some_and(|other| other.starts_at < self.ends_at)
    }

    /// Its length.
    pub fn length(self) -> TimeDelta {
        self.ends_at - self.starts_at
    }

    /// Whole minutes.
    pub fn minutes(self) -> i64 {
        (self.ends_at - self.starts_at).num_minutes()
    }
}

/// Overlapping and touching stretches as one, in order.
pub fn union(stretches: impl IntoIterator<Item = Interval>) -> Vec<Interval> {
    let mut union = Vec::new();
    stretches.into_iter().for_each(|one| add(&mut union, one));
    union
}

/// How sure a source is of what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// Read, and certain to happen.
    Known,
    /// Read, and not certain to happen; counts as busy.
    Tentative,
}

/// Something that takes time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub interval: Interval,
    pub label: String,
    pub source: String,
    pub certainty: Certainty,
}

/// Time about which a source says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    pub interval: Interval,
    pub source: String,
    /// When it was last read; `None`: never.
    pub last_read_at: Option<DateTime<Utc>>,
}

/// The rules a number was made by. `version` changes when they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Which rules.
    pub version: u32,
    /// How long one action takes, with what goes around it.
    pub minutes_per_action: i64,
    /// An opening shorter than this holds no action.
    pub shortest_opening_minutes: i64,
}

impl Rules {
    /// The rules in force. Eight open hours make six actions, which is also the fallback when nothing is known.
    pub const CURRENT: Self = Self { version: 1, minutes_per_action: 80, shortest_opening_minutes: 30 };
}

/// The fallback when no calendar has ever been read.
pub(super) const FALLBACK_ACTIONS: i64 = 6;

/// What an hour is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Taken.
    Busy,
    /// Free, and known to be.
    Open,
    /// A source that could not be read might hold something.
    Unknown,
}

/// A stretch of the working day that is one thing throughout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// What it is.
    pub kind: Kind,
    /// When.
    pub interval: Interval,
}

/// One line of the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub kind: Kind,
    /// When, cut to the working hours.
    pub interval: Interval,
    /// Title, or what is said of an unknown source.
    pub label: String,
    /// The calendar.
    pub source: String,
    /// Minutes this line adds to the sum.
    pub minutes: i64,
    /// Minutes of it that an earlier line already counted.
    pub already_counted_minutes: i64,
    /// Whether it is not certain to happen.
    pub tentative: bool,
    /// For unknown time: when the source was last read.
    pub last_read_at: Option<DateTime<Utc>>,
}

/// The number and how it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capacity {
    /// In one word.
    pub level: CapacityLevel,
    /// How many actions fit.
    pub actions_per_day: i64,
    /// The working hours it is about, in order; none on a day off.
    pub working: Vec<Interval>,
    /// Sum of the working hours.
    pub working_minutes: i64,
    /// Of them taken.
    pub busy_minutes: i64,
    /// Of them open.
    pub open_minutes: i64,
    /// Of them unknown.
    pub unknown_minutes: i64,
    /// Of the open ones those in openings long enough for an action.
    pub usable_minutes: i64,
    /// The working hours from beginning to end, without gap or overlap.
    pub stretches: Vec<Stretch>,
    /// The receipt.
    pub lines: Vec<Line>,
    /// The rules.
    pub rules: Rules,
}

/// Computes a day. `working` is in order and free of overlaps; without a stretch it is a day off.
pub(super) fn compute(working: &[Interval], blocks: &[Block], unknowns: &[Unknown], rules: Rules) -> Capacity {
    let mut lines = Vec::new();
    let (mut busy, mut unknown): (Vec<Interval>, Vec<Interval>) = (Vec::new(), Vec::new());
    let mut blocks: Vec<&Block> = blocks.iter().collect();
    blocks.sort_by_key(|block| block.interval);
    for block in blocks {
        for interval in working.iter().filter_map(|stretch| block.interval.within(*stretch)) {
            let new: i64 = interval.without(&busy).into_iter().map(Interval::minutes).sum();
            lines.push(Line {
                kind: Kind::Busy,
                interval,
                label: block.label.clone(),
                source: block.source.clone(),
                minutes: new,
                already_counted_minutes: interval.minutes() - new,
                tentative: block.certainty == Certainty::Tentative,
                last_read_at: None,
            });
            add(&mut busy, interval);
        }
    }
    for source in unknowns {
        for interval in working.iter().filter_map(|stretch| source.interval.within(*stretch)) {
            let not_busy = interval.without(&busy);
            let new: i64 = not_busy.iter().flat_map(|part| part.without(&unknown)).map(Interval::minutes).sum();
            lines.push(Line {
                kind: Kind::Unknown,
                interval,
                label: String::new(),
                source: source.source.clone(),
                minutes: new,
                already_counted_minutes: interval.minutes() - new,
                tentative: false,
                last_read_at: source.last_read_at,
            });
            for part in not_busy {
                add(&mut unknown, part);
            }
        }
    }
    let stretches: Vec<Stretch> = working.iter().flat_map(|stretch| stretches(*stretch, &busy, &unknown)).collect();
    let total = |kind| stretches.iter().filter(|stretch| stretch.kind == kind).map(|stretch| stretch.interval.minutes()).sum::<i64>();
    let usable_minutes = stretches
        .iter()
        .filter(|stretch| stretch.kind == Kind::Open && stretch.interval.minutes() >= rules.shortest_opening_minutes)
        .map(|stretch| stretch.interval.minutes())
        .sum::<i64>();
    let actions_per_day = usable_minutes / rules.minutes_per_action.max(1);
    let level = match (working, actions_per_day, total(Kind::Unknown)) {
        ([], _, _) => CapacityLevel::Off,
        (_, 0, 1..) => CapacityLevel::Unknown,
        (_, 0, _) => CapacityLevel::Full,
        (_, 1..=2, _) => CapacityLevel::Low,
        (_, 3..=4, _) => CapacityLevel::Medium,
        _ => CapacityLevel::High,
    };
    Capacity {
        level,
        actions_per_day,
        working: working.to_vec(),
        working_minutes: working.iter().map(|stretch| stretch.minutes()).sum(),
        busy_minutes: total(Kind::Busy),
        open_minutes: total(Kind::Open),
        unknown_minutes: total(Kind::Unknown),
        usable_minutes,
        stretches,
        lines,
        rules,
    }
}

/// Adds to a union of intervals that is in order and whose parts do not touch; a day may have thousands.
fn add(union: &mut Vec<Interval>, new: Interval) {
    let first = union.partition_point(|one| one.ends_at < new.starts_at);
    let end = union.partition_point(|one| one.starts_at <= new.ends_at);
    let merged = union[first..end]
        .iter()
        .fold(new, |all, one| Interval { starts_at: all.starts_at.min(one.starts_at), ends_at: all.ends_at.max(one.ends_at) });
    union.splice(first..end, [merged]);
}

fn stretches(day: Interval, busy: &[Interval], unknown: &[Interval]) -> Vec<Stretch> {
    let within = |interval: &Interval| interval.within(day);
    let mut all: Vec<Stretch> = busy.iter().filter_map(within).map(|interval| Stretch { kind: Kind::Busy, interval }).collect();
    let mut covered = busy.to_vec();
    for interval in unknown.iter().filter_map(within).flat_map(|interval| interval.without(busy)) {
        all.push(Stretch { kind: Kind::Unknown, interval });
        add(&mut covered, interval);
    }
    all.extend(day.without(&covered).into_iter().map(|interval| Stretch { kind: Kind::Open, interval }));
    all.sort_by_key(|stretch| stretch.interval);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn interval(from: i64, to: i64) -> Interval {
        Interval { starts_at: at(from), ends_at: at(to) }
    }

    fn block(from: i64, to: i64) -> Block {
        Block { interval: interval(from, to), label: "x".to_owned(), source: "Work".to_owned(), certainty: Certainty::Known }
    }

    fn unknown(from: i64, to: i64) -> Unknown {
        Unknown { interval: interval(from, to), source: "Work".to_owned(), last_read_at: None }
    }

    const DAY: (i64, i64) = (540, 1020);

    fn day() -> Interval {
        interval(DAY.0, DAY.1)
    }

    #[test]
    fn an_empty_eight_hour_day_holds_six_actions() {
        let capacity = compute(&[day()], &[], &[], Rules::CURRENT);
        assert_eq!((capacity.actions_per_day, capacity.level, capacity.open_minutes), (FALLBACK_ACTIONS, CapacityLevel::High, 480));
    }

    #[test]
    fn overlapping_events_are_counted_once_and_the_receipt_says_so() {
        let capacity = compute(&[day()], &[block(570, 615), block(600, 645)], &[], Rules::CURRENT);
        assert_eq!(capacity.busy_minutes, 75);
        assert_eq!(capacity.lines[1].minutes, 30);
        assert_eq!(capacity.lines[1].already_counted_minutes, 15);
    }

    #[test]
    fn what_was_not_read_is_neither_open_nor_busy() {
        let capacity = compute(&[day()], &[block(540, 600)], &[unknown(0, 2_000)], Rules::CURRENT);
        assert_eq!((capacity.busy_minutes, capacity.unknown_minutes, capacity.open_minutes), (60, 420, 0));
        assert_eq!((capacity.level, capacity.actions_per_day), (CapacityLevel::Unknown, 0));
    }

    #[test]
    fn a_day_off_has_no_capacity_and_says_why() {
        assert_eq!(compute(&[], &[block(540, 600)], &[], Rules::CURRENT).level, CapacityLevel::Off);
    }

    #[test]
    fn openings_too_short_for_anything_hold_no_action() {
        let blocks: Vec<Block> = (0..16).map(|slot| block(540 + slot * 30, 540 + slot * 30 + 5)).collect();
        let capacity = compute(&[day()], &blocks, &[], Rules::CURRENT);
        assert_eq!((capacity.usable_minutes, capacity.level), (0, CapacityLevel::Full));
        assert!(capacity.open_minutes > 0);
    }

    /// A morning and an afternoon.
    const HOURS: [(i64, i64); 2] = [(540, 720), (780, 1080)];

    #[test]
    fn what_lies_in_the_pause_between_two_stretches_takes_nothing() {
        let hours: Vec<Interval> = HOURS.iter().map(|(from, to)| interval(*from, *to)).collect();
        let capacity = compute(&hours, &[block(720, 780), block(700, 800)], &[], Rules::CURRENT);
        assert_eq!((capacity.working_minutes, capacity.busy_minutes, capacity.open_minutes), (480, 40, 440));
        assert_eq!(capacity.lines.iter().map(|line| line.minutes).collect::<Vec<_>>(), [20, 20]);
    }

    proptest! {
        #[test]
        fn the_three_parts_always_make_the_whole_day_and_the_receipt_adds_up(
            busy in proptest::collection::vec((0..1440_i64, 1..300_i64), 0..12),
            fog in proptest::collection::vec((0..1440_i64, 1..600_i64), 0..4),
        ) {
            let blocks: Vec<Block> = busy.iter().map(|(from, length)| block(*from, from + length)).collect();
            let unknowns: Vec<Unknown> = fog.iter().map(|(from, length)| unknown(*from, from + length)).collect();
            let hours: Vec<Interval> = HOURS.iter().map(|(from, to)| interval(*from, *to)).collect();
            let capacity = compute(&hours, &blocks, &unknowns, Rules::CURRENT);
            prop_assert_eq!(capacity.busy_minutes + capacity.open_minutes + capacity.unknown_minutes, 480);
            for (kind, sum) in [(Kind::Busy, capacity.busy_minutes), (Kind::Unknown, capacity.unknown_minutes)] {
                prop_assert_eq!(capacity.lines.iter().filter(|line| line.kind == kind).map(|line| line.minutes).sum::<i64>(), sum);
            }
            // Minute by minute, against the plain definition.
            for minute in HOURS.iter().flat_map(|(from, to)| *from..*to) {
                let hit = |from: i64, length: i64| (from..from + length).contains(&minute);
                let expected = if busy.iter().any(|(from, length)| hit(*from, *length)) {
                    Kind::Busy
                } else if fog.iter().any(|(from, length)| hit(*from, *length)) {
                    Kind::Unknown
                } else {
                    Kind::Open
                };
                let found: Vec<_> = capacity.stretches.iter().filter(|stretch| stretch.interval.within(interval(minute, minute + 1)).is_some()).collect();
                prop_assert_eq!(found.len(), 1);
                prop_assert_eq!(found[0].kind, expected, "minute {}", minute);
            }
        }
    }
}
