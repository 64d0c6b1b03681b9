//! A day and a week, as pages show them.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::capacity::{self, Block, Capacity, Certainty, Interval, Kind, Rules, Unknown};
use super::range::Range;
use crate::base::civil_instant;

/// One event in the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, in full, not cut to the day.
    pub interval: Option<Interval>,
    /// First instant, also of events that take no time.
    pub starts_at: DateTime<Utc>,
    /// Whether it is about whole days and takes all of this one. In another zone than its calendar's, the first and last are cut.
    pub all_day: bool,
    /// The title; `None` when it may not or cannot be read.
    pub title: Option<String>,
    /// The calendar.
    pub source: String,
    /// Whether it blocks time.
    pub busy: bool,
    /// Whether it is not certain to happen.
    pub tentative: bool,
    /// Minutes it shares with the event before it.
    pub overlap_minutes: i64,
}

/// A row of the agenda.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// An event.
    Entry(Entry),
    /// An opening in the working hours.
    Open(Interval),
    /// A stretch of working hours about which a source says nothing.
    Unknown {
        /// When.
        interval: Interval,
        /// Which calendars, with when each was last read.
        sources: Vec<(String, Option<DateTime<Utc>>)>,
    },
    /// The present moment.
    Now(DateTime<Utc>),
}

/// One calendar's own ribbon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// What takes time on it; the flag says tentative.
    pub busy: Vec<(Interval, bool)>,
    /// Time about which it says nothing.
    pub unknown: Vec<Interval>,
}

/// A day.
#[derive(Debug, Clone)]
pub struct Day {
    /// Which.
    pub date: NaiveDate,
    /// The zone it is shown in.
    pub zone: Tz,
    /// The present moment.
    pub now: DateTime<Utc>,
    /// From midnight to midnight: 23, 24 or 25 hours.
    pub whole: Interval,
    /// The number and its receipt.
    pub capacity: Capacity,
    /// The agenda, in order of time; whole-day events first.
    pub agenda: Vec<Piece>,
    /// A ribbon per calendar.
    pub lanes: Vec<Lane>,
    /// How many calendars count.
    pub sources: usize,
    /// When the freshest of them was read.
    pub newest_read_at: Option<DateTime<Utc>>,
    /// Whether any of them has ever been read.
    pub anything_known: bool,
    /// Whether titles could not be read for want of a key.
    pub key_missing: bool,
}

/// One day of a range, without the database.
pub(super) fn make(range: &Range<'_>, date: NaiveDate) -> Day {
    let zone = range.person.zone;
    let whole = whole_day(date, zone);
    let working: Vec<Interval> = range.person.hours.on(date, zone).into_iter().filter_map(|(from, to)| Interval::new(from, to)).collect();
    let names = range.names();
    let mut entries: Vec<(Entry, types::CalendarId)> = Vec::new();
    for event in &range.events {
        let row = event.row;
        // A whole day is a day of its calendar's zone: seen from another zone it begins in the middle of one day and ends in the next.
        if row.starts_at < whole.ends_at && (row.ends_at > whole.starts_at || row.starts_at >= whole.starts_at) {
            let entry = Entry {
                interval: Interval::new(row.starts_at, row.ends_at),
                starts_at: row.starts_at,
                all_day: row.is_of_whole_days() && row.starts_at <= whole.starts_at && row.ends_at >= whole.ends_at,
                title: event.title.clone(),
                source: names.get(&row.calendar).copied().unwrap_or_default().to_owned(),
                busy: row.busy,
                tentative: row.is_tentative(),
                overlap_minutes: 0,
            };
            entries.push((entry, row.calendar));
        }
    }
    let blocks: Vec<Block> = entries.iter().filter_map(|(entry, _)| block(entry)).collect();
    let unknowns: Vec<Unknown> = range
        .sources
        .iter()
        .flat_map(|source| {
            let unknown = |interval| Unknown { interval, source: source.name.clone(), last_read_at: source.last_read_at };
            source.unknown(whole).into_iter().map(unknown)
        })
        .collect();
    let capacity = capacity::compute(&working, &blocks, &unknowns, Rules::CURRENT);
    let lanes = range
        .sources
        .iter()
        .map(|source| Lane {
            name: source.name.clone(),
            busy: entries
                .iter()
                .filter(|(entry, calendar)| *calendar == source.calendar && entry.busy)
                .filter_map(|(entry, _)| Some((entry.interval?, entry.tentative)))
                .collect(),
            unknown: source.unknown(whole),
        })
        .collect();
    let agenda = agenda(entries.into_iter().map(|(entry, _)| entry).collect(), &capacity, &unknowns, range.now, whole);
    Day {
        date,
        zone,
        now: range.now,
        whole,
        capacity,
        agenda,
        lanes,
        sources: range.sources.len(),
        newest_read_at: range.sources.iter().filter_map(|source| source.last_read_at).max(),
        anything_known: range.anything_known(),
        key_missing: range.key_missing,
    }
}

fn block(entry: &Entry) -> Option<Block> {
    let interval = entry.interval.filter(|_| entry.busy)?;
    Some(Block {
        interval,
        label: entry.title.clone().unwrap_or_else(|| "Busy".to_owned()),
        source: entry.source.clone(),
        certainty: if entry.tentative { Certainty::Tentative } else { Certainty::Known },
    })
}

fn agenda(mut entries: Vec<Entry>, capacity: &Capacity, unknowns: &[Unknown], now: DateTime<Utc>, whole: Interval) -> Vec<Piece> {
    entries.sort_by_key(|entry| (!entry.all_day, entry.starts_at, entry.interval.map(|interval| interval.ends_at)));
    let mut busy_until = whole.starts_at;
    for entry in entries.iter_mut().filter(|entry| entry.busy && !entry.all_day) {
        let Some(interval) = entry.interval else { continue };
        entry.overlap_minutes = (busy_until.min(interval.ends_at) - interval.starts_at).num_minutes().max(0);
        busy_until = busy_until.max(interval.ends_at);
    }
    let mut pieces: Vec<(bool, DateTime<Utc>, Piece)> =
        entries.into_iter().map(|entry| (!entry.all_day, entry.starts_at.max(whole.starts_at), Piece::Entry(entry))).collect();
    for stretch in &capacity.stretches {
        let interval = stretch.interval;
        match stretch.kind {
            Kind::Open => pieces.push((true, interval.starts_at, Piece::Open(interval))),
            Kind::Unknown => {
                let sources = unknowns
                    .iter()
                    .filter(|unknown| unknown.interval.within(interval).is_some())
                    .map(|unknown| (unknown.source.clone(), unknown.last_read_at))
                    .collect();
                pieces.push((true, interval.starts_at, Piece::Unknown { interval, sources }));
            }
            Kind::Busy => {}
        }
    }
    if (whole.starts_at..whole.ends_at).contains(&now) {
        pieces.push((true, now, Piece::Now(now)));
    }
    pieces.sort_by_key(|(timed, at, _)| (*timed, *at));
    pieces.into_iter().map(|(_, _, piece)| piece).collect()
}

fn whole_day(date: NaiveDate, zone: Tz) -> Interval {
    let starts_at = civil_instant(date, NaiveTime::MIN, zone);
    let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
    Interval { starts_at, ends_at: civil_instant(next, NaiveTime::MIN, zone) }
}

#[cfg(feature = "testing")]
impl Day {
    /// A day of UTC on which somebody works from 9 to 5, with events from one minute to another.
    pub fn sample(spans: &[(i64, i64)]) -> Self {
        let whole = whole_day(NaiveDate::default(), Tz::UTC);
        let at = |minute: i64| whole.starts_at + chrono::TimeDelta::minutes(minute);
        let entry = |(from, to): &(i64, i64)| Entry {
            interval: Interval::new(at(*from), at(*to)),
            starts_at: at(*from),
            all_day: false,
            title: Some("An event with a long name".to_owned()),
            source: "Work".to_owned(),
            busy: true,
            tentative: false,
            overlap_minutes: 0,
        };
        let working: Vec<Interval> = Interval::new(at(540), at(1_020)).into_iter().collect();
        Self {
            date: NaiveDate::default(),
            zone: Tz::UTC,
            now: whole.starts_at,
            whole,
            capacity: capacity::compute(&working, &[], &[], Rules::CURRENT),
            agenda: spans.iter().map(|span| Piece::Entry(entry(span))).collect(),
            lanes: Vec::new(),
            sources: 1,
            newest_read_at: None,
            anything_known: true,
            key_missing: false,
        }
    }
}

impl Day {
    /// Whether it is Saturday or Sunday, or any other day off of this person.
    pub fn is_off(&self) -> bool {
        self.capacity.working.is_empty()
    }

    /// When clocks show this many minutes after midnight on this day; more than a day is its end.
    pub fn clock(&self, minutes: i64) -> DateTime<Utc> {
        match u32::try_from(minutes) {
            Ok(minutes @ 0..1_440) => {
                let time = NaiveTime::from_num_seconds_from_midnight_opt(minutes * 60, 0).unwrap_or_default();
                civil_instant(self.date, time, self.zone)
            }
            _ => self.whole.ends_at,
        }
    }

    /// 1 for Monday to 7 for Sunday.
    pub fn weekday_number(&self) -> u32 {
        self.date.weekday().number_from_monday()
    }
}
