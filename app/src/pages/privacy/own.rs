//! One's own privacy: what is kept, a copy of it, and the way out.

use chrono::{DateTime, Utc};
use domain::calendar::{CalendarError, Titles, Wanted};
use domain::privacy::{ArchiveView, Holdings, PrivacyView, RequestView};
use leptos::prelude::*;
use types::PrivacyStatus;

use super::OWN;
use super::allowed::Allowed;
use crate::components::{AppFrame, Flash, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

/// The frame, and what is kept.
pub fn own_privacy_wants(_asked: &Asked) -> Wanted {
    Wanted { part: Some(PrivacyView::part()), ..Wanted::FRAME }
}

/// `/app/settings/privacy`
pub fn own_privacy(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let page = context.page().and_then(|page| {
        let view = PrivacyView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let open = view.request.clone().filter(|request| request.status.is_open());
        let state = open.map(|request| view! { <Open request=request zone=zone now=now /> }.into_any());
        let is_open = state.is_some();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=OWN>
                <div class="page-head"><div>
                    <h1>"Privacy"</h1>
                    <p class="sub">"What is kept of you here, a copy of it, and the way out. Why each is kept stands on the " <a href="/privacy">"privacy page"</a> "."</p>
                </div></div>
                <Flash notice=notice path=OWN.to_owned() />
                {state}
                {view.held_until.map(|until| view! {
                    <div class="banner is-warn" role="status">
                        <Icon name="lock" />
                        <h2>{format!("What is kept of you must stay until {}", until.with_timezone(&zone).format("%-d %B %Y"))}</h2>
                        <p>"A court or an authority wants it. Nothing of it is erased before that, and nothing else is done with it for that reason."</p>
                    </div>
                })}
                <section class="ledger" aria-labelledby="h-kept">
                    <header><h2 id="h-kept">"What is kept"</h2><p>"Counted just now."</p></header>
                    <Kept holdings=view.holdings.clone() />
                </section>
                <section class="ledger" aria-labelledby="h-copy">
                    <header><h2 id="h-copy">"A copy of it"</h2><p>"Yours to keep or to take elsewhere (GDPR, articles 15 and 20)."</p></header>
                    <Copy archive=view.archive.clone() zone=zone now=now />
                </section>
                <section class="ledger" aria-labelledby="h-allowed">
                    <header><h2 id="h-allowed">"What you allow"</h2><p>"In the words that you saw. Taken back, it ends at once."</p></header>
                    <Allowed consents=view.consents.clone() zone=zone />
                </section>
                <section class="ledger" aria-labelledby="h-correct">
                    <header><h2 id="h-correct">"Something is wrong"</h2></header>
                    <p class="soft">"Name, zone and hours are changed under " <a href="/app/settings/profile">"Profile"</a> "; what a calendar says is changed in that calendar, and read from there."</p>
                </section>
                {(!is_open).then(|| view! {
                    <section class="ledger" aria-labelledby="h-leave">
                        <header><h2 id="h-leave">"Leave"</h2><p>"Everything of yours goes, and cannot be brought back."</p></header>
                        <div class="stack">
                            <Leaving holdings=view.holdings.clone() />
                            <p><a class="button danger" href="/app/settings/privacy/erase">"Erase my account…"</a></p>
                        </div>
                    </section>
                })}
            </AppFrame>
        };
        Ok(Document::new("Privacy", body))
    });
    or_not_found(context, page)
}

/// `/app/settings/privacy/erase`
pub fn erase(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let view = PrivacyView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let until = (context.asked.now + domain::privacy::GRACE).with_timezone(&zone).format("%A %-d %B, %H:%M").to_string();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=OWN>
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href=OWN>"Privacy"</a></li><li aria-current="page">"Erase"</li></ol>
                </nav>
                <div class="gate">
                    <h1>"Erase your account?"</h1>
                    <dl class="why roomy mt-5">
                        <dt>"When"</dt>
                        <dd>{format!("On {until}. Until then one click takes it back, here or by a link that is mailed to you.")}</dd>
                        <dt>"What happens before"</dt>
                        <dd><Leaving holdings=view.holdings.clone() /></dd>
                        <dt>"What goes"</dt>
                        <dd>"Your account, your calendars with every event, your connections with their tokens, which are given back where the provider can, and the key under which all of it was encrypted."</dd>
                        <dt>"What stays"</dt>
                        <dd>"What was paid, for seven years, without you: amounts, ids and states, because tax law wants it. What was done and when in the audit log, without whose it was."</dd>
                        <dt>"What you get"</dt>
                        <dd>"A signed certificate that says all this with numbers, at the address in the mail."</dd>
                    </dl>
                    <form class="cluster mt-5" method="post" action="/app/settings/privacy/erase">
                        <button class="button danger sure">"Erase my account in 14 days"</button>
                        <a class="button" href=OWN>"Keep it"</a>
                    </form>
                </div>
            </AppFrame>
        };
        Ok(Document::new("Erase your account", body))
    });
    or_not_found(context, page)
}

/// What is under way, and the way back.
#[component]
fn Open(request: RequestView, zone: chrono_tz::Tz, now: DateTime<Utc>) -> impl IntoView {
    let when = request.runs_at.with_timezone(&zone).format("%A %-d %B, %H:%M").to_string();
    if request.status == PrivacyStatus::Running {
        return view! {
            <div class="banner is-warn" role="status">
                <Icon name="clock" />
                <h2>"Your account is being erased"</h2>
                <p>"It waits only for what was sold or bought to be settled. It cannot be taken back any more."</p>
            </div>
        }
        .into_any();
    }
    let days = (request.runs_at - now).num_days();
    let left = match days {
        0 => "less than a day from now".to_owned(),
        1 => "one day from now".to_owned(),
        days => format!("{days} days from now"),
    };
    view! {
        <div class="banner is-warn" role="status">
            <Icon name="clock" />
            <h2>{format!("Your account will be erased on {when}")}</h2>
            <p>{format!("That is {left}. Until then everything works as before, but nothing new can be sold.")}</p>
            <form class="cluster" method="post" action="/app/settings/privacy/erase/cancel"><button class="button primary">"Keep my account"</button></form>
        </div>
    }
    .into_any()
}

/// A copy: asked for, on its way, or ready to be fetched.
#[component]
fn Copy(archive: Option<ArchiveView>, zone: chrono_tz::Tz, now: DateTime<Utc>) -> impl IntoView {
    let ready = archive.clone().and_then(|archive| Some((archive.id, archive.bytes, archive.expires_at.filter(|until| *until > now)?)));
    let under_way = archive.filter(|archive| archive.ready_at.is_none());
    let is_under_way = under_way.is_some();
    view! {
        <div class="stack">
            <p class="soft">"An archive (ZIP) with everything that says something of you: rows as JSON with a schema for each kind, events for calendar programs, entries of the audit log with their proofs, and a list of digests. Secrets that would let others in are left out."</p>
            {ready.map(|(id, bytes, until)| view! {
                <div class="banner" role="status">
                    <Icon name="tick" />
                    <h3>"Your copy is ready"</h3>
                    <p>{format!("{} kB. It can be fetched once, until {}.", format::count(bytes.div_euclid(1_000) + 1), until.with_timezone(&zone).format("%A %-d %B, %H:%M"))}</p>
                    <form method="post" action=format!("/app/settings/privacy/export/{id}")><button class="button primary">"Download your copy"</button></form>
                </div>
            })}
            {under_way.map(|archive| view! {
                <div class="sync-progress" role="status">
                    <p>{format!("Your copy is being written: {} of {} steps. You get a mail when it is ready; ", archive.done, archive.steps)} <a href=OWN>"look again"</a> "."</p>
                    <progress value=archive.done max=archive.steps.max(1) aria-label="Steps that are done"></progress>
                </div>
            })}
            {(!is_under_way).then(|| view! { <form method="post" action="/app/settings/privacy/export"><button class="button">"Make a copy"</button></form> })}
        </div>
    }
}

#[component]
fn Kept(holdings: Holdings) -> impl IntoView {
    let rows = [
        ("Connected accounts", holdings.connections),
        ("Calendars", holdings.calendars),
        ("Events", holdings.events),
        ("Browsers that are signed in", holdings.sessions),
        ("Passkeys", holdings.passkeys),
        ("API keys", holdings.api_keys),
        ("Kinds of session that you sell", holdings.session_types),
        ("Sessions that others booked with you", holdings.sold),
        ("Sessions that you booked", holdings.bought),
        ("Payments", holdings.payments),
        ("Entries about you in the audit log", holdings.audit_entries),
    ]
    .map(|(what, count)| view! { <dt>{what}</dt> <dd>{count}</dd> })
    .collect_view();
    view! { <dl class="facts">{rows}</dl> }
}

/// What is ended before somebody goes.
#[component]
fn Leaving(holdings: Holdings) -> impl IntoView {
    let sold = match holdings.sold_ahead {
        0 => None,
        1 => Some("The session that is booked with you is cancelled, and its client gets everything back. ".to_owned()),
        count => Some(format!("The {count} sessions that are booked with you are cancelled, and their clients get everything back. ")),
    };
    let bought = match holdings.bought_ahead {
        0 => None,
        1 => Some("The session that you booked is cancelled, and you get back what its policy says. ".to_owned()),
        count => Some(format!("The {count} sessions that you booked are cancelled, and you get back what their policies say. ")),
    };
    let nothing = (sold.is_none() && bought.is_none()).then_some("Nothing is booked, so nothing has to be ended first.");
    view! { <p class="soft">{sold} {bought} {nothing}</p> }
}
