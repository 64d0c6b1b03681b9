//! How the installation is, and what needs an admin.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::UTC;
use domain::administration::{self, KeyState, Overview, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use domain::incidents::breach_due_at;
use domain::upkeep::{CheckView, Checks};
use leptos::prelude::*;
use types::{CheckKind, ConnectionStatus};

use super::keys::EncryptionKeys;
use super::{documents, look, severity};
use crate::components::{AppFrame, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

/// The frame, and how it all is.
pub fn overview_wants(_asked: &Asked) -> calendar::Wanted {
    look(&Wanted::Overview)
}

/// `/admin`
pub fn overview(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let found = administration::overview(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let needs = attention(&found, now);
        let sub = match needs.len() {
            0 => "Nothing needs you. Times in UTC.".to_owned(),
            count => format!("{} you. Times in UTC.", format::capital(&format::counted(i64::try_from(count).unwrap_or_default(), "thing needs", "things need"))),
        };
        let needs = needs
            .into_iter()
            .map(|(class, icon, href, text, link)| view! { <li><span class=format!("{class} wraps")><Icon name=icon /> " " {text}</span> " " <a href=href>{link}</a></li> })
            .collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin">
                <div class="page-head"><div><h1>"Administration"</h1><p class="sub">{sub}</p></div></div>
                <ul class="stack tight" aria-label="What needs you">{needs}</ul>
                <Numbers found=found.clone() now=now />
                <section class="ledger" aria-labelledby="h-keys">
                    <header><h2 id="h-keys">"Keys of people's data"</h2><p>"By fingerprint: how much each wraps, and whether it can go. " <a href="/admin/keys">"All keys"</a></p></header>
                    <EncryptionKeys keys=found.keys now=now in_short=true />
                </section>
                <section class="ledger" aria-labelledby="h-copies">
                    <header><h2 id="h-copies">"Copies of the database"</h2><p>"Written while the server runs, encrypted to a key that is not on it, with the keys of people's data in a file apart. Whoever was forgotten stays forgotten when an older copy comes back."</p></header>
                    <div>
                        <ol class="stack">
                            <li>"Every day: " <code>"kairos backup FOLDER"</code> ". The file of keys goes to another place, and is kept for thirty days."</li>
                            <li>"Four times a year: " <code>"kairos rehearse DATA --identity FILE --into URL"</code> " with the newest copy, into an empty database elsewhere."</li>
                            <li>"On the day it is lost: " <code>"kairos restore DATA --identity FILE"</code> ", before the server is started."</li>
                        </ol>
                        {documents("docs/runbooks/restore.md", "What to do in which order:")}
                    </div>
                </section>
                {documents("docs/security/threat-model.md", "What is protected from whom, and what is not:")}
            </AppFrame>
        };
        Ok(Document::new("Administration", body))
    });
    or_not_found(context, page)
}

/// The part of the page that says how copies are made.
const RESTORE: &str = "#h-copies";

type Need = (&'static str, &'static str, &'static str, String, &'static str);

fn attention(found: &Overview, now: DateTime<Utc>) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for count in &found.incidents {
        let text = format!("{} under way, {}", format::counted(count.under_way, "incident is", "incidents are"), count.severity);
        needs.push(("state is-bad", "flag", "/admin/incidents", format::capital(&text), "Work on it"));
    }
    if let Some(finding) = &found.audit.finding {
        needs.push(("state is-bad", "cross", "/admin/audit", format!("The audit log was changed: {finding}"), "See the log"));
    } else if found.audit.verified_at.is_none_or(|at| now - at > TimeDelta::days(7)) {
        needs.push(("state is-warn", "warn", "/admin/audit", "All of the audit log was not checked for a week".to_owned(), "Check it"));
    }
    if found.audit.copied_at.is_none_or(|at| now - at > TimeDelta::hours(25)) {
        needs.push((
            "state is-warn",
            "warn",
            "/admin/audit",
            "No checkpoint of the audit log was kept elsewhere for a day".to_owned(),
            "See the log",
        ));
    }
    if let Some(breach) = found.breaches.first() {
        let due = breach_due_at(breach.known_at);
        let text = format!("The authority has to be told of a breach by {} UTC", due.format("%-d %B, %H:%M"));
        needs.push(("state is-bad", "clock", "/admin/privacy#h-breaches", text, "See it"));
    }
    needs.extend(upkeep(&found.checks, now));
    if found.audit.waiting > 0 && found.audit.sealed_at.is_some_and(|at| now - at > TimeDelta::minutes(5)) {
        needs.push(("state is-bad", "cross", "/admin/audit", "The audit log is not being sealed".to_owned(), "See the log"));
    }
    if found.jobs.given_up > 0 {
        let text = format!("{} given up", format::counted(found.jobs.given_up, "job was", "jobs were"));
        needs.push(("state is-bad", "cross", "/admin/jobs?state=given_up", format::capital(&text), "See the queue"));
    }
    if found.jobs.due_since.is_some_and(|since| now - since > TimeDelta::minutes(5)) {
        needs.push((
            "state is-warn",
            "warn",
            "/admin/jobs?state=waiting",
            "Jobs wait longer than five minutes".to_owned(),
            "See the queue",
        ));
    }
    for isolated in &found.isolated {
        let text = format!("{} is isolated: nothing is asked of it", isolated.provider.label());
        needs.push(("state is-unknown", "lock", "/admin/incidents?status=all", text, "Lift it in any incident"));
    }
    if found.keys.iter().any(|key| key.state == KeyState::Missing) {
        needs.push(("state is-bad", "key", "#h-keys", "A key that people's data is sealed under is missing".to_owned(), "See which"));
    }
    if found.people.admins_without_second_factor > 0 {
        let text = format!("{} no second factor", format::counted(found.people.admins_without_second_factor, "admin has", "admins have"));
        needs.push(("state is-warn", "warn", "/admin/users?state=admin", format::capital(&text), "See who"));
    }
    needs
}

#[component]
fn Numbers(found: Overview, now: DateTime<Utc>) -> impl IntoView {
    let connections: i64 = found.connections.iter().map(|one| one.connections).sum();
    let troubled: i64 = found.connections.iter().filter(|one| one.status != ConnectionStatus::Active).map(|one| one.connections).sum();
    let ago = |at: Option<DateTime<Utc>>| at.map_or_else(|| "never".to_owned(), |at| format::ago(at, now, UTC));
    let incidents = found.incidents.iter().map(|count| view! { {count.under_way} " " {severity(count.severity)} " " }).collect_view();
    let has_incidents = !found.incidents.is_empty();
    view! {
        <dl class="stats mt-5">
            <div class="stat"><dt><a href="/admin/incidents">"Incidents under way"</a></dt><dd>{if has_incidents { incidents.into_any() } else { view! { "none" }.into_any() }}</dd></div>
            <div class="stat"><dt><a href="/admin/users">"People"</a></dt><dd>{format::count(found.people.all)} " " <span class="note">{format!("{} locked, {} not confirmed", found.people.locked, found.people.unconfirmed)}</span></dd></div>
            <div class="stat"><dt>"Connections"</dt><dd>{format::count(connections)} " " <span class="note">{format!("{troubled} not well")}</span></dd></div>
            <div class="stat"><dt><a href="/admin/jobs">"Jobs"</a></dt><dd>{format::count(found.jobs.due + found.jobs.running)} " " <span class="note">{format!("{} failing, {} given up", found.jobs.failing, found.jobs.given_up)}</span></dd></div>
            <div class="stat"><dt><a href="/admin/audit">"Audit log"</a></dt><dd>{format::count(found.audit.size.unwrap_or_default())} " " <span class="note">{format!("sealed {}, checked {}", ago(found.audit.sealed_at), ago(found.audit.verified_at))}</span></dd></div>
            <div class="stat"><dt>"Copies of the database"</dt><dd>{ago(found.checks.last(CheckKind::Backup).map(|check| check.started_at))} " " <span class="note">{format!("tried {}", ago(found.checks.last(CheckKind::Rehearsal).map(|check| check.started_at)))}</span></dd></div>
            <div class="stat"><dt><a href="/admin/incidents?status=all">"Blocked addresses"</a></dt><dd>{format::count(found.blocks)}</dd></div>
        </dl>
    }
}

/// What an operator has to do so that what is kept can be had back.
fn upkeep(checks: &Checks, now: DateTime<Utc>) -> Vec<Need> {
    let mut needs = Vec::new();
    if checks.last(CheckKind::Backup).is_none_or(|check| now - check.started_at > TimeDelta::days(2)) {
        needs.push(("state is-warn", "warn", RESTORE, "The database was not copied for two days".to_owned(), "How it is done"));
    }
    match checks.last(CheckKind::Rehearsal) {
        Some(check) if !check.is_whole => {
            needs.push(("state is-bad", "cross", RESTORE, "The last copy that was tried was not whole".to_owned(), "How it is done"));
        }
        Some(check) if now - check.started_at <= TimeDelta::days(90) => {}
        _ => {
            needs.push((
                "state is-warn",
                "warn",
                RESTORE,
                "No copy of the database was tried for ninety days".to_owned(),
                "How it is done",
            ));
        }
    }
    if let Some(scanned) = checks.last(CheckKind::Scan).and_then(CheckView::scanned).filter(|scanned| scanned.unreadable > 0) {
        let text = format!("{} that are encrypted do not open", format::count(scanned.unreadable));
        needs.push(("state is-bad", "key", "/admin/keys", format!("{text}: values that nobody can read any more"), "See which"));
    }
    needs
}
