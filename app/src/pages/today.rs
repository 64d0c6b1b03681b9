//! Today: what is open, what needs you, the agenda, the week.

use domain::calendar::{Day, Interval, Kind, Titles, Wanted};
use leptos::prelude::*;
use types::ConnectionStatus;

use super::or_not_found;
use crate::components::{Agenda, AppFrame, CapacityMeter, CapacityReceipt, DayStrip, Frame, Icon, WeekCapacity, empty_day};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format::{self, length};
use crate::words;

/// Today and the six days after it.
pub fn today_wants(_asked: &Asked) -> Wanted {
    Wanted { days: DAYS, ..Wanted::FRAME }
}

const DAYS: u64 = 7;

/// `/app`
pub fn today(context: &PageContext) -> Document {
    let zone_data = context.site.zone_data;
    let page = context.page().map(|page| {
        let frame = Frame::of(page, Titles::Opened);
        let days = page.days(frame.today.date, DAYS, Titles::LeftSealed);
        let day = frame.today.clone();
        let title = format::long_date(day.date);
        let zone = format::zone_name(day.zone, day.now);
        let work = if frame.connections.is_empty() {
            view! { <NothingConnected /> }.into_any()
        } else {
            let sources = match day.newest_read_at {
                Some(at) => format!(
                    "{}, newest read {}",
                    format::counted(i64::try_from(day.sources).unwrap_or_default(), "calendar", "calendars"),
                    format::ago(at, day.now, day.zone)
                ),
                None => "nothing read yet".to_owned(),
            };
            let hours =
                if day.is_off() { "day off".to_owned() } else { format!("of {} working hours", length(day.capacity.working_minutes)) };
            view! {
                <DayStrip day=day.clone() />
                <div class="split mt-6">
                    <div class="stack gap-6">
                        <Attention frame=frame.clone() />
                        <section aria-labelledby="h-agenda">
                            <div class="section-head"><h2 id="h-agenda">"Agenda"</h2> <p>{sources}</p></div>
                            {if day.agenda.is_empty() {
                                view! { <div class="empty"><p>{format!("A day off. {}", empty_day(&day))}</p></div> }.into_any()
                            } else {
                                view! { <Agenda day=day.clone() /> }.into_any()
                            }}
                        </section>
                    </div>
                    <div>
                        <section aria-labelledby="h-cap">
                            <div class="section-head"><h2 id="h-cap">"Capacity"</h2> <p>{hours}</p></div>
                            <p><strong>{format::counted(day.capacity.actions_per_day, "action", "actions")}</strong> " today, " {words::level(day.capacity.level)}</p>
                            {(!day.is_off()).then(|| view! { <CapacityMeter capacity=day.capacity.clone() /> })}
                            {(!day.is_off()).then(|| view! { <CapacityReceipt day=day.clone() zone_data=zone_data /> })}
                        </section>
                    </div>
                </div>
                <section class="section" aria-labelledby="h-week">
                    <div class="section-head"><h2 id="h-week">"The next seven days"</h2> <p>"08:00 to 20:00"</p></div>
                    <WeekCapacity days=days />
                </section>
            }
            .into_any()
        };
        let sub = sentence(&day, frame.connections.is_empty());
        let heading = title.clone();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app">
                <div class="page-head">
                    <div>
                        <h1>{heading}</h1>
                        <p class="sub">{sub}</p>
                    </div>
                    <p class="quiet small">{zone}<br /><a href="/app/settings/profile">"Change time zone and hours"</a></p>
                </div>
                {work}
            </AppFrame>
        };
        Document::new(title, body)
    });
    or_not_found(context, page)
}

/// One true sentence about what is left of the day.
fn sentence(day: &Day, nothing_connected: bool) -> String {
    if nothing_connected {
        return "No calendar is connected, so nothing is known about your day.".to_owned();
    }
    if !day.anything_known {
        return "Your calendars are being read for the first time. Until then the day is unknown, not free.".to_owned();
    }
    if day.key_missing {
        return "This server cannot read your titles: the key they were encrypted with is missing.".to_owned();
    }
    if day.is_off() {
        return "A day off by your working hours. Your agenda is below.".to_owned();
    }
    let ahead: Vec<String> = day
        .capacity
        .stretches
        .iter()
        .filter(|stretch| stretch.kind == Kind::Open)
        .filter_map(|stretch| Interval::new(stretch.interval.starts_at.max(day.now), stretch.interval.ends_at))
        .filter(|left| left.minutes() >= day.capacity.rules.shortest_opening_minutes)
        .map(|left| format::span(left.starts_at, left.ends_at, day.zone))
        .collect();
    let unknown = if day.capacity.unknown_minutes > 0 {
        format!(" {} cannot be known right now.", length(day.capacity.unknown_minutes))
    } else {
        String::new()
    };
    match ahead.as_slice() {
        [] => format!("No opening is left today.{unknown}"),
        [one] => format!("One opening left: {one}.{unknown}"),
        several => format!("{} openings left: {}.{unknown}", several.len(), several.join(", ")),
    }
}

#[component]
fn NothingConnected() -> impl IntoView {
    view! {
        <div class="empty">
            <p>"Kairos shows your day as soon as it can read one of your calendars. Until then capacity is the usual six actions a day."</p>
            <div class="cluster"><a class="button moment" href="/app/settings#connect">"Connect a calendar"</a></div>
        </div>
    }
}

#[component]
fn Attention(frame: Frame) -> impl IntoView {
    let (now, zone) = (frame.today.now, frame.today.zone);
    let items: Vec<_> = frame
        .connections
        .iter()
        .filter(|connection| {
            connection.status != ConnectionStatus::Active || connection.missing_key.is_some() || connection.last_sync_at.is_none()
        })
        .cloned()
        .collect();
    (!items.is_empty()).then(|| {
        let count = format::counted(i64::try_from(items.len()).unwrap_or_default(), "thing", "things");
        let rows = items
            .into_iter()
            .map(|connection| {
                let name = connection.account.clone().unwrap_or_else(|| connection.provider.label().to_owned());
                let href = format!("/app/settings/connections/{}", connection.id);
                let (tone, icon, head, text, label) = match connection.reason {
                    _ if connection.missing_key.is_some() => {
                        let (happened, rest) = words::health(types::HealthReason::KeyMissing);
                        ("is-bad", "lock", format!("{name}: {happened}"), rest.next.to_owned(), "See what is missing")
                    }
                    Some(reason) => {
                        let (happened, rest) = words::health(reason);
                        let since = connection
                            .since
                            .map(|at| format!(" Since {}.", format::moment(at, now, zone).trim_start_matches("at ")))
                            .unwrap_or_default();
                        ("is-warn", "warn", format!("{name}: {happened}"), format!("{}{since}", rest.means), "See what to do")
                    }
                    None => (
                        "is-act",
                        "sync",
                        format!("{name} is on its first sync"),
                        "Its calendars are used from the moment it is complete.".to_owned(),
                        "See progress",
                    ),
                };
                view! {
                    <li>
                        <h3 class=tone><Icon name=icon /> " " {head}</h3>
                        <p>{text}</p>
                        <a class="button small" href=href>{label}</a>
                    </li>
                }
            })
            .collect_view();
        view! {
            <section aria-labelledby="h-att">
                <div class="section-head"><h2 id="h-att">"Needs your attention"</h2> <p>{count}</p></div>
                <ul class="todo">{rows}</ul>
            </section>
        }
    })
}
