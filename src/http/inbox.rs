//! `POST /webhooks/stripe/{token}` and `POST /webhooks/calendly/{token}`: what is told about money and bookings.
//!
//! The signature is checked over the bytes that came, before anything of them is read; a delivery is written down before it is answered, and acted on
//! by a job. Whoever does not know the address, or does not sign, learns nothing and is counted.

use axum::Extension;
use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::webhooks::{self, Delivery, Source, Verdict};
use providers::calendly::CalendlyDelivery;
use providers::stripe::StripeEvent;
use types::Problem;

use super::webhooks::{MAX_BODY, is_ours, refuse};
use crate::middleware::{Caller, problem};
use crate::state::AppState;

/// The bytes of a delivery and its signature. `None`: it is not for this address, or has none, or is too large.
async fn signed(state: &AppState, token: &str, request: Request, header: &'static str) -> Option<(String, Vec<u8>)> {
    if !is_ours(state, token) {
        return None;
    }
    let signature = request.headers().get(header)?.to_str().ok()?.to_owned();
    let body = to_bytes(request.into_body(), MAX_BODY).await.ok()?;
    Some((signature, body.to_vec()))
}

/// Stripe's.
pub async fn stripe(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let now = state.deps.now();
    let Some(provider) = state.deps.providers.stripe.as_ref() else { return refuse(&state, &caller).await };
    let Some((signature, body)) = signed(&state, &token, request, "stripe-signature").await else { return refuse(&state, &caller).await };
    if !provider.has_signed(&signature, &body, now) {
        return refuse(&state, &caller).await;
    }
    let Ok(event) = StripeEvent::read(&body) else { return problem(Problem::Malformed, &caller.op.request_id.to_string()) };
    let delivery = Delivery::of_stripe(event, provider.is_live());
    take(&state, &caller, &delivery).await
}

/// Calendly's.
pub async fn calendly(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    request: Request,
) -> Response {
    let now: DateTime<Utc> = state.deps.now();
    let Some((signature, body)) = signed(&state, &token, request, "calendly-webhook-signature").await else {
        return refuse(&state, &caller).await;
    };
    if !domain::scheduling::has_signed(&state.deps, &signature, &body, now) {
        return refuse(&state, &caller).await;
    }
    let Ok(told) = CalendlyDelivery::read(&body) else { return problem(Problem::Malformed, &caller.op.request_id.to_string()) };
    let delivery = Delivery {
        source: Source::Calendly,
        key: told.key,
        verdict: if told.is_acted_on { Verdict::Accepted } else { Verdict::UnknownKind },
        kind: told.kind,
        object_id: told.invitee,
        booking: told.reference,
        masked: told.masked,
        happened_at: told.created,
    };
    take(&state, &caller, &delivery).await
}

/// Written down, then answered. One that came before is as good; one that cannot be written down is to come again.
async fn take(state: &AppState, caller: &Caller, delivery: &Delivery) -> Response {
    let outcome = match webhooks::receive(&state.deps, delivery).await {
        Ok(true) => delivery.verdict.as_str(),
        Ok(false) => "copy",
        Err(error) => {
            tracing::error!(%error, request_id = %caller.op.request_id, "a delivery could not be written down");
            return problem(Problem::Unavailable, &caller.op.request_id.to_string());
        }
    };
    metrics::counter!("webhook_deliveries_total", "source" => delivery.source.as_str(), "outcome" => outcome).increment(1);
    StatusCode::OK.into_response()
}
