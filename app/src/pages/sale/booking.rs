//! One booking, for its client.

use domain::booking::{BookingView, Viewpoint};
use leptos::prelude::*;
use types::BookingStatus;

use super::super::not_found;
use super::timeline::status_badge;
use super::{Money, Timeline};
use crate::components::{Flash, Icon, PublicFrame};
use crate::context::{PageContext, Sale};
use crate::document::Document;
use crate::format;

/// `/bookings/{token}`
pub fn booking(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let Some(Sale::Booking(view, token)) = context.sale.as_deref() else { return not_found(context) };
    let here = format!("/bookings/{token}");
    let view = (**view).clone();
    let title = format!("{}, {}", view.title, view.starts_at.with_timezone(&view.client_zone).format("%-d %B"));
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <Flash notice=notice path=here.clone() />
            <ClientBooking view=view here=here now=now />
        </PublicFrame>
    };
    Document::new(title, body)
}

/// The same in whatever frame.
#[component]
pub fn ClientBooking(
    /// The booking.
    view: BookingView,
    /// Where its forms go: the link to it.
    here: String,
    /// The present moment.
    now: chrono::DateTime<chrono::Utc>,
) -> impl IntoView {
    let zone = view.client_zone;
    let host = view.page.as_ref().map_or_else(|| "your host".to_owned(), |page| page.name.clone());
    let date = view.starts_at.with_timezone(&zone).format("%A %-d %B").to_string();
    let heading = format!("{date}, {}", format::span(view.starts_at, view.ends_at, zone));
    let there = view.builder_zone.filter(|there| *there != zone).map(|there| {
        format!("; for {host} it is {} in {}", format::clock(view.starts_at, there), format::zone_name(there, view.starts_at))
    });
    let sub = format!("{} with {host}. {}{}.", view.title, format::zone_name(zone, view.starts_at), there.unwrap_or_default());
    let sale = view.page.as_ref().map(|page| format!("/b/{}/{}", page.slug, view.session_slug));
    let next = next_step(&view, &here, sale, now);
    let cancel = view.quote.map(|quote| {
        let words = match (view.payment.is_some(), quote.minor) {
            (false, _) => "Nothing was paid yet. The time opens for others at once.".to_owned(),
            (true, 0) => "By the policy you accepted, nothing comes back any more.".to_owned(),
            (true, _) => {
                format!("If you cancel now, {quote} goes back to how you paid, usually in 5 to 10 days. The hour opens for others at once.")
            }
        };
        let button = if quote.minor > 0 { format!("Cancel and get {quote} back…") } else { "Cancel it…".to_owned() };
        let policy = view.policy.map(|policy| view! { <super::PolicyRibbon policy=policy /> });
        view! {
            <section class="ledger no-print" aria-labelledby="h-cancel">
                <header><h2 id="h-cancel">"Cancel"</h2></header>
                <div>
                    {policy}
                    <p class="soft mt-4">{words}</p>
                    <p class="mt-4"><a class="button danger" href=format!("{here}/cancel")>{button}</a></p>
                </div>
            </section>
        }
    });
    view! {
        <div class="page-head">
            <div>
                <h1>{heading}</h1>
                <p class="sub">{sub}</p>
            </div>
            {status_badge(view.status)}
        </div>
        <div class="split">
            <div>
                {next}
                <Timeline view=view.clone() viewpoint=Viewpoint::Client zone=zone now=now />
                {cancel}
            </div>
            <Money view=view zone=zone />
        </div>
    }
}

/// What there is to do for the client, and what is going on.
fn next_step(view: &BookingView, here: &str, sale: Option<String>, now: chrono::DateTime<chrono::Utc>) -> AnyView {
    let zone = view.client_zone;
    let again = sale.map(|sale| view! { <a class="button" href=sale>"Choose another time"</a> });
    let say = |tone: &'static str, icon: &'static str, what: String, means: &'static str, ways: AnyView| {
        view! {
            <div class=format!("banner {tone}") role="status">
                <Icon name=icon />
                <h2>{what}</h2>
                <p>{means}</p>
                <p class="cluster">{ways}</p>
            </div>
        }
        .into_any()
    };
    match view.status {
        BookingStatus::Held | BookingStatus::AwaitingPayment if view.is_pending => say(
            "is-act",
            "clock",
            "Your payment is on its way".to_owned(),
            "Your bank takes its time. The session stays held for you, and you get a mail when the money has come.",
            ().into_any(),
        ),
        BookingStatus::Held | BookingStatus::AwaitingPayment => {
            let until = format!("Held for you until {}", format::clock(view.held_until, zone));
            let pay = format!("Pay {} at Stripe", view.price);
            let ways = view! { <a class="button moment" href=format!("{here}/pay")>{pay}</a> <a class="button" href=here.to_owned()>"Look again"</a> };
            say(
                "is-act",
                "clock",
                until,
                "It is yours when it is paid. Not paid by then, it opens for others and nothing is charged.",
                ways.into_any(),
            )
        }
        BookingStatus::Paid => match &view.pick_url {
            Some(url) => {
                let ways = view! { <a class="button moment" href=url.clone() rel="noopener">"Pick your time at Calendly"</a> };
                say(
                    "is-act",
                    "calendar",
                    "One step is missing: pick a time".to_owned(),
                    "You have paid. The link works once, and was mailed to you too. Pick before the time you chose first begins; after that, everything goes back.",
                    ways.into_any(),
                )
            }
            None => say(
                "is-act",
                "sync",
                "Paid, and being booked".to_owned(),
                "This takes seconds. This page looks again by itself, and a mail says when it is done. Should the time be gone, everything goes back at once.",
                view! { <a class="button" href=here.to_owned()>"Look again"</a> }.into_any(),
            ),
        },
        BookingStatus::Confirmed => {
            let moves =
                view.reschedule_url.clone().map(|url| view! { <a class="button" href=url rel="noopener">"Move it at Calendly (free)"</a> });
            let is_ahead = view.starts_at > now;
            view! {
                <div class="cluster no-print">
                    {is_ahead.then(|| view! { <a class="button" href=format!("{here}/session.ics")>"Add to a calendar (.ics)"</a> })}
                    {moves}
                </div>
            }
            .into_any()
        }
        BookingStatus::Expired => say(
            "is-unknown",
            "clock",
            "It was not paid in time".to_owned(),
            "The time is open for others again. Nothing was charged; a payment that should still come goes back by itself.",
            view! { {again} }.into_any(),
        ),
        BookingStatus::RefundPending | BookingStatus::Refunded | BookingStatus::Cancelled => {
            view! { <p class="cluster no-print">{again}</p> }.into_any()
        }
        BookingStatus::NeedsAttention => say(
            "is-warn",
            "warn",
            "Your host has to look at this".to_owned(),
            "Something about the money could not be done by itself. Nothing is lost: your host was told, and sees your booking.",
            ().into_any(),
        ),
        BookingStatus::Completed | BookingStatus::NoShow => ().into_any(),
    }
}
