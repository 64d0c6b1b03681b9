//! Stripe: Checkout by redirect, refunds, disputes, and signed webhooks, as strict as the real one about what it is sent.

mod api;
mod idempotency;
mod pay;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::Shared;

pub use state::{StripeState, WEBHOOK_SECRET};

/// The key of the stand-in's account. Not a secret: it opens nothing else.
pub const STRIPE_KEY: &str = "rk_test_sandbox";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/stripe/v1/checkout/sessions", post(api::open))
        .route("/stripe/v1/checkout/sessions/{id}", get(api::session))
        .route("/stripe/v1/checkout/sessions/{id}/expire", post(api::expire))
        .route("/stripe/v1/refunds", get(api::refunds).post(api::refund))
        .route("/stripe/v1/events", get(api::events))
        .route("/stripe/pay/{id}", get(pay::show).post(pay::pay))
}
