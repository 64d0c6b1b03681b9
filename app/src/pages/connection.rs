//! One connection: health, calendars to choose, history, the way out.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::calendar::{self, APP_PASSWORD_LIFETIME, CalendarView, ChangeDelivery, ConnectionView, LogView, MAX_CALENDARS, Titles, Wanted};
use leptos::prelude::*;
use types::{Provider, SyncKind, SyncOutcome};

use super::or_not_found;
use super::settings::trouble;
use crate::components::{AppFrame, ConnectionState, Flash, Frame, HEALTH_DAYS, HealthChart, Icon};
use crate::context::{Asked, PageContext, named};
use crate::document::Document;
use crate::format;
use crate::islands::SyncProgressIsland;
use crate::words;

/// Ten syncs of each connection, and this one more closely.
pub fn connection_wants(asked: &Asked) -> Wanted {
    Wanted { runs: 10, connection: asked.connection(), ..Wanted::FRAME }
}

/// `/app/settings/connections/{id}`
pub fn connection(context: &PageContext) -> Document {
    let notice = context.notice();
    let page = context.page().and_then(|page| {
        let frame = Frame::of(page, Titles::LeftSealed);
        let connection = named(&context.asked, &frame.connections)?.clone();
        let (health, delivery) = (page.health().to_vec(), page.change_delivery(&connection));
        let (now, zone) = (frame.today.now, frame.today.zone);
        let password_given_at = page.password_given_at();
        let progress = calendar::progress_of(connection.logs.first(), connection.last_sync_at.is_some(), now);
        let name = connection.account.clone().unwrap_or_else(|| format!("{} account", connection.provider.label()));
        let path = format!("/app/settings/connections/{}", connection.id);
        let connected = connection.created_at.with_timezone(&zone).format("%-d %B %Y").to_string();
        let shows_progress = (connection.last_sync_at.is_none() && connection.reason.is_none()) || progress.running;
        let (id, title) = (connection.id.to_string(), name.clone());
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/app/settings">
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href="/app/settings">"Connections"</a></li><li aria-current="page">{name.clone()}</li></ol>
                </nav>
                <div class="page-head">
                    <div>
                        <h1>{name.clone()}</h1>
                        <p class="sub">{format!("{} · connected {connected}", connection.provider.label())}</p>
                    </div>
                    <ConnectionState connection=connection.clone() now=now zone=zone />
                </div>
                <Flash notice=notice path=path.clone() />
                {trouble(&connection)}
                {password_given_at.map(|given| app_password(given, now, zone))}
                {shows_progress.then(|| view! { <SyncProgressIsland connection=id initial=progress /> })}
                <Calendars connection=connection.clone() path=path.clone() now=now zone=zone />
                <Unreadable connection=connection.clone() />
                <section class="ledger" aria-labelledby="h-health">
                    <header><h2 id="h-health">"Health"</h2><p>{format!("The last {HEALTH_DAYS} days.")}</p></header>
                    <div><HealthChart changes=health now=now zone=zone /></div>
                </section>
                <Delivery delivery=delivery provider=connection.provider now=now zone=zone />
                <History logs=connection.logs.clone() zone=zone />
                <section class="ledger" aria-labelledby="h-report">
                    <header><h2 id="h-report">"Suspicious activity"</h2></header>
                    <form method="post" action=format!("{path}/report")>
                        <p class="soft">"If somebody else connected this account, or it changed and it was not you, say so. It is recorded with its time for whoever runs this installation; nothing is disconnected by it."</p>
                        <button class="button small mt-4">"Report suspicious activity"</button>
                    </form>
                </section>
                <section class="ledger" aria-labelledby="h-off">
                    <header><h2 id="h-off">"Take along or disconnect"</h2></header>
                    <div>
                        <form method="post" action=format!("{path}/export")><button class="button small">"Download what was read from it"</button></form>
                        <p class="soft mt-4">"Kairos gives its permission back, deletes what it read from here, and stops counting it. The next page lists all of it before anything happens."</p>
                        <a class="button danger mt-4" href=format!("{path}/disconnect")>{format!("Disconnect {name}…")}</a>
                    </div>
                </section>
            </AppFrame>
        };
        Ok(Document::new(title, body))
    });
    or_not_found(context, page)
}

/// How old the app password is; after a year another is asked for.
fn app_password(given: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> AnyView {
    let day = given.with_timezone(&zone).format("%-d %B %Y");
    if given + APP_PASSWORD_LIFETIME > now {
        return view! { <p class="soft mt-4">{format!("App password given on {day}.")}</p> }.into_any();
    }
    view! {
        <p class="mt-4">
            <span class="state is-warn"><Icon name="warn" />{format!(" Your app password is of {day}, more than a year old.")}</span>
            " Make another at your provider, connect again with it, and remove the old one there. "
            <a class="button small" href="/app/settings/caldav">"Connect again with a new app password"</a>
        </p>
    }
    .into_any()
}

#[component]
fn Calendars(connection: ConnectionView, path: String, now: chrono::DateTime<chrono::Utc>, zone: chrono_tz::Tz) -> impl IntoView {
    let is_cut = connection.calendars.len() >= MAX_CALENDARS;
    let rows = connection.calendars.into_iter().map(|calendar| calendar_row(calendar, now, zone)).collect_view();
    view! {
        <section class="ledger" aria-labelledby="h-cals">
            <header><h2 id="h-cals">"Calendars"</h2><p>"Only what is ticked is read. Unticking deletes what was read from it."</p></header>
            <form method="post" action=format!("{path}/calendars")>
                <table class="table folds">
                    <caption class="visually-hidden">"Calendars in this account"</caption>
                    <thead><tr><th scope="col">"Use"</th><th scope="col">"State"</th><th scope="col">"Last read"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {is_cut.then(|| view! { <p class="hint mt-4">{format!("Kairos lists the first {MAX_CALENDARS} calendars of an account. Further ones are not read.")}</p> })}
                <div class="cluster mt-4">
                    <button class="button small primary">"Save choices"</button>
                    <button class="button small" formaction=format!("{path}/sync")>"Sync now"</button>
                </div>
            </form>
        </section>
    }
}

fn calendar_row(calendar: CalendarView, now: chrono::DateTime<chrono::Utc>, zone: chrono_tz::Tz) -> impl IntoView {
    let name = calendar.name.unwrap_or_else(|| "Name not readable".to_owned());
    let note = match (calendar.is_primary, calendar.can_read_details) {
        (true, _) => Some("Main calendar"),
        (false, false) => Some("Busy times only, no titles"),
        (false, true) => None,
    };
    let state = match (calendar.selected, calendar.reason) {
        (_, Some(reason)) => view! { <span class="state is-warn"><Icon name="warn" /> {words::health(reason).0}</span> }.into_any(),
        (true, None) if calendar.last_sync_at.is_some() => {
            view! { <span class="state is-good"><Icon name="check" /> "In use"</span> }.into_any()
        }
        (true, None) => view! { <span class="state is-unknown"><Icon name="unknown" /> "Unknown until it is read"</span> }.into_any(),
        (false, None) => view! { <span class="quiet">"Not read"</span> }.into_any(),
    };
    let again = calendar.next_attempt_at.filter(|at| calendar.selected && *at > now);
    let again = again.map(|at| view! { " " <small>{format!("Tried again {}.", format::moment(at, now, zone))}</small> });
    let read = calendar.last_sync_at.map_or_else(|| "never".to_owned(), |at| format::ago(at, now, zone));
    view! {
        <tr>
            <th scope="row">
                <label class="choice">
                    <input type="checkbox" name="calendar" value=calendar.id.to_string() checked=calendar.selected />
                    " "
                    <span>{name} {note.map(|note| view! { " " <small>{note}</small> })}</span>
                </label>
            </th>
            <td data-label="State">{state} {again}</td>
            <td data-label="Last read"><span>{read}</span></td>
        </tr>
    }
}

#[component]
fn Unreadable(connection: ConnectionView) -> impl IntoView {
    let rows: Vec<(String, String, i64)> = connection
        .calendars
        .iter()
        .flat_map(|calendar| {
            let name = calendar.name.clone().unwrap_or_default();
            calendar.unreadable.iter().map(move |(reason, count)| (name.clone(), reason.clone(), *count))
        })
        .collect();
    let body = if rows.is_empty() {
        view! { <div class="empty"><p>"None. If an entry is odd, it is counted here with its reason, and the rest is read all the same."</p></div> }.into_any()
    } else {
        let items = rows
            .into_iter()
            .map(|(name, reason, count)| view! { <li>{format!("{name}: {} that {}", format::counted(count, "entry", "entries"), words::unreadable(&reason))}</li> })
            .collect_view();
        view! { <ul class="stack">{items}</ul> }.into_any()
    };
    view! {
        <section class="ledger" aria-labelledby="h-odd">
            <header><h2 id="h-odd">"Entries that could not be read"</h2></header>
            {body}
        </section>
    }
}

/// How changes are noticed, in a sentence or two that are true now.
#[component]
fn Delivery(delivery: ChangeDelivery, provider: Provider, now: chrono::DateTime<chrono::Utc>, zone: chrono_tz::Tz) -> impl IntoView {
    let name = provider.label();
    let (state, text) = match delivery {
        ChangeDelivery::Stopped => ("Stopped", "Nothing is read from this account until it is mended.".to_owned()),
        ChangeDelivery::Failing => {
            ("Tried again", "The last reads failed. They are tried again at growing intervals, an hour at most.".to_owned())
        }
        ChangeDelivery::Polled => (
            "By polling",
            "CalDAV servers tell nobody when something changes, so this account is read every three to five minutes.".to_owned(),
        ),
        ChangeDelivery::Unreachable => (
            "By polling",
            format!(
                "{name} can only tell of changes at a public HTTPS address, which this installation does not have. So this account is read every three to five minutes."
            ),
        ),
        ChangeDelivery::Pushed { counting: 0, .. } => ("Nothing to watch", "No calendar of this account is in use.".to_owned()),
        ChangeDelivery::Pushed { is_silent: true, .. } => (
            "Silent",
            format!(
                "A change was found that {name} had not told of. The subscription is renewed by itself; until then this account is read every three to five minutes."
            ),
        ),
        ChangeDelivery::Pushed { covered, counting, last_message_at, ends_at, .. } if covered == counting => {
            let calendars = if counting == 1 { "the one calendar in use".to_owned() } else { format!("all {counting} calendars in use") };
            let last = last_message_at.map(|at| format!(", last {}", format::ago(at, now, zone))).unwrap_or_default();
            let until = ends_at
                .map(|at| format!(" The subscription runs until {} and is renewed by itself.", at.with_timezone(&zone).format("%-d %B")))
                .unwrap_or_default();
            (
                "By push notification",
                format!(
                    "{name} tells Kairos when something changes in {calendars}{last}. They are read every eight to fifteen minutes all the same, in case a message is lost.{until}"
                ),
            )
        }
        ChangeDelivery::Pushed { covered, counting, .. } => (
            "Partly by push notification",
            format!(
                "{name} tells of changes in {covered} of {counting} calendars in use. The rest is being arranged, or cannot be watched there, so this account is read every three to five minutes."
            ),
        ),
    };
    view! {
        <section class="ledger" aria-labelledby="h-arrive">
            <header><h2 id="h-arrive">"How changes are noticed"</h2><p>{state}</p></header>
            <div><p class="soft">{text}</p></div>
        </section>
    }
}

#[component]
fn History(logs: Vec<LogView>, zone: chrono_tz::Tz) -> impl IntoView {
    let body = if logs.is_empty() {
        view! { <div class="empty"><p>"Not read yet. The first read starts by itself within seconds."</p></div> }.into_any()
    } else {
        let rows = logs.into_iter().map(|log| log_row(log, zone)).collect_view();
        view! {
            <table class="table folds">
                <caption class="visually-hidden">"Recent reads, newest first"</caption>
                <thead><tr><th scope="col">"Began"</th><th scope="col">"Kind"</th><th scope="col">"Result"</th><th scope="col" class="amount">"Read"</th><th scope="col" class="amount">"Removed"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="ledger" aria-labelledby="h-log">
            <header><h2 id="h-log">"Sync log"</h2><p>"The last 10 reads."</p></header>
            {body}
        </section>
    }
}

fn log_row(log: LogView, zone: chrono_tz::Tz) -> impl IntoView {
    let kind = match log.kind {
        SyncKind::First => "first",
        SyncKind::Incremental => "changes",
        SyncKind::Full => "everything",
    };
    let why = log.reason.as_deref().map(|code| match code.parse() {
        Ok(reason) => words::health(reason).0.to_owned(),
        Err(_) => "Its worker stopped; another took over.".to_owned(),
    });
    let (tone, icon, text) = match log.outcome {
        SyncOutcome::Running => ("is-act", "sync", "running".to_owned()),
        SyncOutcome::Succeeded => ("is-good", "check", why.unwrap_or_else(|| "complete".to_owned())),
        SyncOutcome::Failed => ("is-warn", "warn", why.unwrap_or_else(|| "failed".to_owned())),
    };
    let began = log.started_at.with_timezone(&zone).format("%-d %b %H:%M:%S").to_string();
    view! {
        <tr>
            <td data-label="Began"><time datetime=format::machine(log.started_at)>{began}</time></td>
            <td data-label="Kind"><span>{kind}</span></td>
            <td data-label="Result"><span class=format!("state {tone}")><Icon name=icon /> {text}</span></td>
            <td class="amount" data-label="Read"><span>{format::count(log.events_read.into())}</span></td>
            <td class="amount" data-label="Removed"><span>{format::count(log.events_removed.into())}</span></td>
        </tr>
    }
}
