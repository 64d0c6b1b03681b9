//! Capacity: the meter, the receipt it opens into, and the week in strips.

use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar::{Capacity, Day, Interval, Kind, Line};
use leptos::prelude::*;

use super::Icon;
use super::spine::paint;
use crate::format::{self, length, percent};
use crate::words;

/// Three values always, unknown also when it is nought.
#[component]
pub fn CapacityMeter(
    /// The capacity.
    capacity: Capacity,
) -> impl IntoView {
    let whole = TimeDelta::minutes(capacity.working_minutes.max(1));
    let share = |minutes: i64| percent(TimeDelta::minutes(minutes), whole);
    let (busy, open, unknown) = (capacity.busy_minutes, capacity.open_minutes, capacity.unknown_minutes);
    let label =
        format!("Of {}: busy {}, open {}, unknown {}", length(capacity.working_minutes), length(busy), length(open), length(unknown));
    view! {
        <div class="meter">
            <svg height="20" role="img" aria-label=label>
                <rect class="t-off" width="100%" height="20" rx="2"></rect>
                <rect class="t-busy" width=share(busy) height="20" rx="2"></rect>
                <rect class="t-open" x=share(busy) width=share(open) height="20"></rect>
                <rect fill="url(#fog)" x=share(busy + open) width=share(unknown) height="20"></rect>
            </svg>
            <dl class="meter-values">
                <div><dt><span class="swatch"></span>"busy"</dt><dd>{length(busy)}</dd></div>
                <div><dt><span class="swatch open"></span>"open"</dt><dd>{length(open)}</dd></div>
                <div><dt><span class="swatch unknown"></span>"unknown"</dt><dd>{length(unknown)}</dd></div>
            </dl>
        </div>
    }
    .into_any()
}

/// How the numbers were made; the lines add up to what the meter shows.
#[component]
pub fn CapacityReceipt(
    /// The day.
    day: Day,
    /// Version of the time-zone data.
    zone_data: &'static str,
) -> impl IntoView {
    let (zone, now, capacity) = (day.zone, day.now, day.capacity);
    let working: Vec<String> = capacity.working.iter().map(|stretch| format::span(stretch.starts_at, stretch.ends_at, zone)).collect();
    let working = working.join(", ");
    let lines = |kind: Kind| capacity.lines.iter().filter(move |line| line.kind == kind).cloned().collect::<Vec<_>>();
    let (busy, unknown) = (lines(Kind::Busy), lines(Kind::Unknown));
    let ahead: i64 = capacity
        .stretches
        .iter()
        .filter(|stretch| stretch.kind == Kind::Open)
        .filter_map(|stretch| Interval::new(stretch.interval.starts_at.max(now), stretch.interval.ends_at))
        .map(Interval::minutes)
        .sum();
    let rules = capacity.rules;
    view! {
        <details class="receipt mt-4">
            <summary><Icon name="chevron" /> " How these numbers were made"</summary>
            <div class="slip">
                <table>
                    <caption class="visually-hidden">"Receipt for the day’s capacity"</caption>
                    <tbody>
                        <tr class="head"><th scope="row">"Working hours, " {working}</th><td>{length(capacity.working_minutes)}</td></tr>
                    </tbody>
                    <tbody>
                        <tr class="head"><th scope="row">"Busy"</th><td>"−" {length(capacity.busy_minutes)}</td></tr>
                        {busy.into_iter().map(|line| line_row(line, zone, now)).collect_view()}
                    </tbody>
                    <tbody>
                        <tr class="head"><th scope="row">"Unknown"</th><td>"−" {length(capacity.unknown_minutes)}</td></tr>
                        {unknown.into_iter().map(|line| line_row(line, zone, now)).collect_view()}
                    </tbody>
                    <tbody>
                        <tr class="sum"><th scope="row">"Open"</th><td>{length(capacity.open_minutes)}</td></tr>
                        <tr><th scope="row">"of which still ahead"</th><td>{length(ahead)}</td></tr>
                        <tr><th scope="row">"in openings of " {length(rules.shortest_opening_minutes)} " or more"</th><td>{length(capacity.usable_minutes)}</td></tr>
                        <tr><th scope="row">"Actions, " {length(rules.minutes_per_action)} " each"</th><td>{capacity.actions_per_day}</td></tr>
                    </tbody>
                </table>
                <p class="slip-foot">
                    "Made at " <time datetime=format::machine(now)>{now.with_timezone(&zone).format("%H:%M:%S").to_string()}</time>
                    {format!(" from rules version {} and time zone data {zone_data}.", rules.version)}
                </p>
            </div>
        </details>
    }
    .into_any()
}

fn line_row(line: Line, zone: chrono_tz::Tz, now: DateTime<Utc>) -> impl IntoView {
    let mut notes = vec![line.source.clone()];
    if line.tentative {
        notes.push("tentative counts".to_owned());
    }
    if line.already_counted_minutes > 0 {
        notes.push(format!("{} already counted", length(line.already_counted_minutes)));
    }
    if line.kind == Kind::Unknown {
        notes.push(line.last_read_at.map_or_else(|| "never read".to_owned(), |at| format!("last read {}", format::ago(at, now, zone))));
    }
    view! {
        <tr>
            <th scope="row">{format::span(line.interval.starts_at, line.interval.ends_at, zone)} " " {line.label} " " <small>{notes.join(", ")}</small></th>
            <td>{length(line.minutes)}</td>
        </tr>
    }
}

/// Seven days, a strip each.
#[component]
pub fn WeekCapacity(
    /// The days.
    days: Vec<Day>,
) -> impl IntoView {
    let rows = days.into_iter().map(day_row).collect_view();
    view! { <div class="strip strip-lanes days">{rows}</div> }
}

fn day_row(day: Day) -> impl IntoView {
    let hour = |hours: i64| day.clock(hours * 60);
    let range = Interval { starts_at: hour(8), ends_at: hour(20) };
    let parts = day
        .capacity
        .stretches
        .iter()
        .filter_map(|stretch| {
            let part = stretch.interval.within(range)?;
            let (class, fill) = paint(stretch.kind);
            let (x, width) = (percent(part.starts_at - range.starts_at, range.length()), percent(part.length(), range.length()));
            Some(view! { <rect class=class fill=fill x=x y="0" width=width height="16"></rect> })
        })
        .collect_view();
    let name = format::short_date(day.date);
    let said = if day.is_off() {
        "day off".to_owned()
    } else {
        format!("{} open, {}", length(day.capacity.open_minutes), format::counted(day.capacity.actions_per_day, "action", "actions"))
    };
    let unknown =
        if day.capacity.unknown_minutes > 0 { format!(", {} unknown", length(day.capacity.unknown_minutes)) } else { Default::default() };
    let open = if day.is_off() { "day off".to_owned() } else { format!("{} open", length(day.capacity.open_minutes)) };
    let label = format!("{name}: {said}{unknown}, {}", words::level(day.capacity.level));
    view! {
        <span class="strip-name"><strong>{name}</strong> " " <span class="quiet">{open}</span></span>
        <svg height="16" role="img" aria-label=label>
            <rect class="t-off" y="0" width="100%" height="16" rx="2"></rect>
            {parts}
        </svg>
    }
    .into_any()
}
