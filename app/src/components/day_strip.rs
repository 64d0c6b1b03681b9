//! The day as a ribbon: one merged lane, and one for each calendar.

use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar::{Day, Interval, Kind, Lane};
use leptos::prelude::*;

use super::spine::{paint, sentence};
use crate::format::{self, percent};

/// The hours shown: from 08:00 to 20:00, wider where something lies outside.
fn range(day: &Day) -> Interval {
    let hour = |hours: i64| day.clock(hours * 60);
    let (mut from, mut to) = (hour(8), hour(20));
    if let (Some(first), Some(last)) = (day.capacity.working.first(), day.capacity.working.last()) {
        from = from.min(first.starts_at - TimeDelta::hours(1)).max(day.whole.starts_at);
        to = to.max(last.ends_at + TimeDelta::hours(1)).min(day.whole.ends_at);
    }
    Interval { starts_at: from, ends_at: to }
}

fn place(range: Interval, interval: Interval) -> Option<(String, String)> {
    let part = interval.within(range)?;
    Some((percent(part.starts_at - range.starts_at, range.length()), percent(part.length(), range.length())))
}

fn at(range: Interval, moment: DateTime<Utc>) -> Option<String> {
    (range.starts_at..range.ends_at).contains(&moment).then(|| percent(moment - range.starts_at, range.length()))
}

/// The strip with its hours, the present moment, and a lane per calendar.
#[component]
pub fn DayStrip(
    /// The day.
    day: Day,
) -> impl IntoView {
    let range = range(&day);
    let zone = day.zone;
    let label = format!("Your day, {}", format::span(range.starts_at, range.ends_at, zone));
    let stretches = day
        .capacity
        .stretches
        .iter()
        .filter_map(|stretch| {
            let (x, width) = place(range, stretch.interval)?;
            let (class, fill) = paint(stretch.kind);
            Some(view! { <rect class=class fill=fill x=x y="16" width=width height="52"></rect> })
        })
        .collect_view();
    let outside = outside_working_hours(&day, range);
    let words = day
        .capacity
        .stretches
        .iter()
        .filter(|stretch| stretch.kind != Kind::Busy && stretch.interval.minutes() >= 75)
        .filter_map(|stretch| {
            let (x, width) = place(range, stretch.interval)?;
            let over = stretch.interval.ends_at <= day.now;
            let (class, text) = match stretch.kind {
                Kind::Open if over => ("t-text on-past", format!("open {}", format::length(stretch.interval.minutes()))),
                Kind::Open => ("t-text on-open", format!("open {}", format::length(stretch.interval.minutes()))),
                _ => ("t-text on-fog", "unknown".to_owned()),
            };
            Some(view! { <svg class="strip-wide" x=x y="16" width=width height="52"><text class=class x="8" y="30">{text}</text></svg> })
        })
        .collect_view();
    let hours = hours(range, zone);
    let now = at(range, day.now);
    let past = Interval::new(range.starts_at, day.now).and_then(|past| place(range, past)).map(|(_, width)| width);
    let clock = format::clock(day.now, zone);
    let lanes = day.lanes.clone().into_iter().map(|lane| lane_view(lane, range, past.clone(), now.clone())).collect_view();
    view! {
        <div class="strip strip-lanes" role="group" aria-label=label>
            <span class="strip-name"><strong>"You"</strong></span>
            <svg height="88" role="img" aria-label=sentence(&day)>
                <rect class="t-off" y="16" width="100%" height="52" rx="2"></rect>
                {stretches}
                {outside}
                {past.map(|width| view! { <rect class="t-past" y="16" width=width height="52"></rect> })}
                {now.clone().map(|x| view! { <rect class="t-now" x=x y="13" width="2" height="58"></rect> })}
                {words}
                <g class="t-text">{hours}</g>
                {now.map(|x| view! { <text class="t-text now" x=x y="10" text-anchor="middle">{clock}</text> })}
            </svg>
            {lanes}
        </div>
        <p class="key mt-2">
            <span><span class="swatch open"></span>"open"</span>
            " "
            <span><span class="swatch"></span>"busy"</span>
            " "
            <span><span class="swatch unknown"></span>"unknown: not free, not sold"</span>
            " "
            <span><span class="swatch off"></span>"outside working hours"</span>
        </p>
    }
    .into_any()
}

/// Busy time outside the working hours, drawn but counted nowhere.
fn outside_working_hours(day: &Day, range: Interval) -> impl IntoView + use<> {
    let busy = day.lanes.iter().flat_map(|lane| lane.busy.iter().map(|(interval, _)| *interval));
    let outside: Vec<Interval> = busy.flat_map(|interval| interval.without(&day.capacity.working)).collect();
    outside
        .into_iter()
        .filter_map(|interval| place(range, interval))
        .map(|(x, width)| view! { <rect class="t-busy" x=x y="16" width=width height="52"></rect> })
        .collect_view()
}

fn hours(range: Interval, zone: chrono_tz::Tz) -> impl IntoView {
    let count = range.length().num_hours();
    (0..=count)
        .map(|step| {
            let moment = range.starts_at + TimeDelta::hours(step);
            let x = percent(moment - range.starts_at, range.length());
            let anchor = if step == 0 {
                "start"
            } else if step == count {
                "end"
            } else {
                "middle"
            };
            // On a narrow screen every other hour is enough.
            let class = (step % 2 == 1).then_some("strip-wide");
            let text = if step == count
                && range.length() >= TimeDelta::hours(12)
                && moment.with_timezone(&zone).time() == chrono::NaiveTime::MIN
            {
                "24".to_owned()
            } else {
                moment.with_timezone(&zone).format("%H").to_string()
            };
            view! { <text class=class x=x y="84" text-anchor=anchor>{text}</text> }
        })
        .collect_view()
}

fn lane_view(lane: Lane, range: Interval, past: Option<String>, now: Option<String>) -> impl IntoView {
    let events = format::counted(i64::try_from(lane.busy.len()).unwrap_or_default(), "event", "events");
    let unknown = if lane.unknown.is_empty() { String::new() } else { ", partly unknown".to_owned() };
    let label = format!("{}: {events}{unknown}", lane.name);
    let busy = lane
        .busy
        .iter()
        .filter_map(|(interval, tentative)| {
            let (x, width) = place(range, *interval)?;
            Some(if *tentative {
                view! { <rect class="t-soft" x=x y="1" width=width height="10"></rect> }.into_any()
            } else {
                view! { <rect class="t-busy" x=x y="0" width=width height="12"></rect> }.into_any()
            })
        })
        .collect_view();
    let fog = lane
        .unknown
        .iter()
        .filter_map(|interval| place(range, *interval))
        .map(|(x, width)| view! { <rect fill="url(#fog)" x=x y="0" width=width height="12"></rect> })
        .collect_view();
    view! {
        <span class="strip-name">{lane.name}</span>
        <svg height="12" role="img" aria-label=label>
            <rect class="t-off" y="0" width="100%" height="12" rx="2"></rect>
            {fog}
            {busy}
            {past.map(|width| view! { <rect class="t-past" y="0" width=width height="12"></rect> })}
            {now.map(|x| view! { <rect class="t-now" x=x y="0" width="2" height="12"></rect> })}
        </svg>
    }
    .into_any()
}
