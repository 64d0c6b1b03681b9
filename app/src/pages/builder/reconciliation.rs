//! How a builder's bookings agree with Stripe and Calendly: what differs and is not mended, and what was.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::booking::{DriftLine, ReconciliationView};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;
use types::{Drift, DriftFailure};

use crate::components::{AppFrame, Flash, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;
use crate::pages::sale::status_badge;

const HERE: &str = "/builder/reconciliation";

/// The frame and what differed.
pub fn reconciliation_wants(_asked: &Asked) -> Wanted {
    Wanted { part: Some(ReconciliationView::part()), ..Wanted::FRAME }
}

/// `/builder/reconciliation`
pub fn reconciliation(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let page = context.page().and_then(|page| {
        let view = ReconciliationView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let (open, mended): (Vec<DriftLine>, Vec<DriftLine>) = view.drifts.into_iter().partition(|line| line.mended_at.is_none());
        let compared = view.compared_at.map_or_else(
            || "What is ahead was not compared with Calendly yet.".to_owned(),
            |at| format!("What is ahead was compared with Calendly {}.", format::ago(at, now, zone)),
        );
        let ahead = match view.ahead {
            0 => "Nothing is booked ahead".to_owned(),
            1 => "1 session is ahead".to_owned(),
            count => format!("{count} sessions are ahead"),
        };
        let state = if open.is_empty() {
            view! { <p><span class="state is-good"><Icon name="check" /> " Everything agrees"</span> " " <span class="quiet">{ahead}</span></p> }.into_any()
        } else {
            let waits = if open.len() == 1 { "1 booking waits".to_owned() } else { format!("{} bookings wait", open.len()) };
            view! { <p><span class="state is-warn"><Icon name="warn" /> " " {waits}</span> " " <span class="quiet">{ahead}</span></p> }.into_any()
        };
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/builder/bookings">
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href="/builder/bookings">"Bookings"</a></li><li aria-current="page">"In step"</li></ol>
                </nav>
                <div class="page-head"><div>
                    <h1>"In step with Stripe and Calendly"</h1>
                    <p class="sub">"Every five minutes, whatever messages were lost. What differs is mended by itself, and stands here."</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                <section class="ledger" aria-labelledby="h-now">
                    <header><h2 id="h-now">"Now"</h2><p>{compared}</p></header>
                    <div class="stack">
                        {state}
                        <form method="post" action=HERE><button class="button">"Compare everything now"</button></form>
                    </div>
                </section>
                {(!open.is_empty()).then(|| view! { <Differences lines=open zone=zone now=now /> })}
                <section class="ledger" aria-labelledby="h-mended">
                    <header><h2 id="h-mended">"Mended"</h2><p>"In the last thirty days."</p></header>
                    {if mended.is_empty() {
                        view! { <p class="empty">"Nothing had to be mended."</p> }.into_any()
                    } else {
                        view! { <Mended lines=mended zone=zone now=now /> }.into_any()
                    }}
                </section>
            </AppFrame>
        };
        Ok(Document::new("In step with Stripe and Calendly", body))
    });
    or_not_found(context, page)
}

const fn said(what: Drift) -> &'static str {
    match what {
        Drift::Unknown => "It could not be compared.",
        Drift::Payment => "Stripe had a payment that was not heard of here.",
        Drift::Booking => "It was paid, and not yet booked or given back.",
        Drift::Time => "It was moved at Calendly.",
        Drift::Cancellation => "It was cancelled at Calendly.",
        Drift::Refund => "Stripe had news of a refund.",
    }
}

fn booking(line: &DriftLine, zone: Tz) -> impl IntoView + use<> {
    let when = format!("{}, {}", line.starts_at.with_timezone(&zone).format("%a %-d %b"), format::span(line.starts_at, line.ends_at, zone));
    view! { <a href=format!("/builder/bookings/{}", line.booking_id)>{when}</a> " " <span class="quiet">{line.title.clone()}</span> }
}

/// What is not mended yet, each with a way to have it mended now.
#[component]
fn Differences(lines: Vec<DriftLine>, zone: Tz, now: DateTime<Utc>) -> impl IntoView {
    let rows = lines
        .iter()
        .map(|line| {
            let why = match line.failure {
                None => "It is being mended.",
                Some(DriftFailure::Stripe) => "Stripe does not answer; it is tried again every five minutes.",
                Some(DriftFailure::Calendly) => "Calendly does not answer; it is tried again every five minutes.",
            };
            let label = format!("Mend it now: {}", line.title);
            view! {
                <tr>
                    <th scope="row">{booking(line, zone)}</th>
                    <td data-label="What differs">{said(line.what)} " " <span class="quiet">{why}</span></td>
                    <td data-label="Found">{format::ago(line.found_at, now, zone)}</td>
                    <td><form method="post" action=format!("/builder/bookings/{}/compare", line.booking_id)><button class="button small" aria-label=label>"Mend it now"</button></form></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="ledger" aria-labelledby="h-open">
            <header><h2 id="h-open">"Differs"</h2><p>"Nothing is lost meanwhile: money and hours stay where they are."</p></header>
            <table class="table folds">
                <caption class="visually-hidden">"Bookings that differ"</caption>
                <thead><tr><th scope="col">"Booking"</th><th scope="col">"What differs"</th><th scope="col">"Found"</th><th scope="col"><span class="visually-hidden">"Do"</span></th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

#[component]
fn Mended(lines: Vec<DriftLine>, zone: Tz, now: DateTime<Utc>) -> impl IntoView {
    let rows = lines
        .iter()
        .map(|line| {
            let mended = line.mended_at.map(|at| format::ago(at, now, zone)).unwrap_or_default();
            view! {
                <tr>
                    <th scope="row">{booking(line, zone)}</th>
                    <td data-label="What differed">{said(line.what)}</td>
                    <td data-label="Mended">{mended}</td>
                    <td data-label="Since then">{status_badge(line.status)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table folds">
            <caption class="visually-hidden">"What was mended, the latest first"</caption>
            <thead><tr><th scope="col">"Booking"</th><th scope="col">"What differed"</th><th scope="col">"Mended"</th><th scope="col">"Stands"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}
