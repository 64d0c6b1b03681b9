//! A month as six weeks: each day with what is open and what is first in it.

use chrono::{Datelike, NaiveDate};
use domain::calendar::{Day, Interval, Piece};
use leptos::prelude::*;

use super::spine::paint;
use crate::format::{self, length, percent};
use crate::words;

/// Titles shown per day; the rest is counted.
const SHOWN: usize = 3;

/// The weeks, Monday first.
#[component]
pub fn MonthGrid(
    /// Whole weeks, in order.
    days: Vec<Day>,
    /// Any day of the month that is meant.
    month: NaiveDate,
) -> impl IntoView {
    let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        .map(|name| view! { <th scope="col"><abbr title=name>{&name[..3]}</abbr></th> });
    let rows = days
        .chunks(7)
        .map(|week| {
            let cells = week.iter().map(|day| cell(day, month)).collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    view! {
        <table class="month">
            <caption class="visually-hidden">{month.format("%B %Y").to_string()}</caption>
            <thead><tr>{weekdays}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn cell(day: &Day, month: NaiveDate) -> impl IntoView + use<> {
    let today = day.now.with_timezone(&day.zone).date_naive() == day.date;
    let entries: Vec<String> = day
        .agenda
        .iter()
        .filter_map(|piece| match piece {
            Piece::Entry(entry) if entry.all_day => Some(entry.title.clone().unwrap_or_else(|| "Busy".to_owned())),
            Piece::Entry(entry) => Some(format!(
                "{} {}",
                format::clock(entry.starts_at.max(day.whole.starts_at), day.zone),
                entry.title.as_deref().unwrap_or("Busy")
            )),
            _ => None,
        })
        .collect();
    let count = entries.len();
    let more = (count > SHOWN).then(|| view! { <li class="quiet">{format!("and {} more", count - SHOWN)}</li> });
    let shown = entries.into_iter().take(SHOWN).map(|text| view! { <li>{text}</li> }).collect_view();
    let is_unknown = day.lanes.iter().any(|lane| !lane.unknown.is_empty());
    let open = match (day.is_off(), day.capacity.unknown_minutes) {
        (true, _) if is_unknown => "day off, not wholly known".to_owned(),
        (true, _) => "day off".to_owned(),
        (false, 0) => format!("{} open", length(day.capacity.open_minutes)),
        (false, _) if day.capacity.open_minutes == 0 => "unknown".to_owned(),
        (false, unknown) => format!("{} open, {} unknown", length(day.capacity.open_minutes), length(unknown)),
    };
    let events = i64::try_from(count).unwrap_or_default();
    let label = format!(
        "{}: {open}, {}, {}",
        format::long_date(day.date),
        words::level(day.capacity.level),
        format::counted(events, "event", "events")
    );
    let span = day.capacity.working.first().zip(day.capacity.working.last());
    let ribbon = span.map(|(first, last)| {
        let working = Interval { starts_at: first.starts_at, ends_at: last.ends_at };
        let parts = day
            .capacity
            .stretches
            .iter()
            .map(|stretch| {
                let (class, fill) = paint(stretch.kind);
                let (x, width) = (
                    percent(stretch.interval.starts_at - working.starts_at, working.length()),
                    percent(stretch.interval.length(), working.length()),
                );
                view! { <rect class=class fill=fill x=x width=width height="6"></rect> }
            })
            .collect_view();
        view! { <svg class="month-ribbon" height="6" aria-hidden="true">{parts}</svg> }
    });
    let class = match (day.date.month() == month.month(), today) {
        (_, true) => "today",
        (true, false) => "",
        (false, false) => "other",
    };
    view! {
        <td class=class aria-current=today.then_some("date")>
            <a href=format!("/app/calendar?view=day&date={}", day.date) aria-label=label>{day.date.day()}</a>
            {ribbon}
            <ul class="month-list">{shown} {more}</ul>
        </td>
    }
}
