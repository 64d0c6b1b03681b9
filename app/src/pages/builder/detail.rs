//! One booking, for its builder; and the page before it is cancelled.

use domain::booking::{BookingView, Viewpoint};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;
use types::{Attention, BookingStatus};

use crate::components::{AppFrame, Field, FieldError, Flash, FormError, Frame, Icon};
use crate::context::{Asked, Form, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;
use crate::pages::sale::{Money, Timeline, status_badge};
use crate::words::REFUND_REASONS;

const LIST: &str = "/builder/bookings";

/// The frame and the booking.
pub fn booking_wants(asked: &Asked) -> Wanted {
    Wanted { part: Some(BookingView::part(asked.booking())), ..Wanted::FRAME }
}

/// `/builder/bookings/{id}`
pub fn booking(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let page = context.page().and_then(|page| {
        let view = BookingView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let (zone, form) = (frame.person.zoned.zone, context.form.clone());
        let here = format!("{LIST}/{}", view.id);
        let heading =
            format!("{}, {}", view.starts_at.with_timezone(&zone).format("%A %-d %B"), format::span(view.starts_at, view.ends_at, zone));
        let (who, email) = view.client.as_ref().map_or_else(
            || ("A client who is forgotten, or whose key is missing".to_owned(), String::new()),
            |client| (client.name.clone(), client.email.clone()),
        );
        let there = (view.client_zone != zone).then(|| {
            format!(
                " For the client it is {} in {}.",
                format::clock(view.starts_at, view.client_zone),
                format::zone_name(view.client_zone, view.starts_at)
            )
        });
        let sub = format!("{} with {who}. {}.{}", view.title, format::zone_name(zone, view.starts_at), there.unwrap_or_default());
        let answers = view
            .client
            .iter()
            .flat_map(|client| &client.answers)
            .map(|said| view! { <dt>{said.question.clone()}</dt> <dd class="lines">{said.answer.clone()}</dd> })
            .collect_view();
        let risk = view.payment.as_ref().and_then(|payment| payment.risk_level.clone());
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=LIST>
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href=LIST>"Bookings"</a></li><li aria-current="page">{view.title.clone()}</li></ol>
                </nav>
                <div class="page-head">
                    <div><h1>{heading}</h1><p class="sub">{sub}</p></div>
                    {status_badge(view.status)}
                </div>
                <Flash notice=notice path=here.clone() />
                {view.attention.map(|why| view! { <NeedsYou why=why view=view.clone() here=here.clone() /> })}
                <div class="split">
                    <div>
                        <dl class="facts">
                            <dt>"Client"</dt>
                            <dd>{who} <br /><span class="quiet">{email}</span></dd>
                            {answers}
                            {risk.map(|risk| view! { <dt>"Risk, by Stripe Radar"</dt> <dd>{risk}</dd> })}
                        </dl>
                        <Timeline view=view.clone() viewpoint=Viewpoint::Builder zone=zone now=now />
                        <Acts view=view.clone() form=form here=here now=now />
                    </div>
                    <Money view=view zone=zone />
                </div>
            </AppFrame>
        };
        Ok(Document::new("Booking", body))
    });
    or_not_found(context, page)
}

/// What is wrong, and what to do.
#[component]
fn NeedsYou(why: Attention, view: BookingView, here: String) -> impl IntoView {
    let (what, next) = match why {
        Attention::RefundFailed => (
            "Stripe could not give the money back.",
            "The card may be closed, or your balance too small. Mend that at Stripe, then try again here; or send it another way, and tell the client.",
        ),
        Attention::WrongAmount => (
            "The client paid another amount than was asked for.",
            "That does not happen by itself. Nothing was booked; give the money back, and tell whoever runs this installation.",
        ),
        Attention::CalendlyRefuses => (
            "It is paid, and Calendly does not let Kairos book it.",
            "Look at your Calendly connection. It is tried again every ten minutes; when the session's time comes first, everything goes back to the client.",
        ),
        Attention::Disputed => (
            "The owner of the card disputes the payment.",
            "Answer it at Stripe before its deadline. Until it is decided nothing can be given back from here.",
        ),
        Attention::RefundedElsewhere => {
            ("Money was given back at Stripe's own page, and the session still stands.", "Cancel it if it is not to take place.")
        }
    };
    let retry = (why == Attention::RefundFailed && view.status == BookingStatus::NeedsAttention).then(|| {
        view! { <form method="post" action=format!("{here}/retry")><button class="button">"Try the refund again"</button></form> }
    });
    let connect =
        (why == Attention::CalendlyRefuses).then(|| view! { <a class="button" href="/builder/connect">"To your Calendly connection"</a> });
    view! {
        <div class="banner is-warn" role="status">
            <Icon name="warn" />
            <h2>{what}</h2>
            <p>{next}</p>
            <div class="cluster">{retry} {connect}</div>
        </div>
    }
}

/// What the builder can do to it.
#[component]
fn Acts(view: BookingView, form: Form, here: String, now: chrono::DateTime<chrono::Utc>) -> impl IntoView {
    let can_cancel =
        matches!(view.status, BookingStatus::Held | BookingStatus::AwaitingPayment | BookingStatus::Paid | BookingStatus::Confirmed);
    let began = view.starts_at <= now;
    let no_show = (began && matches!(view.status, BookingStatus::Confirmed | BookingStatus::Completed)).then(|| {
        view! { <form method="post" action=format!("{here}/no-show")><button class="button">"The client did not come"</button></form> }
    });
    let came = (view.status == BookingStatus::NoShow).then(|| {
        view! { <form method="post" action=format!("{here}/no-show")><input type="hidden" name="came" value="true" /><button class="button">"They did come after all"</button></form> }
    });
    let stands =
        matches!(view.status, BookingStatus::Confirmed | BookingStatus::Completed | BookingStatus::NoShow | BookingStatus::NeedsAttention);
    let left = view.left.filter(|left| left.minor > 0 && stands);
    let chosen = form.value("why");
    let reasons = REFUND_REASONS
        .iter()
        .map(|(name, label)| view! { <option value=*name selected=chosen.as_deref() == Some(*name)>{*label}</option> })
        .collect_view();
    view! {
        {(no_show.is_some() || came.is_some()).then(|| view! {
            <section class="ledger no-print" aria-labelledby="h-came">
                <header><h2 id="h-came">"Did they come?"</h2></header>
                <div class="cluster">{no_show} {came}</div>
            </section>
        })}
        {left.map(|left| view! {
            <section class="ledger no-print" aria-labelledby="h-refund">
                <header><h2 id="h-refund">"Give money back"</h2><p>"The session stays as it is. You are asked to confirm that it is you."</p></header>
                <form class="stack gate-left" method="post" action=format!("{here}/refund")>
                    <FormError form=form.clone() />
                    <input type="hidden" name="left" value=left.minor />
                    <Field form=form.clone() name="amount" label="How much" value=left.number() hint="At most what is left of what was paid." />
                    <div class="field">
                        <label for="why">"Why"</label>
                        <select class="select" id="why" name="why" aria-invalid=form.invalid("why") aria-describedby=form.described_by("why", false)>
                            <option value="">"Choose a reason"</option>
                            {reasons}
                        </select>
                        <FieldError form=form.clone() name="why" />
                    </div>
                    <button class="button">{format!("Refund up to {left}…")}</button>
                </form>
            </section>
        })}
        <section class="ledger no-print" aria-labelledby="h-compare">
            <header><h2 id="h-compare">"In step?"</h2></header>
            <div>
                <p class="soft">"Kairos compares each booking with Stripe and Calendly by itself, and mends what differs. You can have it done now."</p>
                <form class="mt-4" method="post" action=format!("{here}/compare")><button class="button">"Compare it now"</button></form>
            </div>
        </section>
        {can_cancel.then(|| view! {
            <section class="ledger no-print" aria-labelledby="h-cancel">
                <header><h2 id="h-cancel">"Cancel"</h2></header>
                <div>
                    <p class="soft">"When you cancel, the client gets back everything they paid, whatever the policy says, and a mail."</p>
                    <p class="mt-4"><a class="button danger" href=format!("{here}/cancel")>"Cancel this booking…"</a></p>
                </div>
            </section>
        })}
    }
}

/// `/builder/bookings/{id}/cancel`
pub fn cancel(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let view = BookingView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let here = format!("{LIST}/{}", view.id);
        let who = view.client.as_ref().map_or_else(|| "the client".to_owned(), |client| client.name.clone());
        let when = format!("{}, {}", view.starts_at.with_timezone(&zone).format("%A %-d %B"), format::span(view.starts_at, view.ends_at, zone));
        let back = view.left.map_or_else(|| "Nothing was paid yet.".to_owned(), |left| format!("{left}, which is everything that is left of what was paid."));
        let button = view.left.filter(|left| left.minor > 0).map_or_else(|| "Cancel it".to_owned(), |left| format!("Cancel and give {left} back"));
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=LIST>
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol><li><a href=LIST>"Bookings"</a></li><li><a href=here.clone()>{view.title.clone()}</a></li><li aria-current="page">"Cancel"</li></ol>
                </nav>
                <div class="gate">
                    <h1>{format!("Cancel {} with {who}?", view.title)}</h1>
                    <dl class="why roomy mt-5">
                        <dt>"When"</dt>
                        <dd>{when}</dd>
                        <dt>"What goes back"</dt>
                        <dd>{back}</dd>
                        <dt>"What happens"</dt>
                        <dd>{format!("{who} gets a mail, the event at Calendly is cancelled, and the hour opens for others. This cannot be undone.")}</dd>
                    </dl>
                    <form class="cluster mt-5" method="post" action=format!("{here}/cancel")>
                        <button class="button danger sure">{button}</button>
                        <a class="button" href=here.clone()>"Keep it"</a>
                    </form>
                </div>
            </AppFrame>
        };
        Ok(Document::new("Cancel a booking", body))
    });
    or_not_found(context, page)
}
