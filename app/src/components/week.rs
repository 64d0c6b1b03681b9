//! Seven days side by side, each a column of hours. Below 52 rem the same days are lists.

use chrono::{DateTime, Timelike, Utc};
use domain::calendar::{Day, Entry, Kind, Piece};
use leptos::prelude::*;

use super::spine::paint;
use crate::format::{self, length};

/// Where the hours begin, under the names of the days.
const TOP: i64 = 60;
/// Height of the hours.
const HEIGHT: i64 = 660;

/// The hours shown, in minutes after midnight.
#[derive(Clone, Copy)]
struct Hours {
    from: i64,
    to: i64,
}

impl Hours {
    /// From 08:00 to 20:00, wider where something lies outside.
    fn of(days: &[Day]) -> Self {
        let (mut from, mut to) = (480, 1_200);
        for day in days {
            for entry in entries(day).filter(|entry| !entry.all_day) {
                if let Some(interval) = entry.interval {
                    from = from.min(minutes(day, interval.starts_at));
                    to = to.max(minutes(day, interval.ends_at));
                }
            }
            if let Some(working) = day.capacity.working {
                from = from.min(minutes(day, working.starts_at));
                to = to.max(minutes(day, working.ends_at));
            }
        }
        Self { from: from.div_euclid(60) * 60, to: (to + 59).div_euclid(60) * 60 }
    }

    fn y(self, minutes: i64) -> i64 {
        TOP + (minutes.clamp(self.from, self.to) - self.from) * HEIGHT / (self.to - self.from)
    }
}

fn entries(day: &Day) -> impl Iterator<Item = &Entry> {
    day.agenda.iter().filter_map(|piece| if let Piece::Entry(entry) = piece { Some(entry) } else { None })
}

/// What clocks show, in minutes after this day's midnight: a day of 23 or 25 hours has the same column as any other.
fn minutes(day: &Day, at: DateTime<Utc>) -> i64 {
    if at <= day.whole.starts_at {
        return 0;
    }
    if at >= day.whole.ends_at {
        return 1_440;
    }
    let local = at.with_timezone(&day.zone);
    i64::from(local.hour()) * 60 + i64::from(local.minute())
}

/// The grid, for wide windows.
#[component]
pub fn WeekGrid(
    /// The days, in order.
    days: Vec<Day>,
    /// What the week is called.
    name: String,
) -> impl IntoView {
    let hours = Hours::of(&days);
    let scale = (hours.from / 60..hours.to / 60)
        .map(|hour| view! { <text y=(hours.y(hour * 60) + 4).to_string()>{format!("{hour:02}")}</text> })
        .collect_view();
    let columns = days.iter().enumerate().map(|(index, day)| column(day, index, hours)).collect_view();
    let height = (TOP + HEIGHT).to_string();
    let label = format!("{name}, {:02}:00 to {:02}:00", hours.from / 60, hours.to / 60);
    view! {
        <div class="week wide-only">
            <svg aria-hidden="true" height=height.clone()><g class="t-text">{scale}</g></svg>
            <svg height=height role="group" aria-label=label>{columns}</svg>
        </div>
    }
    .into_any()
}

fn column(day: &Day, index: usize, hours: Hours) -> impl IntoView + use<> {
    let today = day.now.with_timezone(&day.zone).date_naive() == day.date;
    let name = format::short_date(day.date);
    let open = if day.is_off() { "not working".to_owned() } else { format!("{} open", length(day.capacity.open_minutes)) };
    let whole_days: Vec<String> =
        entries(day).filter(|entry| entry.all_day).map(|entry| entry.title.clone().unwrap_or_else(|| "Busy".to_owned())).collect();
    let lines = (hours.from / 60 + 1..hours.to / 60)
        .map(|hour| {
            let y = hours.y(hour * 60).to_string();
            view! { <line class="t-grid" x1="5" x2="100%" y1=y.clone() y2=y></line> }
        })
        .collect_view();
    let wash = day.capacity.working.map(|working| {
        let (from, to) = (hours.y(minutes(day, working.starts_at)), hours.y(minutes(day, working.ends_at)));
        view! { <rect class="wash" y=from.to_string() width="100%" height=(to - from).to_string()></rect> }
    });
    let stretches = day
        .capacity
        .stretches
        .iter()
        .filter(|stretch| stretch.kind != Kind::Busy)
        .map(|stretch| {
            let (from, to) = (hours.y(minutes(day, stretch.interval.starts_at)), hours.y(minutes(day, stretch.interval.ends_at)));
            let (class, fill) = paint(stretch.kind);
            let width = if stretch.kind == Kind::Open { "5" } else { "100%" };
            let said = (stretch.kind == Kind::Unknown && to - from > 20)
                .then(|| view! { <text class="t-text on-fog" x="12" y=(from + 18).to_string()>"Unknown"</text> });
            view! { <rect class=class fill=fill y=from.to_string() width=width height=(to - from).to_string()></rect> {said} }
        })
        .collect_view();
    let placed = place(day).into_iter().map(|(entry, left, share)| event(day, entry, left, share, hours)).collect_view();
    let now = (today && (hours.from..hours.to).contains(&minutes(day, day.now)))
        .then(|| view! { <rect class="t-now" y=hours.y(minutes(day, day.now)).to_string() width="100%" height="2"></rect> });
    let class = if today { "day today" } else { "day" };
    let hundredths = index * 10_000 / 7;
    let x = format!("{}.{:02}%", hundredths / 100, hundredths % 100);
    view! {
        <svg x=x width="14.05%" height=(TOP + HEIGHT).to_string()>
            <text class=class x="6" y="14">{name}</text>
            <text class="t-text" x="6" y="31">{open}</text>
            <text class="t-text" x="6" y="48">{whole_days.join(", ")}</text>
            <rect class="t-off" y=TOP.to_string() width="100%" height=HEIGHT.to_string()></rect>
            {wash}
            {lines}
            {stretches}
            {placed}
            {now}
        </svg>
    }
}

/// Timed events with the part of the column each has: those that overlap stand side by side.
fn place(day: &Day) -> Vec<(Entry, usize, usize)> {
    let mut timed: Vec<Entry> = entries(day).filter(|entry| !entry.all_day && entry.interval.is_some()).cloned().collect();
    timed.sort_by_key(|entry| entry.interval.map(|interval| (interval.starts_at, std::cmp::Reverse(interval.ends_at))));
    let mut placed: Vec<(Entry, usize, usize)> = Vec::new();
    // Ends of the columns of the cluster at hand, and where in `placed` it begins.
    let (mut ends, mut first): (Vec<DateTime<Utc>>, usize) = (Vec::new(), 0);
    for entry in timed {
        let Some(interval) = entry.interval else { continue };
        if ends.iter().all(|end| *end <= interval.starts_at) {
            for one in &mut placed[first..] {
                one.2 = ends.len();
            }
            first = placed.len();
            ends.clear();
        }
        let column = ends.iter().position(|end| *end <= interval.starts_at).unwrap_or(ends.len());
        if column == ends.len() {
            ends.push(interval.ends_at);
        } else {
            ends[column] = interval.ends_at;
        }
        placed.push((entry, column, 1));
    }
    for one in &mut placed[first..] {
        one.2 = ends.len();
    }
    placed
}

fn event(day: &Day, entry: Entry, left: usize, share: usize, hours: Hours) -> Option<impl IntoView + use<>> {
    let interval = entry.interval?;
    let (from, to) = (hours.y(minutes(day, interval.starts_at)), hours.y(minutes(day, interval.ends_at)));
    let height = (to - from - 1).max(14);
    let title = entry.title.clone().unwrap_or_else(|| "Busy".to_owned());
    let clock = format::clock(interval.starts_at, day.zone);
    // What is read aloud begins with what is seen (WCAG 2.2, 2.5.3).
    let second = (height >= 38).then(|| format!("{clock} {}", entry.source));
    let seen = second.as_ref().map_or_else(|| title.clone(), |second| format!("{title} {second}"));
    let mut said = format!("{seen}, {}, {}", format::short_date(day.date), format::span(interval.starts_at, interval.ends_at, day.zone));
    if !entry.busy {
        said.push_str(", does not block");
    } else if entry.tentative {
        said.push_str(", tentative");
    }
    let class = match (entry.busy, entry.tentative) {
        (false, _) => "ev-free",
        (true, true) => "t-soft",
        (true, false) => "ev",
    };
    let edge = (entry.busy && !entry.tentative).then(|| view! { <rect class="ev-edge" width="5" height=height.to_string()></rect> });
    let second = second.map(|text| view! { " " <text class="ev-sub" x="12" y="33">{text}</text> });
    let (x, width) = (format!("{}%", left * 100 / share), format!("{}%", 100 / share));
    let href = format!("/app/calendar?view=day&date={}", day.date);
    Some(view! {
        <a href=href aria-label=said>
            <svg x=x y=from.to_string() width=width height=height.to_string()>
                <rect class=class width="100%" height="100%"></rect>
                {edge}
                <text class="ev-text" x="12" y="13">{title}</text>
                {second}
            </svg>
        </a>
    })
}
