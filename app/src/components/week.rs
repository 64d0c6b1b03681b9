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
            for working in &day.capacity.working {
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
    let wash = day
        .capacity
        .working
        .iter()
        .map(|working| {
            let (from, to) = (hours.y(minutes(day, working.starts_at)), hours.y(minutes(day, working.ends_at)));
            view! { <rect class="wash" y=from.to_string() width="100%" height=(to - from).to_string()></rect> }
        })
        .collect_view();
    let stretches = day
        .capacity
        .stretches
        .iter()
        .map(|stretch| {
            let (from, to) = (hours.y(minutes(day, stretch.interval.starts_at)), hours.y(minutes(day, stretch.interval.ends_at)));
            // Busy also where no event is drawn, because one takes the whole day.
            let (class, fill) = if stretch.kind == Kind::Busy { ("ev", None) } else { paint(stretch.kind) };
            let width = if stretch.kind == Kind::Open { "5" } else { "100%" };
            let said = (stretch.kind == Kind::Unknown && to - from > 20)
                .then(|| view! { <text class="t-text on-fog" x="12" y=(from + 18).to_string()>"Unknown"</text> });
            view! { <rect class=class fill=fill y=from.to_string() width=width height=(to - from).to_string()></rect> {said} }
        })
        .collect_view();
    let placed = place(day, hours).into_iter().filter_map(|placed| event(day, placed)).collect_view();
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

/// Height of one line of text in an event: no event is drawn lower.
const LINE: i64 = 18;

/// Where an event is drawn: from which height to which, in which part of the column, of how many.
struct Placed {
    entry: Entry,
    from: i64,
    to: i64,
    part: usize,
    parts: usize,
}

/// Timed events, each where it covers no other: those that overlap as they are drawn, short ones too, stand side by side.
fn place(day: &Day, hours: Hours) -> Vec<Placed> {
    let timed = entries(day).filter(|entry| !entry.all_day).filter_map(|entry| Some((entry, entry.interval?)));
    let mut placed: Vec<Placed> = timed
        .map(|(entry, interval)| {
            let (from, to) = (hours.y(minutes(day, interval.starts_at)), hours.y(minutes(day, interval.ends_at)));
            Placed { entry: entry.clone(), from, to: to.max(from + LINE), part: 0, parts: 1 }
        })
        .collect();
    placed.sort_by_key(|one| (one.from, std::cmp::Reverse(one.to)));
    // Ends of the parts of the cluster at hand, and where in `placed` it begins.
    let (mut ends, mut first): (Vec<i64>, usize) = (Vec::new(), 0);
    for index in 0..placed.len() {
        let (from, to) = (placed[index].from, placed[index].to);
        if ends.iter().all(|end| *end <= from) {
            placed[first..index].iter_mut().for_each(|one| one.parts = ends.len());
            first = index;
            ends.clear();
        }
        let part = ends.iter().position(|end| *end <= from).unwrap_or(ends.len());
        if part == ends.len() {
            ends.push(to);
        } else {
            ends[part] = to;
        }
        placed[index].part = part;
    }
    placed[first..].iter_mut().for_each(|one| one.parts = ends.len());
    placed
}

fn event(day: &Day, Placed { entry, from, to, part, parts }: Placed) -> Option<impl IntoView + use<>> {
    let interval = entry.interval?;
    let height = (to - from - 1).to_string();
    let (inner, words, frame) = (height.clone(), height.clone(), height.clone());
    let title = entry.title.clone().unwrap_or_else(|| "Busy".to_owned());
    let clock = format::clock(interval.starts_at, day.zone);
    // What is read aloud begins with what is seen (WCAG 2.2, 2.5.3).
    let second = (to - from >= 2 * LINE).then(|| format!("{clock} {}", entry.source));
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
    let edge = (entry.busy && !entry.tentative).then(|| view! { <rect class="ev-edge" width="5" height=height.clone()></rect> });
    let second = second.map(|text| view! { " " <span class="ev-when">{text}</span> });
    let hundredths = 10_000 / parts.max(1);
    let percent = |hundredths: usize| format!("{}.{:02}%", hundredths / 100, hundredths % 100);
    let (x, width) = (percent(part * hundredths), percent(hundredths.saturating_sub(60)));
    let href = format!("/app/calendar?view=day&date={}", day.date);
    Some(view! {
        <a href=href aria-label=said>
            <svg x=x y=from.to_string() width=width height=height overflow="visible">
                <rect class=class width="100%" height=inner></rect>
                {edge}
                <foreignObject width="100%" height=words>
                    <div class="ev-words"><span class="ev-title">{title}</span> {second}</div>
                </foreignObject>
                <rect class="ev-frame" width="100%" height=frame></rect>
            </svg>
        </a>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_events_of_a_day_are_drawn_over_each_other() {
        // Ten minutes apart, shorter than a line of text is high.
        let spans = [(540, 550), (550, 560), (560, 620), (570, 575), (700, 710)];
        let day = Day::sample(&spans);
        let placed = place(&day, Hours { from: 480, to: 1_200 });
        assert_eq!(placed.len(), spans.len());
        for (index, one) in placed.iter().enumerate() {
            assert!(one.to - one.from >= LINE && one.part < one.parts);
            for other in &placed[index + 1..] {
                let apart = one.to <= other.from || other.to <= one.from || one.part != other.part;
                assert!(apart, "{}..{} in part {} and {}..{} in part {}", one.from, one.to, one.part, other.from, other.to, other.part);
            }
        }
        assert_eq!(placed.last().map(|one| one.parts), Some(1), "what stands alone has the whole column");
    }
}
