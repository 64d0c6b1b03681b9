//! What happened to a booking, in words; and how it stands.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::booking::{BookingView, ChangeView, Viewpoint};
use leptos::prelude::*;
use types::{BookingStatus, Cause, Currency, RefundStatus};

use crate::components::Icon;
use crate::format;

/// How a booking stands, as an icon and a word.
pub fn status_badge(status: BookingStatus) -> impl IntoView {
    let (tone, icon, words) = match status {
        BookingStatus::Held => ("is-act", "clock", "Held, not paid"),
        BookingStatus::AwaitingPayment => ("is-act", "clock", "Waiting for payment"),
        BookingStatus::Paid => ("is-act", "sync", "Paid, being booked"),
        BookingStatus::Confirmed => ("is-good", "check", "Paid and confirmed"),
        BookingStatus::Completed => ("is-good", "check", "Took place"),
        BookingStatus::NoShow => ("is-warn", "warn", "Client did not come"),
        BookingStatus::Expired => ("is-unknown", "clock", "Not paid in time"),
        BookingStatus::Cancelled => ("is-unknown", "cross", "Cancelled"),
        BookingStatus::RefundPending => ("is-act", "sync", "Cancelled, refund on its way"),
        BookingStatus::Refunded => ("is-good", "check", "Cancelled and refunded"),
        BookingStatus::NeedsAttention => ("is-bad", "cross", "Needs the host"),
    };
    view! { <span class=format!("state {tone}")><Icon name=icon /> " " {words}</span> }
}

fn amount(detail: &serde_json::Value, field: &str) -> Option<types::Money> {
    let currency = Currency::parse(detail.get("currency")?.as_str()?)?;
    Some(types::Money::new(detail.get(field)?.as_i64()?, currency))
}

fn at(detail: &serde_json::Value, field: &str, zone: Tz) -> String {
    let moment = detail.get(field).and_then(|value| value.as_str()).and_then(|text| text.parse::<DateTime<Utc>>().ok());
    moment.map_or_else(String::new, |moment| moment.with_timezone(&zone).format("%A %-d %B %H:%M").to_string())
}

fn by(cause: Cause, viewpoint: Viewpoint) -> &'static str {
    match (cause, viewpoint) {
        (Cause::Client, Viewpoint::Client) | (Cause::Builder, Viewpoint::Builder) => "by you",
        (Cause::Client, Viewpoint::Builder) => "by the client",
        (Cause::Builder, Viewpoint::Client) => "by the host",
        (Cause::Admin, _) => "by whoever runs this server",
        (Cause::Webhook | Cause::Job, _) => "",
    }
}

/// What, and what follows from it.
fn words(change: &ChangeView, viewpoint: Viewpoint, zone: Tz) -> (String, String, &'static str) {
    let money = |field: &str| amount(&change.detail, field).map_or_else(String::new, |money| format!(" {money}"));
    let who = by(change.cause, viewpoint);
    let (what, then, tone) = match change.what.as_str() {
        "held" => ("Held".to_owned(), format!("Until {}, unless it is paid before.", at(&change.detail, "until", zone)), ""),
        "checkout_opened" => ("Payment page opened".to_owned(), "At Stripe.".to_owned(), ""),
        "payment_pending" => {
            ("Payment on its way".to_owned(), "The bank takes its time; the session stays held until it answers.".to_owned(), "")
        }
        "payment_failed" => {
            ("Payment failed".to_owned(), "The bank said no. Nothing was charged, and the time is open again.".to_owned(), "is-bad")
        }
        "paid" => (format!("Paid{}", money("amount")), "By Stripe, which sends the receipt.".to_owned(), "is-good"),
        "booked" => ("Confirmed".to_owned(), "Written into Calendly and mailed.".to_owned(), "is-good"),
        "picks" => ("Waiting for a time to be picked".to_owned(), "A link to Calendly was mailed.".to_owned(), ""),
        "slot_lost" => ("The time was gone".to_owned(), "It was taken at the last moment. Everything goes back.".to_owned(), "is-bad"),
        "expired" => ("Not paid in time".to_owned(), "The time is open for others again. Nothing was charged.".to_owned(), ""),
        "cancelled" => {
            let back = amount(&change.detail, "back");
            let then = match back {
                Some(back) if back.minor > 0 => format!("{back} goes back."),
                Some(_) => "By the policy, nothing comes back.".to_owned(),
                None => "Nothing had been paid.".to_owned(),
            };
            (format!("Cancelled {who}"), then, "")
        }
        "refund_requested" => (format!("Refund of{} asked for", money("amount")), reason(&change.detail).to_owned(), ""),
        "refunded" => {
            (format!("Given back{}", money("amount")), "To how it was paid; banks take 5 to 10 days to show it.".to_owned(), "is-good")
        }
        "refund_failed" => {
            (format!("Refund of{} failed", money("amount")), "Stripe could not give it back. The host was told.".to_owned(), "is-bad")
        }
        "moved" => (
            "Moved".to_owned(),
            format!(
                "From {} to {}. The payment moved along; nothing was charged or given back.",
                at(&change.detail, "from", zone),
                at(&change.detail, "to", zone)
            ),
            "",
        ),
        "completed" => ("Took place".to_owned(), String::new(), "is-good"),
        "no_show" => ("The client did not come".to_owned(), format!("Said {who}."), "is-warn"),
        "attention" => ("Needs the host".to_owned(), "They were told by mail.".to_owned(), "is-warn"),
        "mended" => ("Mended".to_owned(), String::new(), "is-good"),
        other => (other.replace('_', " "), String::new(), ""),
    };
    (what, then, tone)
}

fn reason(detail: &serde_json::Value) -> &'static str {
    match detail.get("reason").and_then(|value| value.as_str()) {
        Some("client_cancelled") => "By the policy that was accepted.",
        Some("builder_cancelled") => "Because the host cancelled.",
        Some("slot_lost") => "Because the time was gone.",
        Some("paid_too_late") => "Because it was paid after the time had been given up.",
        Some("goodwill") => "By the host's own will; the session stays.",
        _ => "",
    }
}

/// What happened, the newest first.
#[component]
pub fn Timeline(view: BookingView, viewpoint: Viewpoint, zone: Tz, now: DateTime<Utc>) -> impl IntoView {
    let ahead = (view.status == BookingStatus::Confirmed && view.starts_at > now).then(|| {
        let when = view.starts_at.with_timezone(&zone).format("%-d %b %H:%M").to_string();
        view! { <li class="ahead"><time datetime=format::machine(view.starts_at)>{when}</time><div><strong>"Begins"</strong></div></li> }
    });
    let changes = view
        .changes
        .iter()
        .enumerate()
        .map(|(place, change)| {
            let (what, then, tone) = words(change, viewpoint, zone);
            let class = if place == 0 { format!("now {tone}") } else { tone.to_owned() };
            let when = change.happened_at.with_timezone(&zone).format("%-d %b %H:%M").to_string();
            view! { <li class=class><time datetime=format::machine(change.happened_at)>{when}</time><div><strong>{what}</strong> <small>{then}</small></div></li> }
        })
        .collect_view();
    view! {
        <section class="section" aria-labelledby="h-timeline">
            <div class="section-head"><h2 id="h-timeline">"What happened"</h2> <p>"newest first"</p></div>
            <ol class="timeline">{ahead} {changes}</ol>
        </section>
    }
}

/// What was paid and what went back, as a slip.
#[component]
pub fn Money(view: BookingView, zone: Tz) -> impl IntoView {
    let Some(payment) = view.payment.clone() else { return ().into_any() };
    let paid_at = payment.paid_at.map(|at| at.with_timezone(&zone).format("%-d %B %Y, %H:%M").to_string());
    let card = payment.card.clone().map(|card| format!(", {card}")).unwrap_or_default();
    let tax = (payment.tax.minor > 0).then(|| view! { <tr><th scope="row">"Of that tax"</th><td>{payment.tax.to_string()}</td></tr> });
    let refunds = view
        .refunds
        .iter()
        .map(|refund| {
            let state = match refund.status {
                RefundStatus::Requested => "asked for",
                RefundStatus::Pending => "on its way",
                RefundStatus::Succeeded => "given back",
                RefundStatus::Failed => "could not be given back",
                RefundStatus::Canceled => "called off",
            };
            view! { <tr><th scope="row">"Refund " <small>{state}</small></th><td>{format!("−{}", refund.amount)}</td></tr> }
        })
        .collect_view();
    let left = view
        .left
        .filter(|left| *left != payment.amount)
        .map(|left| view! { <tr class="sum"><th scope="row">"Kept"</th><td>{left.to_string()}</td></tr> });
    view! {
        <section class="slip" aria-labelledby="h-money">
            <div class="section-head"><h2 id="h-money">"Payment"</h2></div>
            <table>
                <caption class="visually-hidden">"Amounts"</caption>
                <tbody>
                    <tr><th scope="row">{view.title.clone()}</th><td>{payment.amount.to_string()}</td></tr>
                    {tax}
                    {refunds}
                    {left}
                </tbody>
            </table>
            <p class="slip-foot">{paid_at.map(|at| format!("Paid {at}{card}."))} " The receipt comes from Stripe by mail." <br />{payment.reference.map(|reference| view! { "Stripe reference " <code>{reference}</code> })}</p>
        </section>
    }
    .into_any()
}
