//! How a connection was: a ribbon of thirty days, and the same in words.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::calendar::HealthChange;
use leptos::prelude::*;
use types::ConnectionStatus;

use crate::format::{self, length};
use crate::words;

/// What the ribbon reaches back.
pub const DAYS: i64 = 30;

/// One stretch in which nothing changed.
struct Stretch {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    change: HealthChange,
}

fn stretches(changes: &[HealthChange], from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Stretch> {
    let ends = changes.iter().skip(1).map(|change| change.at).chain([now]);
    changes
        .iter()
        .zip(ends)
        .map(|(change, to)| Stretch { from: change.at.max(from), to, change: *change })
        .filter(|stretch| stretch.to > stretch.from)
        .collect()
}

const fn class(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Active => "h-good",
        ConnectionStatus::Degraded => "h-warn",
        ConnectionStatus::NeedsReconsent | ConnectionStatus::Failing => "h-bad",
    }
}

fn said(change: HealthChange) -> &'static str {
    change.reason.map_or("Healthy.", |reason| words::health(reason).0)
}

/// The ribbon and the table of changes, newest first.
#[component]
pub fn HealthChart(
    /// Oldest first.
    changes: Vec<HealthChange>,
    /// The present moment.
    now: DateTime<Utc>,
    /// The person's zone.
    zone: Tz,
) -> impl IntoView {
    let from = now - TimeDelta::days(DAYS);
    let stretches = stretches(&changes, from, now);
    if stretches.is_empty() {
        return view! { <div class="empty"><p>"Nothing yet. From the first read on, every change is kept here for 180 days."</p></div> }
            .into_any();
    }
    let healthy: i64 = stretches
        .iter()
        .filter(|stretch| stretch.change.status == ConnectionStatus::Active)
        .map(|stretch| (stretch.to - stretch.from).num_minutes())
        .sum();
    let known: i64 = stretches.iter().map(|stretch| (stretch.to - stretch.from).num_minutes()).sum();
    let percent = if known > 0 { healthy * 100 / known } else { 100 };
    let label = format!("Healthy {percent} % of the last {DAYS} days, as far as they are known");
    let rects = stretches
        .iter()
        .map(|stretch| {
            let share = |length: TimeDelta| {
                let thousandths = length.num_seconds() * 100_000 / (DAYS * 86_400);
                format!("{}.{:03}%", thousandths / 1_000, thousandths % 1_000)
            };
            let (x, width) = (share(stretch.from - from), share(stretch.to - stretch.from));
            view! { <rect class=class(stretch.change.status) x=x y="0" width=width height="20"></rect> }
        })
        .collect_view();
    let rows = stretches
        .iter()
        .rev()
        .take(20)
        .map(|stretch| {
            let began = stretch.from.with_timezone(&zone).format("%-d %b %H:%M").to_string();
            let lasted = length((stretch.to - stretch.from).num_minutes());
            let tone = match stretch.change.status {
                ConnectionStatus::Active => "state is-good",
                _ => "state is-warn",
            };
            view! {
                <tr>
                    <td data-label="From"><time datetime=format::machine(stretch.from)>{began}</time></td>
                    <td data-label="How"><span class=tone>{said(stretch.change)}</span></td>
                    <td class="amount" data-label="For"><span>{lasted}</span></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="health-strip">
            <svg height="20" role="img" aria-label=label.clone()><rect class="t-off" width="100%" height="20" rx="2"></rect>{rects}</svg>
            <p class="small quiet">{format!("{label}. From {} to now.", from.with_timezone(&zone).format("%-d %B"))}</p>
        </div>
        <table class="table folds mt-2">
            <caption class="visually-hidden">"Changes, newest first"</caption>
            <thead><tr><th scope="col">"From"</th><th scope="col">"How"</th><th scope="col" class="amount">"For"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
