//! The calls of the API: form-encoded, and refused for a parameter that is not known.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::STRIPE_KEY;
use super::idempotency::{Answer, error};
use super::state::{StripeState, collapsed};
use crate::Shared;
use crate::faults::{Route, under};

/// Parameters of a new session that are known, without the numbers and names in them.
const SESSION: &[&str] = &[
    "mode",
    "submit_type",
    "client_reference_id",
    "customer_email",
    "expires_at",
    "success_url",
    "cancel_url",
    "locale",
    "line_items[][quantity]",
    "line_items[][price_data][currency]",
    "line_items[][price_data][unit_amount]",
    "line_items[][price_data][tax_behavior]",
    "line_items[][price_data][product_data][name]",
    "line_items[][price_data][product_data][description]",
    "payment_intent_data[receipt_email]",
    "payment_intent_data[description]",
    "automatic_tax[enabled]",
    "invoice_creation[enabled]",
];
const REFUND: &[&str] = &["payment_intent", "charge", "amount", "reason"];
/// What tax is in the stand-in's land.
const TAX_PERCENT: i64 = 23;

/// What was sent, as pairs.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// What stands under `prefix[…]`.
    fn metadata(&self, prefix: &str) -> Value {
        let inner = |name: &str| Some(name.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']')?.to_owned());
        Value::Object(self.0.iter().filter_map(|(name, value)| Some((inner(name)?, Value::from(value.as_str())))).collect::<Map<_, _>>())
    }

    fn unknown(&self, known: &[&str]) -> Option<&str> {
        let is_known = |name: &str| {
            let shape: String = name.replace("[0]", "[]");
            known.contains(&shape.as_str()) || name.starts_with("metadata[") || name.starts_with("payment_intent_data[metadata][")
        };
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| !is_known(name) && !name.starts_with("expand["))
    }
}

fn refusal(shared: &Shared, headers: &HeaderMap) -> Option<Answer> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    if bearer != Some(STRIPE_KEY) || shared.lock().stripe.key_is_revoked {
        return Some(error(401, "invalid_request_error", "", "Invalid API Key provided", ""));
    }
    let is_dated = headers.get("stripe-version").is_some_and(|version| version.len() > 10);
    (!is_dated).then(|| error(400, "invalid_request_error", "", "No version", "Stripe-Version"))
}

fn invalid(code: &str, param: &str) -> Answer {
    error(if code == "resource_missing" { 404 } else { 400 }, "invalid_request_error", code, code, param)
}

fn send(answer: Answer) -> Response {
    (answer.0, Json(answer.1)).into_response()
}

/// Does `work` once for each idempotency key.
fn once(shared: &Shared, headers: &HeaderMap, request: String, work: impl FnOnce(&mut StripeState) -> Answer) -> Response {
    if let Some(refused) = refusal(shared, headers) {
        return send(refused);
    }
    let mut state = shared.lock();
    if let Some(replayed) = state.stripe.answers.replay(headers, &request) {
        return replayed;
    }
    let answer = work(&mut state.stripe);
    state.stripe.answers.keep(headers, request, &answer);
    send(answer)
}

pub(super) async fn open(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    let (now, parameters) = (shared.clock.now(), Parameters::read(&text));
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost").replace("127.0.0.1", "localhost");
    under(&shared, Route::StripeCheckout, || {
        once(&shared, &headers, format!("open {text}"), |stripe| {
            if let Some(unknown) = parameters.unknown(SESSION) {
                return invalid("parameter_unknown", unknown);
            }
            let price = |field: &str| format!("line_items[0][price_data]{field}");
            let (Some(amount), Some(currency)) = (parameters.number(&price("[unit_amount]")), parameters.text(&price("[currency]"))) else {
                return invalid("parameter_missing", "line_items");
            };
            if amount < 50 && currency == "eur" {
                return invalid("amount_too_small", "line_items");
            }
            let expires_at = parameters.number("expires_at").unwrap_or_else(|| (now + TimeDelta::hours(24)).timestamp());
            let (least, most) = ((now + TimeDelta::minutes(30)).timestamp(), (now + TimeDelta::hours(24)).timestamp());
            if expires_at < least || expires_at > most {
                return invalid("", "expires_at");
            }
            if parameters.text("mode") != Some("payment") || parameters.text("success_url").is_none() {
                return invalid("parameter_missing", "success_url");
            }
            let tax = match (parameters.text("automatic_tax[enabled]"), parameters.text(&price("[tax_behavior]"))) {
                (Some("true"), Some("exclusive")) => amount * TAX_PERCENT / 100,
                (Some("true"), Some("inclusive")) => amount - amount * 100 / (100 + TAX_PERCENT),
                _ => 0,
            };
            let is_added = parameters.text(&price("[tax_behavior]")) == Some("exclusive");
            let id = stripe.new_id("cs_test_");
            let session = json!({
                "id": id, "object": "checkout.session", "url": format!("http://{host}/stripe/pay/{id}"), "status": "open",
                "payment_status": "unpaid", "amount_subtotal": amount, "amount_total": amount + if is_added { tax } else { 0 },
                "currency": currency, "client_reference_id": parameters.text("client_reference_id"), "livemode": false, "mode": "payment",
                "metadata": parameters.metadata("metadata"), "expires_at": expires_at, "created": now.timestamp(), "payment_intent": null,
                "total_details": { "amount_tax": tax, "amount_discount": 0, "amount_shipping": 0 },
                "automatic_tax": { "enabled": parameters.text("automatic_tax[enabled]") == Some("true"), "status": "complete" },
                "invoice_creation": { "enabled": parameters.text("invoice_creation[enabled]") == Some("true") },
                "customer_details": { "email": parameters.text("customer_email"), "name": null }, "customer_email": parameters.text("customer_email"),
                "success_url": parameters.text("success_url"), "cancel_url": parameters.text("cancel_url"),
                "payment_intent_metadata": parameters.metadata("payment_intent_data[metadata]"),
                "product": parameters.text(&price("[product_data][name]")), "when": parameters.text(&price("[product_data][description]")),
            });
            stripe.sessions.insert(id, session.clone());
            (StatusCode::OK, session)
        })
    })
    .await
}

pub(super) async fn session(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let is_expanded = Parameters::read(&query.unwrap_or_default())
        .0
        .iter()
        .any(|(name, value)| name.starts_with("expand") && value.starts_with("payment_intent"));
    under(&shared, Route::StripeSession, || {
        if let Some(refused) = refusal(&shared, &headers) {
            return send(refused);
        }
        let mut state = shared.lock();
        state.stripe.pass_time(shared.clock.now());
        send(match state.stripe.sessions.get(&id) {
            Some(session) if is_expanded => (StatusCode::OK, session.clone()),
            Some(session) => (StatusCode::OK, collapsed(session)),
            None => invalid("resource_missing", "session"),
        })
    })
    .await
}

pub(super) async fn expire(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    under(&shared, Route::StripeExpire, || {
        if let Some(refused) = refusal(&shared, &headers) {
            return send(refused);
        }
        let now = shared.clock.now();
        let mut state = shared.lock();
        state.stripe.pass_time(now);
        send(match state.stripe.sessions.get(&id).map(|session| session["status"] == "open") {
            None => invalid("resource_missing", "session"),
            Some(false) => {
                error(400, "invalid_request_error", "", "Only Checkout Sessions with a status in [\"open\"] can be expired.", "")
            }
            Some(true) => {
                state.stripe.expire(&id, now);
                (StatusCode::OK, state.stripe.sessions[&id].clone())
            }
        })
    })
    .await
}

pub(super) async fn refund(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let text = String::from_utf8_lossy(&body).into_owned();
    let (now, parameters) = (shared.clock.now(), Parameters::read(&text));
    under(&shared, Route::StripeRefund, || {
        once(&shared, &headers, format!("refund {text}"), |stripe| {
            if let Some(unknown) = parameters.unknown(REFUND) {
                return invalid("parameter_unknown", unknown);
            }
            let Some(intent) = parameters.text("payment_intent") else { return invalid("parameter_missing", "payment_intent") };
            match stripe.refund(intent, parameters.number("amount"), &parameters.metadata("metadata"), now) {
                Ok(refund) => (StatusCode::OK, refund),
                Err(code) => invalid(code, "payment_intent"),
            }
        })
    })
    .await
}

pub(super) async fn refunds(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::read(&query.unwrap_or_default());
    under(&shared, Route::StripeRefunds, || {
        if let Some(refused) = refusal(&shared, &headers) {
            return send(refused);
        }
        let mut state = shared.lock();
        state.stripe.pass_time(shared.clock.now());
        let of_intent = |refund: &&Value| Some(refund["payment_intent"].as_str().unwrap_or_default()) == parameters.text("payment_intent");
        let data: Vec<Value> = state.stripe.refunds.values().rev().filter(of_intent).cloned().collect();
        send((StatusCode::OK, json!({ "object": "list", "data": data, "has_more": false, "url": "/v1/refunds" })))
    })
    .await
}

pub(super) async fn events(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::read(&query.unwrap_or_default());
    under(&shared, Route::StripeEvents, || {
        if let Some(refused) = refusal(&shared, &headers) {
            return send(refused);
        }
        let mut state = shared.lock();
        state.stripe.pass_time(shared.clock.now());
        let kinds: Vec<&str> = parameters.0.iter().filter(|(name, _)| name.starts_with("types")).map(|(_, value)| value.as_str()).collect();
        let since = parameters.number("created[gte]");
        let fits = |event: &&Value| event["created"].as_i64() >= since && kinds.iter().any(|kind| event["type"] == *kind);
        let data: Vec<Value> = state.stripe.events.iter().rev().filter(fits).cloned().collect();
        send((StatusCode::OK, json!({ "object": "list", "data": data, "has_more": false, "url": "/v1/events" })))
    })
    .await
}
