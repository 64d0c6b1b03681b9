//! Connections: each with its health, and the ways to connect another.

use domain::calendar::{self, ConnectionView, Day, Titles};
use leptos::prelude::*;
use types::{ConsentPurpose, HealthReason, Provider, SyncOutcome};

use super::or_not_found;
use crate::components::{AppFrame, ConnectionState, ConsentWords, Failure, Flash, Frame};
use crate::context::PageContext;
use crate::document::Document;
use crate::format;
use crate::islands::SyncProgressIsland;
use crate::words;

/// `/app/settings`
pub fn settings(context: &PageContext) -> Document {
    let page = context.page().map(|page| {
        let frame = Frame::of(page, Titles::LeftSealed);
        let sub = summary(&frame);
        let articles = frame.connections.iter().map(|connection| article(connection, &frame.today)).collect_view();
        let capacity = capacity_sentence(&frame.today, frame.connections.is_empty());
        let (notice, rows) = (context.notice(), connect_rows(&context.site.connectable));
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings">
                <div class="page-head">
                    <div>
                        <h1>"Connections"</h1>
                        <p class="sub">{sub}</p>
                    </div>
                    <a class="button" href="#connect">"Connect another"</a>
                </div>
                <Flash notice=notice path="/app/settings".to_owned() />
                {articles}
                <section class="ledger" id="connect" aria-labelledby="h-connect">
                    <header>
                        <h2 id="h-connect">"Connect another"</h2>
                        <p>"Kairos asks for the least it needs: to read busy times and titles. It never writes to your calendar."</p>
                    </header>
                    {rows}
                </section>
                <section class="ledger" aria-labelledby="h-capacity">
                    <header><h2 id="h-capacity">"Capacity today"</h2></header>
                    <p>{capacity} " " <a href="/app">"See how it was made"</a></p>
                </section>
            </AppFrame>
        };
        Document::new("Connections", body)
    });
    or_not_found(context, page)
}

/// How many accounts and calendars there are, and whether any needs the person.
fn summary(frame: &Frame) -> String {
    let count = |number: usize| i64::try_from(number).unwrap_or_default();
    let calendars: usize =
        frame.connections.iter().map(|connection| connection.calendars.iter().filter(|calendar| calendar.selected).count()).sum();
    if frame.connections.is_empty() {
        return "No calendar is connected yet.".to_owned();
    }
    let needs = match frame.attention {
        0 => "Nothing needs your attention.".to_owned(),
        1 => "One account needs your attention.".to_owned(),
        several => format!("{several} accounts need your attention."),
    };
    format!(
        "{}, {} in use. {needs}",
        format::capital(&format::counted(count(frame.connections.len()), "account", "accounts")),
        format::counted(count(calendars), "calendar", "calendars")
    )
}

fn capacity_sentence(day: &Day, nothing_connected: bool) -> String {
    if nothing_connected || !day.anything_known {
        return "Nothing is known about your day yet, so Kairos counts on the usual 6 actions.".to_owned();
    }
    if day.is_off() {
        return "A day off by your working hours: no actions are planned.".to_owned();
    }
    format!(
        "{} today ({}): {} of {} are open, {} are unknown.",
        format::counted(day.capacity.actions_per_day, "action", "actions"),
        words::level(day.capacity.level),
        format::length(day.capacity.open_minutes),
        format::length(day.capacity.working_minutes),
        format::length(day.capacity.unknown_minutes)
    )
}

fn article(connection: &ConnectionView, day: &Day) -> impl IntoView + use<> {
    let (now, zone) = (day.now, day.zone);
    let progress = calendar::progress_of(connection.logs.first(), connection.last_sync_at.is_some(), now);
    let href = format!("/app/settings/connections/{}", connection.id);
    let name = connection.account.clone().unwrap_or_else(|| format!("{} account", connection.provider.label()));
    let server = connection
        .server
        .clone()
        .and_then(|url| url.split('/').nth(2).map(str::to_owned))
        .map(|host| format!(" · {host}"))
        .unwrap_or_default();
    let kind = format!("{}{server}", connection.provider.label());
    let heading = format!("c-{}", connection.id);
    let trouble = trouble(connection);
    let first_or_running =
        connection.last_sync_at.is_none() || connection.logs.first().is_some_and(|log| log.outcome == SyncOutcome::Running);
    let shows_progress = first_or_running && trouble.is_none();
    let counting = connection
        .calendars
        .iter()
        .filter(|calendar| calendar.selected)
        .map(|calendar| calendar.name.clone().unwrap_or_else(|| "unreadable name".to_owned()))
        .collect::<Vec<_>>();
    let counts = if counting.is_empty() {
        "None of its calendars is in use.".to_owned()
    } else {
        format!("{} of {} calendars in use: {}.", counting.len(), connection.calendars.len(), counting.join(", "))
    };
    let last = connection.last_sync_at.map(|at| format!(" Last read {}.", format::ago(at, now, zone))).unwrap_or_default();
    let (id, labelled_by) = (connection.id.to_string(), heading.clone());
    let island = shows_progress.then(|| view! { <SyncProgressIsland connection=connection.id.to_string() initial=progress /> });
    let state = connection.clone();
    view! {
        <article class="connection" aria-labelledby=labelled_by data-connection=id>
            <header>
                <h2 id=heading><a href=href.clone()>{name.clone()}</a></h2>
                <span class="soft small">{kind}</span>
                <ConnectionState connection=state now=now zone=zone />
            </header>
            {trouble}
            {island}
            <p class="small soft">{counts}{last}</p>
            <div class="cluster">
                <form method="post" action=format!("{href}/sync")><button class="button small">"Sync now"</button></form>
                <a class="button small" href=href.clone()>"Calendars and history"</a>
                <a class="button small danger" href=format!("{href}/disconnect")>"Disconnect…"</a>
                {shows_progress.then(|| view! { <a class="small" href="/app/settings">"Refresh"</a> })}
            </div>
        </article>
    }
}

/// What is wrong with a connection, and the one way on.
pub(super) fn trouble(connection: &ConnectionView) -> Option<AnyView> {
    let reason = match (&connection.missing_key, connection.reason) {
        (Some(_), _) => HealthReason::KeyMissing,
        (None, Some(reason)) => reason,
        (None, None) => return None,
    };
    let (happened, rest) = words::health(reason);
    let happened = match &connection.missing_key {
        Some(key) => format!("{happened} Missing key: {key}."),
        None => happened.to_owned(),
    };
    let way = match (reason, connection.provider) {
        (
            HealthReason::ConsentWithdrawn | HealthReason::AppInTesting | HealthReason::PartialConsent | HealthReason::AdminApproval,
            provider @ (Provider::Google | Provider::Outlook),
        ) => Some(
            view! { <a class="button small primary" href=format!("/api/calendar/connect/{provider}") rel="external">"Give consent again"</a> }
                .into_any(),
        ),
        (HealthReason::PasswordRefused | HealthReason::AddressRefused, Provider::Caldav) => Some(
            view! { <a class="button small primary" href="/app/settings/caldav">"Connect again with a new app password"</a> }.into_any(),
        ),
        _ => None,
    };
    let tried = (connection.attempts > 0).then(|| {
        let times = if connection.attempts == 1 { "once".to_owned() } else { format!("{} times", connection.attempts) };
        let next = connection.next_attempt_at.map(|at| format!(", next try {}", at.format("%H:%M UTC"))).unwrap_or_default();
        view! { <span class="small quiet">{format!("Tried {times}{next}")}</span> }
    });
    Some(view! { <Failure happened=happened rest=rest>{way}{tried}</Failure> }.into_any())
}

fn connect_rows(connectable: &[Provider]) -> impl IntoView + use<> {
    let rows = Provider::ALL
        .iter()
        .map(|provider| {
            let name = provider.label();
            let about = match provider {
                Provider::Google => "You consent on Google’s own page. Changes are seen within minutes.",
                Provider::Outlook => {
                    "Work, school and personal accounts. You consent on Microsoft’s own page. Changes are seen within minutes."
                }
                Provider::Caldav => "Fastmail, Nextcloud, Radicale or your own server. You give its address and an app password.",
            };
            let way = match provider {
                provider if !connectable.contains(provider) => {
                    view! { <span class="quiet">"Not set up on this installation"</span> }.into_any()
                }
                Provider::Caldav => view! { <a class="button small" href="/app/settings/caldav">"Connect CalDAV"</a> }.into_any(),
                provider => {
                    let href = format!("/api/calendar/connect/{provider}");
                    view! { <a class="button small" href=href rel="external">{format!("Connect {name}")}</a> }.into_any()
                }
            };
            view! {
                <tr>
                    <th scope="row"><strong>{name}</strong></th>
                    <td class="soft">{about}</td>
                    <td class="amount">{way}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table folds plain">
            <caption class="visually-hidden">"Kinds of calendar you can connect"</caption>
            <tbody>
                {rows}
                <tr>
                    <th scope="row"><strong>"Apple"</strong></th>
                    <td class="soft">"Your iCloud calendars, by an app-specific password that you make at Apple."</td>
                    <td class="amount"><a class="button small" href="/app/settings/caldav?for=apple">"Connect Apple"</a></td>
                </tr>
            </tbody>
        </table>
        <ConsentWords purpose=ConsentPurpose::Calendars />
    }
}
