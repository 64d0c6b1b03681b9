//! The expansion against a naive oracle: every day is asked whether the rule names it, nothing is jumped over.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::{Steps, read};
use crate::calendar::{Change, Span, Window};
use crate::zone::civil_instant;

const DAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

#[derive(Debug, Clone)]
enum Rule {
    Daily { interval: u32 },
    Weekly { interval: u32, weekdays: Vec<usize> },
    MonthlyOnDay { interval: u32, day: i8 },
    MonthlyOnNth { interval: u32, nth: i8, weekday: usize },
    Yearly { interval: u32, month: u32, day: u32 },
}

#[derive(Debug, Clone)]
enum End {
    Never,
    Count(usize),
    Until(u32),
}

#[derive(Debug, Clone)]
struct Series {
    zone: Tz,
    start: NaiveDateTime,
    minutes: i64,
    rule: Rule,
    end: End,
    excluded: Vec<usize>,
    moved: Option<(usize, i64)>,
}

impl Rule {
    fn text(&self) -> String {
        let names = |days: &[usize]| days.iter().map(|day| DAYS[*day].0).collect::<Vec<_>>().join(",");
        match self {
            Self::Daily { interval } => format!("FREQ=DAILY;INTERVAL={interval}"),
            Self::Weekly { interval, weekdays } => format!("FREQ=WEEKLY;INTERVAL={interval};WKST=MO;BYDAY={}", names(weekdays)),
            Self::MonthlyOnDay { interval, day } => format!("FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day}"),
            Self::MonthlyOnNth { interval, nth, weekday } => format!("FREQ=MONTHLY;INTERVAL={interval};BYDAY={nth}{}", DAYS[*weekday].0),
            Self::Yearly { interval, month, day } => format!("FREQ=YEARLY;INTERVAL={interval};BYMONTH={month};BYMONTHDAY={day}"),
        }
    }

    /// Whether the rule names this day, by its definition alone.
    fn names(&self, start: NaiveDate, day: NaiveDate) -> bool {
        let months = |day: NaiveDate| day.year() * 12 + i32::try_from(day.month0()).unwrap();
        let month_fits = |interval: u32| (months(day) - months(start)).rem_euclid(i32::try_from(interval).unwrap()) == 0;
        let month_length = || {
            let next = if day.month() == 12 {
                NaiveDate::from_ymd_opt(day.year() + 1, 1, 1)
            } else {
                NaiveDate::from_ymd_opt(day.year(), day.month() + 1, 1)
            };
            i64::from(next.unwrap().pred_opt().unwrap().day())
        };
        match self {
            Self::Daily { interval } => (day - start).num_days() % i64::from(*interval) == 0,
            Self::Weekly { interval, weekdays } => {
                let monday = |day: NaiveDate| day - TimeDelta::days(day.weekday().num_days_from_monday().into());
                (monday(day) - monday(start)).num_weeks() % i64::from(*interval) == 0
                    && weekdays.iter().any(|weekday| DAYS[*weekday].1 == day.weekday())
            }
            Self::MonthlyOnDay { interval, day: wanted } => {
                let wanted = i64::from(*wanted);
                month_fits(*interval) && i64::from(day.day()) == if wanted > 0 { wanted } else { month_length() + 1 + wanted }
            }
            Self::MonthlyOnNth { interval, nth, weekday } => {
                let from_front = (i64::from(day.day()) - 1) / 7 + 1;
                let from_back = -((month_length() - i64::from(day.day())) / 7 + 1);
                month_fits(*interval)
                    && day.weekday() == DAYS[*weekday].1
                    && (i64::from(*nth) == from_front || i64::from(*nth) == from_back)
            }
            Self::Yearly { interval, month, day: wanted } => {
                (day.year() - start.year()) % i32::try_from(*interval).unwrap() == 0 && day.month() == *month && day.day() == *wanted
            }
        }
    }
}

impl Series {
    /// Every start on the series' own clock up to `last`, without exclusions.
    fn starts(&self, last: NaiveDate) -> Vec<NaiveDateTime> {
        let first = self.start.date();
        let mut starts = vec![self.start];
        let mut counted = usize::from(self.rule.names(first, first));
        for day in first.iter_days().skip(1).take_while(|day| *day <= last) {
            if !self.rule.names(first, day) {
                continue;
            }
            let over = match self.end {
                End::Never => false,
                End::Count(count) => counted >= count,
                End::Until(days) => day > first + Days::new(days.into()),
            };
            if over {
                break;
            }
            counted += 1;
            starts.push(day.and_time(self.start.time()));
        }
        starts
    }

    fn file(&self, starts: &[NaiveDateTime]) -> String {
        let written = |at: NaiveDateTime| at.format("%Y%m%dT%H%M%S").to_string();
        let zone = self.zone.name();
        let end = civil_instant(self.start, self.zone) + TimeDelta::minutes(self.minutes);
        let mut rule = self.rule.text();
        match self.end {
            End::Never => {}
            End::Count(count) => rule = format!("{rule};COUNT={count}"),
            End::Until(days) => rule = format!("{rule};UNTIL={}", (self.start.date() + Days::new(days.into())).format("%Y%m%d")),
        }
        let mut lines = vec![
            "BEGIN:VCALENDAR".to_owned(),
            "BEGIN:VEVENT".to_owned(),
            "UID:a".to_owned(),
            format!("DTSTART;TZID={zone}:{}", written(self.start)),
            format!("DTEND:{}", end.format("%Y%m%dT%H%M%SZ")),
            format!("RRULE:{rule}"),
        ];
        for index in &self.excluded {
            if let Some(start) = starts.get(*index) {
                lines.push(format!("EXDATE;TZID={zone}:{}", written(*start)));
            }
        }
        lines.push("END:VEVENT".to_owned());
        if let Some((start, by)) = self.moved_start(starts) {
            let to = start + TimeDelta::minutes(by);
            lines.extend([
                "BEGIN:VEVENT".to_owned(),
                "UID:a".to_owned(),
                format!("RECURRENCE-ID;TZID={zone}:{}", written(start)),
                format!("DTSTART;TZID={zone}:{}", written(to)),
                "DURATION:PT7M".to_owned(),
                "END:VEVENT".to_owned(),
            ]);
        }
        lines.push("END:VCALENDAR".to_owned());
        lines.join("\r\n") + "\r\n"
    }

    fn moved_start(&self, starts: &[NaiveDateTime]) -> Option<(NaiveDateTime, i64)> {
        let (index, by) = self.moved?;
        Some((*starts.get(index)?, by))
    }

    fn expected(&self, window: Window) -> Vec<(i64, i64)> {
        let starts = self.starts((window.ends_at + TimeDelta::days(2)).date_naive());
        let length = TimeDelta::minutes(self.minutes);
        let moved = self.moved_start(&starts);
        let gone: Vec<NaiveDateTime> = self.excluded.iter().filter_map(|index| starts.get(*index)).copied().collect();
        let mut spans: Vec<_> = starts
            .iter()
            .filter(|start| !gone.contains(start) && moved.is_none_or(|(moved, _)| moved != **start))
            .map(|start| civil_instant(*start, self.zone))
            .map(|at| (at, at + length))
            .collect();
        if let Some((start, by)) = moved {
            let at = civil_instant(start + TimeDelta::minutes(by), self.zone);
            spans.push((at, at + TimeDelta::minutes(7)));
        }
        let mut spans: Vec<(i64, i64)> = spans
            .into_iter()
            .filter(|(from, to)| *from < window.ends_at && (*to > window.starts_at || *from >= window.starts_at))
            .map(|(from, to)| (from.timestamp(), to.timestamp()))
            .collect();
        spans.sort_unstable();
        spans
    }
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (1..15_u32).prop_map(|interval| Rule::Daily { interval }),
        (1..5_u32, proptest::sample::subsequence((0..7_usize).collect::<Vec<_>>(), 1..7))
            .prop_map(|(interval, weekdays)| Rule::Weekly { interval, weekdays }),
        (1..5_u32, prop_oneof![1..=31_i8, -31..=-1_i8]).prop_map(|(interval, day)| Rule::MonthlyOnDay { interval, day }),
        (1..5_u32, prop_oneof![1..=5_i8, -5..=-1_i8], 0..7_usize).prop_map(|(interval, nth, weekday)| Rule::MonthlyOnNth {
            interval,
            nth,
            weekday
        }),
        (1..4_u32, 1..=12_u32, 1..=31_u32).prop_map(|(interval, month, day)| Rule::Yearly { interval, month, day }),
    ]
}

fn series() -> impl Strategy<Value = Series> {
    let end = prop_oneof![Just(End::Never), (1..60_usize).prop_map(End::Count), (0..900_u32).prop_map(End::Until)];
    (
        proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        (0..1_500_u64, 0..1_440_u32),
        1..2_000_i64,
        rule(),
        end,
        proptest::collection::vec(0..20_usize, 0..4),
        proptest::option::of((0..20_usize, -3_000..3_000_i64)),
    )
        .prop_map(|(zone, (day, minute), minutes, rule, end, excluded, moved)| {
            let day = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(day);
            let start = day.and_time(NaiveTime::MIN + TimeDelta::minutes(minute.into()));
            // What is both excluded and moved is told differently by different producers, and is left out.
            let excluded = excluded.into_iter().filter(|index| moved.is_none_or(|(moved, _)| moved != *index)).collect();
            Series { zone, start, minutes, rule, end, excluded, moved }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn the_expansion_equals_the_oracle_in_every_zone_and_window(series in series(), window_day in 0..1_400_i64, window_days in 1..120_i64) {
        let starts_at = "2024-01-01T00:00:00Z".parse::<chrono::DateTime<Utc>>().unwrap() + TimeDelta::days(window_day);
        let window = Window { starts_at, ends_at: starts_at + TimeDelta::days(window_days) };
        let expected = series.expected(window);
        let file = series.file(&series.starts((window.ends_at + TimeDelta::days(2)).date_naive()));
        let entries = read("/a", &file, series.zone, window, &[], &Steps::of_page());
        prop_assert!(entries.unreadable.is_empty(), "{file}");
        let mut got: Vec<(i64, i64)> = entries
            .changes
            .into_iter()
            .filter_map(|change| match change {
                Change::Upsert(event) => match event.span {
                    Span::Timed { starts_at, ends_at } => Some((starts_at.timestamp(), ends_at.timestamp())),
                    Span::AllDay { .. } => None,
                },
                Change::Remove { .. } | Change::RemoveResource { .. } => None,
            })
            .collect();
        got.sort_unstable();
        prop_assert_eq!(got, expected, "{}", file);
    }
}
