//! One account, and what an admin can do with it.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, PersonPage, Reason, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use leptos::prelude::*;
use types::{Role, incident_name};

use super::{look, place, severity, short, status_word};
use crate::components::{AppFrame, FieldError, Flash, FormError, Frame};
use crate::context::{Asked, Form, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::audit::outcome;
use crate::pages::or_not_found;

/// The frame, and the person that the address names.
pub fn person_wants(asked: &Asked) -> calendar::Wanted {
    match asked.path.get("id").and_then(|id| id.parse().ok()) {
        Some(user) => look(&Wanted::Person(user, None)),
        None => calendar::Wanted::FRAME,
    }
}

/// `/admin/users/{id}`
pub fn person(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().and_then(|page| {
        let found = administration::person(page).ok_or(CalendarError::NotFound)?;
        let is_own = found.id == page.user();
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let here = format!("/admin/users/{}", found.id);
        let title = format!("Person {}", short(&found.id.to_string()));
        let heading = title.clone();
        let since = format!("Since {}. Times in UTC. That you looked is an entry of the audit log.", found.created_at.format("%-d %B %Y"));
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/users">
                <div class="page-head"><div>
                    <p class="small"><a href="/admin/users">"People"</a></p>
                    <h1>{heading}</h1>
                    <p class="sub">{since}</p>
                </div></div>
                <Flash notice=notice path=here.clone() />
                <FormError form=form.clone() />
                <Facts found=found.clone() here=here.clone() form=form />
                <section class="ledger" aria-labelledby="h-act">
                    <header><h2 id="h-act">"What you can do"</h2><p>"Each is an entry of the audit log that names you. You are asked to confirm who you are."</p></header>
                    {if is_own {
                        view! { <p class="soft">"This is your own account. Another admin can change it; what is yours to change is under " <a href="/app/settings/security">"Security"</a> "."</p> }.into_any()
                    } else {
                        view! { <Acts found=found.clone() here=here.clone() /> }.into_any()
                    }}
                </section>
                <section class="ledger" aria-labelledby="h-has">
                    <header><h2 id="h-has">"What is there"</h2><p>"Sessions, keys for programs, and connections."</p></header>
                    <Belongings found=found.clone() now=now />
                </section>
                <section class="ledger" aria-labelledby="h-entries">
                    <header><h2 id="h-entries">"In the audit log"</h2><p>"The last twenty entries about them. " <a href=format!("/admin/audit?when=all&q={}", found.id)>"All of them"</a></p></header>
                    <Entries found=found now=now />
                </section>
            </AppFrame>
        };
        Ok(Document::new(title, body))
    });
    or_not_found(context, page)
}

#[component]
fn Facts(found: PersonPage, here: String, form: Form) -> impl IntoView {
    let roles = found.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    let reason = form.value("reason").unwrap_or_default();
    let reasons =
        Reason::CODES.into_iter().map(|(code, words)| view! { <option value=code selected=code == reason>{words}</option> }).collect_view();
    let who = match found.opened {
        Some(opened) => {
            let unreadable = || "not readable with the keys of this server".to_owned();
            view! {
                <dl class="facts">
                    <dt>"Name"</dt><dd>{opened.name.unwrap_or_else(unreadable)}</dd>
                    <dt>"Address"</dt><dd class="all">{opened.email.unwrap_or_else(unreadable)}</dd>
                </dl>
            }
            .into_any()
        }
        None => view! {
            <form class="stack gate-left" method="post" action=format!("{here}/open")>
                <div class="field"><label for="reason">"Why do you need the name and address?"</label><select class="select" id="reason" name="reason">{reasons}</select></div>
                <div class="field">
                    <label for="reference">"Ticket or case, if there is one"</label>
                    <input class="input" id="reference" name="reference" value=form.value("reference").unwrap_or_default() autocomplete="off" aria-invalid=form.invalid("reference") aria-describedby=form.described_by("reference", true) />
                    <FieldError form=form.clone() name="reference" />
                    <p class="hint" id="hint-reference">"Its number, not a name: it stays in the audit log."</p>
                </div>
                <button class="button">"Show name and address"</button>
            </form>
        }
        .into_any(),
    };
    let confirmed = found.email_verified_at.map_or_else(|| "not yet".to_owned(), |at| at.format("%-d %B %Y").to_string());
    let locked = found.locked_at.map(|at| format!("since {}", at.format("%-d %B %Y, %H:%M")));
    view! {
        <section class="ledger" aria-labelledby="h-who">
            <header><h2 id="h-who">"Who"</h2><p>"An id, until you say why you need more."</p></header>
            <div class="stack">
                <dl class="facts">
                    <dt>"Id"</dt><dd class="all"><code>{found.id.to_string()}</code></dd>
                    <dt>"Roles"</dt><dd>{roles}</dd>
                    <dt>"Address confirmed"</dt><dd>{confirmed}</dd>
                    <dt>"Second factor"</dt><dd>{if found.has_second_factor { "yes" } else { "none" }}</dd>
                    <dt>"Locked"</dt><dd>{locked.unwrap_or_else(|| "no".to_owned())}</dd>
                </dl>
                {who}
            </div>
        </section>
    }
}

#[component]
fn Acts(found: PersonPage, here: String) -> impl IntoView {
    let act = |name: &'static str, label: String, what: &'static str, class: &'static str| {
        view! {
            <form method="post" action=format!("{here}/act")>
                <input type="hidden" name="act" value=name />
                <p class="cluster"><button class=class>{label}</button> <small class="soft">{what}</small></p>
            </form>
        }
    };
    let lock = if found.locked_at.is_some() {
        act("unlock", "Unlock the account".to_owned(), "They can sign in again. Nobody is signed in by it.", "button small").into_any()
    } else {
        act(
            "lock",
            "Lock the account".to_owned(),
            "Signs them out, and in nowhere until you unlock it. Their calendars stay and are read on.",
            "button small danger",
        )
        .into_any()
    };
    let sessions = i64::try_from(found.sessions.len()).unwrap_or_default();
    let keys = i64::try_from(found.api_keys.len()).unwrap_or_default();
    let roles = Role::ALL
        .iter()
        .map(|role| {
            let has = found.roles.contains(role);
            view! { <label class="choice"><input type="checkbox" name="role" value=role.as_str() checked=has /> <span>{role.as_str()}</span></label> }
        })
        .collect_view();
    view! {
        <div class="stack">
            {lock}
            {(sessions > 0).then(|| act("end_sessions", format!("End {}", format::counted(sessions, "session", "sessions")), "They sign in again.", "button small"))}
            {(keys > 0).then(|| act("end_api_keys", format!("End {}", format::counted(keys, "API key", "API keys")), "Their programs stop; this cannot be undone.", "button small danger"))}
            {act("force_reset", "Force a new password".to_owned(), "The present one stops, a link for another goes out by mail, sessions end.", "button small danger")}
            {found.has_second_factor.then(|| act("remove_second_factor", "Remove the second factor".to_owned(), "For somebody who lost app and recovery codes, after you made sure that it is them. They hear of it by mail.", "button small danger"))}
            <form class="stack tight" method="post" action=format!("{here}/act")>
                <input type="hidden" name="act" value="set_roles" />
                <fieldset class="field"><legend>"Roles"</legend>{roles}</fieldset>
                <div><button class="button small">"Set these roles"</button></div>
            </form>
        </div>
    }
}

#[component]
fn Belongings(found: PersonPage, now: DateTime<Utc>) -> impl IntoView {
    let ago = move |at: DateTime<Utc>| format::ago(at, now, UTC);
    let sessions = found
        .sessions
        .iter()
        .map(|session| {
            let from = session.place.as_deref().map(|text| format!(" from {}", place(text))).unwrap_or_default();
            view! { <li>{format!("Session of {}, last used {}{from}", ago(session.created_at), ago(session.last_seen_at))}</li> }
        })
        .collect_view();
    let keys = found
        .api_keys
        .iter()
        .map(|key| {
            let scopes = key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
            let used = key.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {}", ago(at)));
            view! { <li>"API key " <code>{short(&key.id.to_string())}</code> {format!(" for {scopes}, {used}, ends {}", key.expires_at.format("%-d %B %Y"))}</li> }
        })
        .collect_view();
    let connections = found
        .connections
        .iter()
        .map(|one| {
            let reason = one.health_reason.as_deref().map(|reason| format!(" ({})", reason.replace('_', " "))).unwrap_or_default();
            let read = one.last_sync_at.map_or_else(|| "never read".to_owned(), |at| format!("read {}", ago(at)));
            view! { <li>{format!("{}: {}{reason}, {read}", one.provider.label(), one.status.as_str().replace('_', " "))}</li> }
        })
        .collect_view();
    let incidents = found
        .incidents
        .iter()
        .map(|one| {
            view! { <li><a href=format!("/admin/incidents/{}", one.id)>{incident_name(one.number)}</a> " " {severity(one.severity)} " " {format!("{}, {}", one.rule.words(), status_word(one.status).to_lowercase())}</li> }
        })
        .collect_view();
    let is_empty = found.sessions.is_empty() && found.api_keys.is_empty() && found.connections.is_empty() && found.incidents.is_empty();
    view! {
        <ul class="stack tight">{sessions}{keys}{connections}{incidents}</ul>
        {is_empty.then(|| view! { <p class="empty">"Nothing: no session is alive, no key, no connection, no incident."</p> })}
    }
}

#[component]
fn Entries(found: PersonPage, now: DateTime<Utc>) -> impl IntoView {
    let rows = found
        .entries
        .iter()
        .map(|entry| {
            let at = entry.occurred_at;
            let time = format::second(at, now);
            let who = match (entry.actor_kind.as_str(), entry.is_own) {
                ("user", Some(true)) => "they",
                ("user", _) => "an admin",
                ("visitor", _) => "nobody signed in",
                ("operator", _) => "the server’s operator",
                _ => "a job",
            };
            let place = match entry.place {
                Some(place) => view! { <a href=format!("/admin/audit/{place}")>{format::count(place)}</a> }.into_any(),
                None => view! { <span class="quiet">"to be sealed"</span> }.into_any(),
            };
            view! {
                <tr>
                    <td data-label="Entry">{place}</td>
                    <td data-label="Time"><time datetime=format::machine(at)>{time}</time></td>
                    <td data-label="Who"><span>{who}</span></td>
                    <td data-label="What"><code>{entry.action.clone()}</code></td>
                    <td data-label="Result">{outcome(&entry.outcome)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table folds dense">
            <caption class="visually-hidden">"Newest first"</caption>
            <thead><tr><th scope="col">"Entry"</th><th scope="col">"Time"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"Result"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
