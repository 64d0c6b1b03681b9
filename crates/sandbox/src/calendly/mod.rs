//! Calendly, API v2: a personal access token, the account, and its event types.

mod api;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::Shared;

pub use state::CalendlyState;

/// The token of the stand-in's account. Not a secret: it opens nothing else.
pub const CALENDLY_TOKEN: &str = "sandbox-calendly-token";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/calendly/users/me", get(api::me)).route("/calendly/event_types", get(api::event_types))
}
