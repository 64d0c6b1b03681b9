//! Calendly, API v2: a personal access token or consent (OAuth 2.1), the account, its event types, and booking them; webhooks, and the pages where invitees move and cancel.

mod api;
mod booking;
mod consent;
mod no_show;
mod pages;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::Shared;

pub use state::CalendlyState;

/// The token of the stand-in's account. Not a secret: it opens nothing else.
pub const CALENDLY_TOKEN: &str = "sandbox-calendly-token";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/calendly/oauth/authorize", get(consent::show))
        .route("/calendly/consent", post(consent::decide))
        .route("/calendly/oauth/token", post(consent::token))
        .route("/calendly/oauth/revoke", post(consent::revoke))
        .route("/calendly/users/me", get(api::me))
        .route("/calendly/event_types", get(api::event_types))
        .route("/calendly/event_type_available_times", get(booking::times))
        .route("/calendly/invitees", post(booking::book))
        .route("/calendly/scheduled_events", get(booking::events))
        .route("/calendly/scheduled_events/{event}", get(booking::event))
        .route("/calendly/scheduled_events/{event}/invitees", get(booking::invitees))
        .route("/calendly/scheduled_events/{event}/invitees/{invitee}", get(booking::invitee))
        .route("/calendly/scheduled_events/{event}/cancellation", post(booking::cancel))
        .route("/calendly/invitee_no_shows", post(no_show::mark))
        .route("/calendly/invitee_no_shows/{mark}", delete(no_show::unmark))
        .route("/calendly/data_compliance/deletion/invitees", post(booking::forget))
        .route("/calendly/scheduling_links", post(booking::link))
        .route("/calendly/webhook_subscriptions", get(booking::subscriptions).post(booking::subscribe))
        .route("/calendly/webhook_subscriptions/{id}", delete(booking::unsubscribe))
        .route("/calendly/page/{invitee}/{what}", get(pages::show).post(pages::act))
        .route("/calendly/d/{link}", get(pages::pick).post(pages::picked))
}
