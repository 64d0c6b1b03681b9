//! The day as a list: the text twin of the strip. Openings and unknown stretches are rows of their own.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::calendar::{Day, Entry, Interval, Piece};
use leptos::prelude::*;

use crate::format;

/// The rows of a day.
#[component]
pub fn Agenda(
    /// The day.
    day: Day,
) -> impl IntoView {
    let (zone, now) = (day.zone, day.now);
    let rows = day
        .agenda
        .into_iter()
        .map(|piece| match piece {
            Piece::Entry(entry) => entry_row(entry, zone, now).into_any(),
            Piece::Open(interval) => open_row(interval, zone, now).into_any(),
            Piece::Unknown { interval, sources } => unknown_row(interval, &sources, zone, now).into_any(),
            Piece::Now(at) => view! { <li class="now"><span>"now " {format::clock(at, zone)}</span></li> }.into_any(),
        })
        .collect_view();
    view! { <ol class="agenda">{rows}</ol> }
}

/// Why a day has no row: nothing is in it, or nothing is known about it.
pub fn empty_day(day: &Day) -> &'static str {
    if day.lanes.iter().any(|lane| !lane.unknown.is_empty()) || day.sources == 0 {
        "Nothing is known about this day."
    } else {
        "Nothing in your calendars."
    }
}

fn times(from: DateTime<Utc>, to: Option<DateTime<Utc>>, zone: Tz) -> impl IntoView {
    let until = to.map(|to| view! { <span class="dash">" – "</span><span class="until">{format::until(from, to, zone)}</span> });
    view! { <time datetime=format::machine(from)>{format::clock(from, zone)} {until}</time> }
}

fn entry_row(entry: Entry, zone: Tz, now: DateTime<Utc>) -> impl IntoView {
    let past = entry.interval.is_some_and(|interval| interval.ends_at <= now);
    let mut class = String::new();
    for (on, name) in [(!entry.busy, "free "), (entry.tentative && entry.busy, "tentative "), (past, "past")] {
        if on {
            class.push_str(name);
        }
    }
    let mut notes = Vec::new();
    if !entry.busy {
        notes.push("Marked free or declined, so it does not block".to_owned());
    }
    if entry.tentative {
        notes.push("Tentative; counts as busy".to_owned());
    }
    if entry.overlap_minutes > 0 {
        notes.push(format!("Overlaps the one before by {}", format::length(entry.overlap_minutes)));
    }
    let when = if entry.all_day {
        view! { <time>"All day"</time> }.into_any()
    } else {
        times(entry.starts_at, entry.interval.map(|interval| interval.ends_at), zone).into_any()
    };
    let title = entry.title.unwrap_or_else(|| "Busy".to_owned());
    view! {
        <li class=class>
            {when}
            <span class="what">{title} {(!notes.is_empty()).then(|| view! { " " <small>{notes.join(". ")}</small> })}</span>
            <span class="from">{entry.source}</span>
        </li>
    }
}

fn open_row(interval: Interval, zone: Tz, now: DateTime<Utc>) -> impl IntoView {
    let past = interval.ends_at <= now;
    let text = if past { "Open, not used".to_owned() } else { format!("Open, {}", format::length(interval.minutes())) };
    view! {
        <li class=if past { "open past" } else { "open" }>
            {times(interval.starts_at, Some(interval.ends_at), zone)}
            <span class="what">{text}</span>
            <span class="from"></span>
        </li>
    }
}

fn unknown_row(interval: Interval, sources: &[(String, Option<DateTime<Utc>>)], zone: Tz, now: DateTime<Utc>) -> impl IntoView {
    let told: Vec<String> = sources
        .iter()
        .map(|(name, read)| match read {
            Some(at) => format!("{name} was last read {}", format::ago(*at, now, zone)),
            None => format!("{name} has not been read yet"),
        })
        .collect();
    let names: Vec<String> = sources.iter().map(|(name, _)| name.clone()).collect();
    view! {
        <li class="unknown">
            {times(interval.starts_at, Some(interval.ends_at), zone)}
            <span class="what">"Unknown " <small>{told.join(". ")}</small></span>
            <span class="from">{names.join(", ")}</span>
        </li>
    }
}
