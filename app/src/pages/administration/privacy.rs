//! What was asked about privacy with its deadlines, and what is past its time by the data map.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, DueRow, PrivacyPage, RequestRow, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use domain::incidents::OpenBreach;
use domain::privacy::every_table;
use leptos::prelude::*;
use types::{PrivacyStatus, incident_name};

use super::breach::until;
use super::letters::{Holds, Letters};
use super::{documents, look};
use crate::components::{AppFrame, Flash, FormError, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const HERE: &str = "/admin/privacy";

/// The frame, the requests, and what is due.
pub fn privacy_wants(_asked: &Asked) -> calendar::Wanted {
    look(&Wanted::Privacy)
}

/// `/admin/privacy`
pub fn privacy(context: &PageContext) -> Document {
    let (notice, form) = (context.notice(), context.form.clone());
    let page = context.page().and_then(|page| {
        let found: PrivacyPage = administration::privacy(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let is_empty = found.requests.is_empty();
        let requests = found.requests.iter().map(|request| row(request, now)).collect_view();
        let due = found.due.iter().map(due).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Privacy"</h1>
                    <p class="sub">"What people asked about what is kept of them, and what is past its time. Times in UTC."</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                <FormError form=form.clone() />
                {breaches(&found.breaches, now)}
                <section class="ledger" aria-labelledby="h-requests">
                    <header><h2 id="h-requests">"Requests"</h2><p>"The law wants an answer within a month."</p></header>
                    {if is_empty {
                        view! { <p class="empty">"Nobody asked to be forgotten. People do it by themselves, under Privacy in their settings."</p> }.into_any()
                    } else {
                        view! {
                            <table class="table folds">
                                <caption class="visually-hidden">"Requests, those that are open first, at most 100"</caption>
                                <thead><tr><th scope="col">"Request"</th><th scope="col">"Asked"</th><th scope="col">"Runs"</th><th scope="col">"Due"</th><th scope="col">"State"</th></tr></thead>
                                <tbody>{requests}</tbody>
                            </table>
                        }
                        .into_any()
                    }}
                </section>
                <section class="ledger" aria-labelledby="h-letters">
                    <header><h2 id="h-letters">"By mail"</h2><p>"What people asked in letters and mails, by the number under which you file it."</p></header>
                    <div><Letters letters=found.letters.clone() form=form.clone() now=now /></div>
                </section>
                <section class="ledger" aria-labelledby="h-holds">
                    <header><h2 id="h-holds">"Legal holds"</h2><p>"What a court or an authority wants kept: the account, its events and its bookings are not purged or erased until the day; the longer rule wins."</p></header>
                    <div><Holds holds=found.holds.clone() form=form.clone() now=now /></div>
                </section>
                <section class="ledger" aria-labelledby="h-due">
                    <header><h2 id="h-due">"Past its time"</h2><p>"What goes at the next purge, within the hour: what is counted here and what goes are found by the same rule, at most a thousand rows at a time, of events five thousand."</p></header>
                    <div>
                        <table class="table folds">
                            <caption class="visually-hidden">"What is past its time or will be soon, by table"</caption>
                            <thead><tr><th scope="col">"What"</th><th scope="col">"Kept"</th><th scope="col">"The oldest"</th><th scope="col">"Due now"</th><th scope="col">"Within 30 days"</th></tr></thead>
                            <tbody>{due}</tbody>
                        </table>
                        <p class="soft mt-4">"What is kept, why, and for how long, stands on the " <a href="/privacy">"public page"</a> "."</p>
                    </div>
                </section>
                {documents("docs/adr/0027-privacy.md", "How somebody is forgotten:")}
                {documents("docs/runbooks/breach.md", "When personal data may have got out, within 72 hours:")}
            </AppFrame>
        };
        Ok(Document::new("Privacy", body))
    });
    or_not_found(context, page)
}

/// Breaches of which it is not decided whether the authority is told; nothing where there are none.
fn breaches(open: &[OpenBreach], now: DateTime<Utc>) -> Option<impl IntoView + use<>> {
    let lines = open
        .iter()
        .map(|breach| view! { <li><a href=format!("/admin/incidents/{}#h-breach", breach.incident_id)>{incident_name(breach.number)}</a> " " {until(breach.known_at, now)}</li> })
        .collect_view();
    (!open.is_empty()).then(|| view! {
        <section class="ledger" aria-labelledby="h-breaches">
            <header><h2 id="h-breaches">"Breaches"</h2><p>"Personal data may have got out. The law gives 72 hours to tell the authority."</p></header>
            <ul class="stack tight">{lines}</ul>
        </section>
    })
}

fn row(request: &RequestRow, now: DateTime<Utc>) -> impl IntoView + use<> {
    let whose = match request.user_id {
        Some(user) => view! { <a href=format!("/admin/users/{user}")><code>{user.to_string()}</code></a> }.into_any(),
        None => view! { <span class="quiet">"nobody any more"</span> " " <code>{request.id.to_string()}</code> }.into_any(),
    };
    let state = match request.status {
        PrivacyStatus::Grace => view! { <span class="state is-warn"><Icon name="clock" /> " can be taken back"</span> }.into_any(),
        PrivacyStatus::Running if request.due_at <= now => {
            view! { <span class="state is-bad"><Icon name="warn" /> " overdue: money or a session keeps it"</span> }.into_any()
        }
        PrivacyStatus::Running => view! { <span class="state is-warn"><Icon name="sync" /> " running"</span> }.into_any(),
        PrivacyStatus::Done => view! { <span class="state is-good"><Icon name="check" /> " done"</span> }.into_any(),
        PrivacyStatus::Cancelled => view! { <span class="quiet">"taken back"</span> }.into_any(),
    };
    let runs = if request.status.is_open() { format::moment(request.runs_at, now, UTC) } else { String::new() };
    view! {
        <tr>
            <th scope="row">{whose}</th>
            <td data-label="Asked">{format::ago(request.asked_at, now, UTC)}</td>
            <td data-label="Runs">{runs}</td>
            <td data-label="Due">{request.due_at.format("%-d %B %Y").to_string()}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
}

fn due(row: &DueRow) -> impl IntoView + use<> {
    let table = every_table().find(|table| table.name == row.name);
    let (what, kept) = table.map_or_else(|| (row.name.clone(), String::new()), |table| (table.what.to_owned(), table.retention.words()));
    view! {
        <tr>
            <th scope="row">{what}</th>
            <td data-label="Kept">{kept}</td>
            <td data-label="The oldest">{row.oldest.map_or_else(|| "none".to_owned(), |oldest| oldest.format("%-d %B %Y").to_string())}</td>
            <td data-label="Due now">{format::count(row.due)}</td>
            <td data-label="Within 30 days">{format::count(row.within_month)}</td>
        </tr>
    }
}
