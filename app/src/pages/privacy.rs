//! What is kept of somebody and why: the public page, one's own, and a request by its link.

use chrono::{DateTime, Utc};
use domain::calendar::{CalendarError, Titles, Wanted};
use domain::privacy::{Basis, Erased, Exported, Holdings, MAP, PrivacyView, RequestView, TableMap};
use leptos::prelude::*;

use super::{not_found, or_not_found};
use crate::components::{AppFrame, Flash, Frame, Icon, PublicFrame};
use crate::context::{Asked, PageContext};
use crate::document::Document;

const OWN: &str = "/app/settings/privacy";

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
        let open = view.request.clone().filter(|request| ["grace", "running"].contains(&request.status.as_str()));
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
                <section class="ledger" aria-labelledby="h-kept">
                    <header><h2 id="h-kept">"What is kept"</h2><p>"Counted just now."</p></header>
                    <Kept holdings=view.holdings.clone() />
                </section>
                <section class="ledger" aria-labelledby="h-copy">
                    <header><h2 id="h-copy">"A copy of it"</h2><p>"Yours to keep or to take elsewhere (GDPR, articles 15 and 20)."</p></header>
                    <div class="stack">
                        <p class="soft">"One file with everything that says something of you, in a form that programs read (JSON). It is written while it is sent, and not kept here. Secrets that would let others in are left out."</p>
                        <form method="post" action="/app/settings/privacy/export"><button class="button">"Download a copy"</button></form>
                    </div>
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
    if request.status == "running" {
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

/// `/privacy/requests/{token}`
pub fn request(context: &PageContext) -> Document {
    let Some((request, token)) = context.request.as_deref().cloned() else { return not_found(context) };
    let (notice, site, signed_in) = (context.notice(), context.site.clone(), context.user.is_some());
    let here = format!("/privacy/requests/{token}");
    let at = |at: DateTime<Utc>| at.format("%-d %B %Y, %H:%M UTC").to_string();
    let body = match request.status.as_str() {
        "grace" => {
            let words = format!("Asked on {}. It is done on {}; until then it can be taken back.", at(request.asked_at), at(request.runs_at));
            view! {
                <h1>"Your account will be erased"</h1>
                <p class="soft mt-2">{words}</p>
                <form class="cluster mt-5" method="post" action=format!("{here}/cancel")><button class="button primary">"Keep my account"</button></form>
            }
            .into_any()
        }
        "running" => view! {
            <h1>"Your account is being erased"</h1>
            <p class="soft mt-2">"It waits only for what was sold or bought to be settled, and cannot be taken back any more. Look again in a while; the certificate will be here."</p>
        }
        .into_any(),
        "cancelled" => view! {
            <h1>"Your account stays"</h1>
            <p class="soft mt-2">"The request was taken back. What was closed for booking stays closed until you open it again."</p>
            <p class="mt-5"><a class="button" href="/sign-in">"Sign in"</a></p>
        }
        .into_any(),
        _ => {
            let when = request.ended_at.map(at).unwrap_or_default();
            view! {
                <h1>"Your account is erased"</h1>
                <p class="soft mt-2">{format!("Done on {when}. Nothing here says any more who you were. This certificate is signed; whoever runs this installation publishes the key that checks it.")}</p>
                <pre class="fingerprint lines mt-5" tabindex="0">{request.certificate.clone()}</pre>
                <p class="mt-4"><a class="button" href=format!("{here}/certificate") download=true>"Download the certificate"</a></p>
            }
            .into_any()
        }
    };
    let body = view! {
        <PublicFrame site=site signed_in=signed_in>
            <Flash notice=notice path=here />
            <div class="gate">{body}</div>
        </PublicFrame>
    };
    Document::new("Your request", body)
}

/// `/privacy`
pub fn privacy(context: &PageContext) -> Document {
    let rows = MAP.iter().filter(|table| table.basis != Basis::NotPersonal).map(row).collect_view();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <h1>"Privacy"</h1>
            <p class="soft mt-2">"What this installation of Kairos keeps of you, why, for how long, and what becomes of it when you leave. This page is made from the same list that the program erases by."</p>
            <section class="section" aria-labelledby="h-rights">
                <div class="section-head"><h2 id="h-rights">"What you can do"</h2></div>
                <ul class="stack">
                    <li>"Take a copy, or leave, under " <a href=OWN>"Privacy in your settings"</a> ". Leaving is done after 14 days, in which one click takes it back."</li>
                    <li>"Correct your name, zone and hours under Profile; take back what you allowed, connection by connection, under Connections. Both take effect at once."</li>
                    <li>"Without an account, as the client of somebody who sells here: your link to the booking shows what is kept of it; whoever sold it to you answers for it."</li>
                    <li>"Ask whoever runs this installation, or complain to the authority of your country."</li>
                </ul>
            </section>
            <section class="section" aria-labelledby="h-others">
                <div class="section-head"><h2 id="h-others">"Who else sees something"</h2></div>
                <ul class="stack">
                    <li>"Google, Microsoft or the server of your calendar: that Kairos reads it, if you connected it."</li>
                    <li>"Calendly: name, address and answers of whoever books a session."</li>
                    <li>"Stripe: name, address and card of whoever pays; no card number passes through this server."</li>
                    <li>"The mail server of this installation: what is mailed to you."</li>
                </ul>
                <p class="soft mt-4">"Google, Microsoft, Calendly and Stripe work in the United States too; by what contract, whoever runs this installation can say. Nothing is sold, and nothing is measured for advertising."</p>
            </section>
            <section class="section" aria-labelledby="h-map">
                <div class="section-head"><h2 id="h-map">"What is kept"</h2></div>
                <table class="table folds">
                    <caption class="visually-hidden">"What is kept, why, for how long, and what becomes of it"</caption>
                    <thead><tr><th scope="col">"What"</th><th scope="col">"What for"</th><th scope="col">"How long"</th><th scope="col">"When you leave"</th><th scope="col">"In your copy"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        </PublicFrame>
    };
    Document::new("Privacy", body)
}

fn row(table: &TableMap) -> impl IntoView + use<> {
    let copy = match table.exported {
        Exported::Yes => "yes".to_owned(),
        Exported::No(why) => format!("no: {why}"),
    };
    let columns = table.personal.iter().map(|(_, what)| *what).collect::<Vec<_>>().join("; ");
    let leaves = match table.erased {
        Erased::Rows => "it goes".to_owned(),
        other => other.words(),
    };
    view! {
        <tr>
            <th scope="row"><strong>{table.what}</strong> {(!columns.is_empty()).then(|| view! { <br /> <span class="quiet">{columns}</span> })}</th>
            <td data-label="What for">{table.purpose} " " <span class="quiet">{format!("({})", table.basis.words())}</span></td>
            <td data-label="How long">{table.retention.words()}</td>
            <td data-label="When you leave">{leaves}</td>
            <td data-label="In your copy">{copy}</td>
        </tr>
    }
}
