//! The page where a client pays, with the usual test cards.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::Shared;
use crate::page::{escape, page};

/// What each test card does, by its last four digits (docs.stripe.com/testing).
const DECLINED: &[(&str, &str)] = &[
    ("0002", "Your card was declined."),
    ("9995", "Your card has insufficient funds."),
    ("9987", "Your card was declined: it is reported lost."),
    ("9979", "Your card was declined: it is reported stolen."),
    ("0069", "Your card has expired."),
    ("0127", "Your card's security code is incorrect."),
    ("0119", "An error occurred while processing your card. Try again."),
    ("0019", "Your card was declined: the risk is too high."),
];
/// Cards whose owner is asked by their bank.
const ASKED: &[&str] = &["3155", "3184"];

#[derive(Deserialize)]
pub(super) struct Payment {
    #[serde(default)]
    card: String,
    #[serde(default)]
    how: String,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    render(&shared, &id, "")
}

fn render(shared: &Shared, id: &str, problem: &str) -> Response {
    let mut state = shared.lock();
    state.stripe.pass_time(shared.clock.now());
    let Some(session) = state.stripe.sessions.get(id) else { return page(StatusCode::NOT_FOUND, "No such payment", "") };
    let back = escape(session["cancel_url"].as_str().unwrap_or_default());
    if session["status"] != "open" {
        return page(StatusCode::OK, "This payment is over", &format!("<p>Nothing more can be paid here. <a href=\"{back}\">Back</a></p>"));
    }
    let text = |field: &str| escape(session[field].as_str().unwrap_or_default());
    let amount = session["amount_total"].as_i64().unwrap_or_default();
    let problem = if problem.is_empty() { String::new() } else { format!("<p role=\"alert\"><strong>{}</strong></p>", escape(problem)) };
    let body = format!(
        "<p>{}, {}. {} {} in minor units.</p>{problem}<form method=\"post\"><fieldset><legend>Card</legend>\
         <label>Card number <input name=\"card\" value=\"4242 4242 4242 4242\" inputmode=\"numeric\" size=\"24\"></label>\
         <button name=\"how\" value=\"card\">Pay</button></fieldset>\
         <fieldset><legend>Bank debit</legend><button name=\"how\" value=\"delayed\">Pay by bank debit</button></fieldset></form>\
         <p><a href=\"{back}\">Back without paying</a></p>",
        text("product"),
        text("when"),
        amount,
        text("currency").to_uppercase(),
    );
    page(StatusCode::OK, "Pay", &body)
}

pub(super) async fn pay(State(shared): State<Arc<Shared>>, Path(id): Path<String>, Form(form): Form<Payment>) -> Response {
    let card: String = form.card.chars().filter(char::is_ascii_digit).collect();
    let last4 = card.get(card.len().saturating_sub(4)..).unwrap_or_default().to_owned();
    if form.how == "card"
        && let Some((_, problem)) = DECLINED.iter().find(|(digits, _)| *digits == last4)
    {
        return render(&shared, &id, problem);
    }
    if form.how == "card" && card.len() != 16 {
        return render(&shared, &id, "Your card number is incomplete.");
    }
    if form.how == "card" && ASKED.contains(&last4.as_str()) {
        let body = format!(
            "<p>The bank asks whether it is you (3-D Secure).</p><form method=\"post\"><input type=\"hidden\" name=\"card\" value=\"{card}\">\
             <button name=\"how\" value=\"complete\">Complete authentication</button><button name=\"how\" value=\"fail\">Fail authentication</button></form>"
        );
        return page(StatusCode::OK, "3-D Secure", &body);
    }
    if form.how == "fail" {
        return render(&shared, &id, "We are unable to authenticate your payment method.");
    }
    let now = shared.clock.now();
    let mut state = shared.lock();
    state.stripe.pass_time(now);
    if !state.stripe.pay(&id, &card, form.how == "delayed", now) {
        drop(state);
        return render(&shared, &id, "");
    }
    let next = state.stripe.sessions[&id]["success_url"].as_str().unwrap_or_default().replace("{CHECKOUT_SESSION_ID}", &id);
    Redirect::to(&next).into_response()
}
