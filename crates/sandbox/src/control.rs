//! The page where faults are switched on, and the forms behind it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use chrono::TimeDelta;
use serde::Deserialize;

use crate::faults::{Fault, FaultKind, Route};
use crate::page::{escape, page};
use crate::push::{Delivery, deliver};
use crate::{CALENDLY_TOKEN, EventDraft, IdTokenFault, OutlookDraft, Shared, caldav, move_partition};

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(show))
        .route("/control/fault", post(fault))
        .route("/control/heal", post(heal))
        .route("/control/clock", post(clock))
        .route("/control/delivery", post(delivery))
        .route("/control/google", post(google))
        .route("/control/calendly", post(calendly))
        .route("/control/stripe", post(stripe))
        .route("/control/events", post(events))
        .route("/control/microsoft", post(microsoft))
        .route("/control/caldav", post(caldav_switch))
}

async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let state = shared.lock();
    let mut body = format!("<p>The stand-ins think it is <time>{}</time>.</p>", shared.clock.now().to_rfc3339());
    body.push_str("<form method=\"post\" action=\"/control/clock\"><fieldset><legend>Clock</legend><label>Move by minutes <input name=\"minutes\" value=\"60\" size=\"6\"></label><button>Move</button></fieldset></form>");
    body.push_str("<form method=\"post\" action=\"/control/fault\"><fieldset><legend>Make the next calls fail</legend><label>Route <select name=\"route\">");
    for route in Route::ALL {
        let _ = write!(body, "<option>{}</option>", route.as_str());
    }
    body.push_str(
        "</select></label><label>Times <input name=\"times\" value=\"1\" size=\"4\"></label>\
         <label>How <select name=\"kind\"><option value=\"status\">error answer</option><option value=\"slow\">slow</option><option value=\"lost\">answer lost after the effect</option><option value=\"garbage\">not the protocol</option></select></label>\
         <label>Status <input name=\"status\" value=\"503\" size=\"4\"></label><label>Reason <input name=\"reason\" value=\"backendError\"></label>\
         <label>Retry-After, seconds <input name=\"retry_after\" size=\"6\"></label><label>Delay, milliseconds <input name=\"delay\" value=\"3000\" size=\"6\"></label>\
         <label>Calls to let pass first <input name=\"skip\" value=\"0\" size=\"4\"></label><button>Switch on</button></fieldset></form>",
    );
    body.push_str("<h2>Switched on</h2><ul>");
    for fault in &state.faults {
        let _ = write!(body, "<li>{} × {}: {}</li>", fault.remaining, fault.route.as_str(), escape(&format!("{:?}", fault.kind)));
    }
    body.push_str("</ul><form method=\"post\" action=\"/control/heal\"><button>Switch all off</button></form>");
    let _ = write!(
        body,
        "<form method=\"post\" action=\"/control/delivery\"><fieldset><legend>Pushes, now {}</legend>",
        state.delivery.as_str()
    );
    for delivery in Delivery::ALL {
        let _ = write!(body, "<button name=\"how\" value=\"{0}\">Deliver {0}</button>", delivery.as_str());
    }
    body.push_str("<button name=\"how\" value=\"now\">Deliver what waits, now</button></fieldset></form>");
    body.push_str(
        "<form method=\"post\" action=\"/control/google\"><fieldset><legend>Google</legend>\
         <label>Account <input name=\"account\" value=\"noor.haddad@example.com\" size=\"32\"></label>\
         <button name=\"what\" value=\"expire_access\">Expire access tokens</button>\
         <button name=\"what\" value=\"revoke\">Withdraw consent</button>\
         <button name=\"what\" value=\"expire_sync\">Make sync tokens stale (410)</button>\
         <button name=\"what\" value=\"split\">Split into pages of 3</button>\
         <button name=\"what\" value=\"whole\">Whole pages</button>\
         <button name=\"what\" value=\"testing\">App is in testing (7 days)</button>\
         <button name=\"what\" value=\"unverified\">ID tokens: the address is not confirmed</button>\
         <button name=\"what\" value=\"forged\">ID tokens: forged</button>\
         <button name=\"what\" value=\"sound\">ID tokens: sound</button></fieldset></form>",
    );
    body.push_str(
        "<form method=\"post\" action=\"/control/microsoft\"><fieldset><legend>Microsoft</legend>\
         <label>Account <input name=\"account\" value=\"mira.okafor@contoso.example\" size=\"32\"></label>\
         <button name=\"what\" value=\"expire_access\">Expire access tokens</button>\
         <button name=\"what\" value=\"revoke\">Remove the app</button>\
         <button name=\"what\" value=\"expire_sync\">Make delta tokens stale (410)</button>\
         <button name=\"what\" value=\"split\">Split into pages of 3</button>\
         <button name=\"what\" value=\"whole\">Whole pages</button>\
         <button name=\"what\" value=\"secret\">Client secret has expired</button>\
         <button name=\"what\" value=\"mailbox\">Take the mailbox away</button>\
         <button name=\"what\" value=\"reauthorize\">Ask for reauthorization</button>\
         <button name=\"what\" value=\"unsubscribe\">End the subscriptions</button></fieldset></form>",
    );
    let _ = write!(
        body,
        "<form method=\"post\" action=\"/control/caldav\"><fieldset><legend>CalDAV, as Apple speaks it</legend>\
         <p>Address: this page's own. The account lives on port {}. User name <code>{}</code>, app password <code>{}</code></p>\
         <button name=\"what\" value=\"end_passwords\">End all app passwords</button>\
         <button name=\"what\" value=\"restore_password\">Let the app password in again</button>\
         <button name=\"what\" value=\"expire_sync\">Make sync tokens stale</button>\
         <button name=\"what\" value=\"split\">Split into pages of 3</button>\
         <button name=\"what\" value=\"whole\">Whole pages</button>\
         <button name=\"what\" value=\"break_members\">Fail the next 3 members of an answer</button>\
         <button name=\"what\" value=\"move\">Move to another partition</button></fieldset></form>",
        state.caldav.partition,
        caldav::USERNAME,
        caldav::APP_PASSWORD
    );
    let _ = write!(
        body,
        "<form method=\"post\" action=\"/control/calendly\"><fieldset><legend>Calendly</legend><p>Personal access token <code>{CALENDLY_TOKEN}</code></p>\
         <label>Event type <input name=\"account\" value=\"New offer\" size=\"24\"></label>\
         <button name=\"what\" value=\"add\">Add it</button>\
         <button name=\"what\" value=\"revoke\">Revoke the token</button>\
         <button name=\"what\" value=\"restore\">Let it in again</button>\
         <button name=\"what\" value=\"revoke_consents\">Take consents back</button>\
         <button name=\"what\" value=\"scopes\">Take a scope away</button>\
         <button name=\"what\" value=\"all_scopes\">Give all scopes</button>\
         <button name=\"what\" value=\"refuse\">Let programs book nothing</button>\
         <button name=\"what\" value=\"allow\">Let programs book</button>\
         <button name=\"what\" value=\"unsubscribe\">End the webhook subscriptions</button></fieldset></form>\
         <form method=\"post\" action=\"/control/stripe\"><fieldset><legend>Stripe</legend>\
         <p>The test card is 4242 4242 4242 4242; 4000 0000 0000 0002 is declined, 4000 0025 0000 3155 asks the bank, 4000 0000 0000 5126 fails to be refunded, 4000 0000 0000 0259 is disputed.</p>\
         <button name=\"what\" value=\"arrive\">Bank debits arrive</button>\
         <button name=\"what\" value=\"bounce\">Bank debits bounce</button>\
         <button name=\"what\" value=\"refund\">Give the newest payment back by hand</button>\
         <button name=\"what\" value=\"revoke\">Revoke the key</button>\
         <button name=\"what\" value=\"restore\">Let the key in again</button></fieldset></form>"
    );
    body.push_str(
        "<form method=\"post\" action=\"/control/events\"><fieldset><legend>Add an event</legend>\
         <label>Account <input name=\"account\" value=\"noor.haddad@example.com\" size=\"32\"></label><label>Title <input name=\"title\" value=\"Surprise\"></label>\
         <label>Begins in minutes <input name=\"in_minutes\" value=\"30\" size=\"6\"></label><label>Lasts minutes <input name=\"minutes\" value=\"45\" size=\"6\"></label><button>Add</button></fieldset></form>",
    );
    body.push_str("<h2>Calls so far</h2><table>");
    for route in Route::ALL {
        let _ = write!(body, "<tr><th>{}</th><td>{}</td></tr>", route.as_str(), state.calls.get(&route).copied().unwrap_or_default());
    }
    body.push_str("</table>");
    page(StatusCode::OK, "Faults", &body)
}

#[derive(Deserialize)]
struct FaultForm {
    route: String,
    times: u32,
    kind: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    retry_after: String,
    #[serde(default)]
    delay: String,
    #[serde(default)]
    skip: String,
}

async fn fault(State(shared): State<Arc<Shared>>, Form(form): Form<FaultForm>) -> Response {
    let Some(route) = Route::ALL.into_iter().find(|route| route.as_str() == form.route) else {
        return page(StatusCode::UNPROCESSABLE_ENTITY, "No such route", "");
    };
    let kind = match form.kind.as_str() {
        "status" => FaultKind::Status {
            status: form.status.parse().unwrap_or(503),
            reason: form.reason,
            retry_after: form.retry_after.parse().ok(),
        },
        "slow" => FaultKind::Slow(Duration::from_millis(form.delay.parse().unwrap_or(3_000).min(60_000))),
        "lost" => FaultKind::AnswerLost,
        _ => FaultKind::Garbage,
    };
    shared.lock().faults.push(Fault { route, kind, remaining: form.times, skip: form.skip.parse().unwrap_or_default() });
    back()
}

async fn heal(State(shared): State<Arc<Shared>>) -> Response {
    shared.lock().faults.clear();
    back()
}

#[derive(Deserialize)]
struct ClockForm {
    minutes: i64,
}

async fn clock(State(shared): State<Arc<Shared>>, Form(form): Form<ClockForm>) -> Response {
    shared.clock.advance(TimeDelta::minutes(form.minutes));
    back()
}

#[derive(Deserialize)]
struct SwitchForm {
    account: String,
    what: String,
}

#[derive(Deserialize)]
struct DeliveryForm {
    how: String,
}

async fn delivery(State(shared): State<Arc<Shared>>, Form(form): Form<DeliveryForm>) -> Response {
    if form.how == "now" {
        deliver(&shared).await;
        return back();
    }
    let Some(delivery) = Delivery::ALL.into_iter().find(|delivery| delivery.as_str() == form.how) else {
        return page(StatusCode::UNPROCESSABLE_ENTITY, "No such delivery", "");
    };
    shared.lock().delivery = delivery;
    back()
}

async fn google(State(shared): State<Arc<Shared>>, Form(form): Form<SwitchForm>) -> Response {
    let mut state = shared.lock();
    match form.what.as_str() {
        "expire_access" => state.google.expire_access_tokens(),
        "revoke" => state.google.revoke_account(&form.account),
        "expire_sync" => state.google.expire_sync_tokens(),
        "split" => state.google.page_size = Some(3),
        "whole" => state.google.page_size = None,
        "testing" => state.google.testing_mode = true,
        "unverified" => state.google.id_token_fault = Some(IdTokenFault::Unverified),
        "forged" => state.google.id_token_fault = Some(IdTokenFault::ForeignKey),
        "sound" => state.google.id_token_fault = None,
        _ => return page(StatusCode::UNPROCESSABLE_ENTITY, "No such switch", ""),
    }
    drop(state);
    back()
}

async fn calendly(State(shared): State<Arc<Shared>>, Form(form): Form<SwitchForm>) -> Response {
    let mut state = shared.lock();
    match form.what.as_str() {
        "revoke" => state.calendly.is_revoked = true,
        "restore" => state.calendly.is_revoked = false,
        "revoke_consents" => state.calendly.revoke_consents(),
        "scopes" => state.calendly.missing_scopes = vec!["event_types:read"],
        "all_scopes" => state.calendly.missing_scopes.clear(),
        "refuse" => state.calendly.refuses_bookings = true,
        "allow" => state.calendly.refuses_bookings = false,
        "unsubscribe" => state.calendly.disable_subscriptions(),
        "add" => state.calendly.add_event_type(&form.account, 30, serde_json::json!({})),
        _ => return page(StatusCode::UNPROCESSABLE_ENTITY, "No such switch", ""),
    }
    drop(state);
    back()
}

#[derive(Deserialize)]
struct StripeForm {
    what: String,
}

async fn stripe(State(shared): State<Arc<Shared>>, Form(form): Form<StripeForm>) -> Response {
    let now = shared.clock.now();
    let mut state = shared.lock();
    let stripe = &mut state.stripe;
    let ids = |fits: &dyn Fn(&serde_json::Value) -> bool, sessions: Vec<serde_json::Value>| -> Vec<(String, i64)> {
        let fitting = sessions.into_iter().filter(|session| fits(session));
        fitting
            .map(|session| (session["id"].as_str().unwrap_or_default().to_owned(), session["amount_total"].as_i64().unwrap_or_default()))
            .collect()
    };
    match form.what.as_str() {
        "arrive" | "bounce" => {
            for (id, _) in ids(&|session| session["status"] == "complete" && session["payment_status"] == "unpaid", stripe.sessions()) {
                stripe.settle(&id, form.what == "arrive", now);
            }
        }
        "refund" => {
            let paid = ids(&|session| session["payment_status"] == "paid", stripe.sessions());
            if let Some((id, amount)) = paid.last() {
                stripe.refund_by_hand(id, *amount, now);
            }
        }
        "revoke" => stripe.key_is_revoked = true,
        "restore" => stripe.key_is_revoked = false,
        _ => return page(StatusCode::UNPROCESSABLE_ENTITY, "No such switch", ""),
    }
    drop(state);
    back()
}

async fn microsoft(State(shared): State<Arc<Shared>>, Form(form): Form<SwitchForm>) -> Response {
    let mut state = shared.lock();
    match form.what.as_str() {
        "expire_access" => state.microsoft.expire_access_tokens(),
        "revoke" => state.microsoft.revoke_account(&form.account),
        "expire_sync" => state.microsoft.expire_delta_tokens(),
        "split" => state.microsoft.page_size = Some(3),
        "whole" => state.microsoft.page_size = None,
        "secret" => state.microsoft.secret_expired = true,
        "mailbox" => state.microsoft.remove_mailbox(&form.account),
        "reauthorize" => state.microsoft.push_lifecycle(&form.account, "reauthorizationRequired"),
        "unsubscribe" => state.microsoft.push_lifecycle(&form.account, "subscriptionRemoved"),
        _ => return page(StatusCode::UNPROCESSABLE_ENTITY, "No such switch", ""),
    }
    drop(state);
    back()
}

#[derive(Deserialize)]
struct CaldavForm {
    what: String,
}

async fn caldav_switch(State(shared): State<Arc<Shared>>, Form(form): Form<CaldavForm>) -> Response {
    if form.what == "move" {
        return match move_partition(&shared).await {
            Ok(()) => back(),
            Err(_) => page(StatusCode::SERVICE_UNAVAILABLE, "No free port", ""),
        };
    }
    let mut state = shared.lock();
    let caldav = &mut state.caldav;
    match form.what.as_str() {
        "end_passwords" => {
            caldav.end_app_passwords();
        }
        "restore_password" => caldav.restore_app_password(),
        "expire_sync" => caldav.expire_sync_tokens(),
        "split" => caldav.page_size = Some(3),
        "whole" => caldav.page_size = None,
        "break_members" => caldav.broken_members = 3,
        _ => return page(StatusCode::UNPROCESSABLE_ENTITY, "No such switch", ""),
    }
    drop(state);
    back()
}

#[derive(Deserialize)]
struct EventForm {
    account: String,
    title: String,
    in_minutes: i64,
    minutes: i64,
}

async fn events(State(shared): State<Arc<Shared>>, Form(form): Form<EventForm>) -> Response {
    let starts_at = shared.clock.now() + TimeDelta::minutes(form.in_minutes);
    let ends_at = starts_at + TimeDelta::minutes(form.minutes);
    let mut state = shared.lock();
    let at_google = state.google.add_event(&form.account, &form.account, EventDraft::timed(&form.title, starts_at, ends_at));
    match at_google.or_else(|| state.microsoft.add_event(&form.account, OutlookDraft::timed(&form.title, starts_at, ends_at))) {
        Some(_) => back(),
        None if form.account == caldav::USERNAME => {
            state.caldav.add_event(&form.title, starts_at, form.minutes);
            back()
        }
        None => page(StatusCode::UNPROCESSABLE_ENTITY, "No such account", ""),
    }
}

fn back() -> Response {
    Redirect::to("/").into_response()
}
