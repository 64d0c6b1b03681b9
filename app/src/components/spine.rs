//! The spine: today as the border between menu and page.

use domain::calendar::{Day, Interval, Kind};
use leptos::prelude::*;

use crate::format;

/// Today from 06:00 to 22:00 of the day, upright and lying.
#[component]
pub fn Spine(
    /// Today.
    day: Day,
) -> impl IntoView {
    let range =
        Interval { starts_at: day.whole.starts_at + chrono::TimeDelta::hours(6), ends_at: day.whole.ends_at - chrono::TimeDelta::hours(2) };
    let parts: Vec<(Kind, String, String)> = day
        .capacity
        .stretches
        .iter()
        .filter_map(|stretch| {
            let part = stretch.interval.within(range)?;
            Some((
                stretch.kind,
                format::percent(part.starts_at - range.starts_at, range.length()),
                format::percent(part.length(), range.length()),
            ))
        })
        .collect();
    let now = Interval::new(range.starts_at, day.now)
        .and_then(|past| past.within(range))
        .map(|past| format::percent(past.length(), range.length()));
    let down =
        parts.iter().map(|(kind, from, length)| rect(*kind, ("0", from.clone()), ("100%".to_owned(), length.clone()))).collect_view();
    let across = parts.into_iter().map(|(kind, from, length)| rect_across(kind, from, length)).collect_view();
    view! {
        <aside class="spine" aria-label="Your day">
            <a href="/app" aria-label=sentence(&day)>
                <svg class="spine-down" aria-hidden="true">
                    {down}
                    {now.clone().map(|at| view! { <rect class="t-past" width="100%" height=at.clone()></rect><svg y=at overflow="visible"><path class="t-now" d="M0-1h16l6-5v12l-6-5H0z"></path></svg> })}
                </svg>
                <svg class="spine-across" aria-hidden="true">
                    {across}
                    {now.map(|at| view! { <rect class="t-past" width=at.clone() height="100%"></rect><rect class="t-now" x=at width="3" height="100%"></rect> })}
                </svg>
            </a>
        </aside>
    }
    .into_any()
}

/// The class or fill of a kind of time.
pub(super) const fn paint(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::Busy => ("t-busy", None),
        Kind::Open => ("t-open", None),
        Kind::Unknown => ("", Some("url(#fog)")),
    }
}

fn rect(kind: Kind, (x, y): (&'static str, String), (width, height): (String, String)) -> impl IntoView {
    let (class, fill) = paint(kind);
    view! { <rect class=class fill=fill x=x y=y width=width height=height></rect> }
}

fn rect_across(kind: Kind, x: String, width: String) -> impl IntoView {
    let (class, fill) = paint(kind);
    view! { <rect class=class fill=fill x=x width=width height="100%"></rect> }
}

/// Today in one sentence for those who do not see the ribbon.
pub(super) fn sentence(day: &Day) -> String {
    if day.is_off() {
        return "Today: a day off".to_owned();
    }
    let parts: Vec<String> = day
        .capacity
        .stretches
        .iter()
        .map(|stretch| {
            let word = match stretch.kind {
                Kind::Busy => "busy",
                Kind::Open => "open",
                Kind::Unknown => "unknown",
            };
            format!("{word} {}", format::span(stretch.interval.starts_at, stretch.interval.ends_at, day.zone))
        })
        .collect();
    format!("Today: {}", parts.join(", "))
}
