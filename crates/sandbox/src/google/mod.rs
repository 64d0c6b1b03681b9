//! Google: consent page, token endpoint, Calendar API v3.

mod api;
mod authorize;
mod data;
mod id_token;
mod state;
mod token;
pub(crate) mod watch;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::Shared;

pub use data::EventDraft;
pub use id_token::IdTokenFault;
pub use state::GoogleState;

/// The scope Kairos asks for.
pub const SCOPE: &str = "https://www.googleapis.com/auth/calendar.readonly";
/// Every scope the stand-in knows; any other is an error, as it is at Google.
const KNOWN_SCOPES: &[&str] = &[
    SCOPE,
    "https://www.googleapis.com/auth/calendar.events.readonly",
    "https://www.googleapis.com/auth/calendar.freebusy",
    "openid",
    "email",
    "profile",
];

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/google/o/oauth2/v2/auth", get(authorize::show))
        .route("/google/consent", post(authorize::decide))
        .route("/google/token", post(token::token))
        .route("/google/certs", get(id_token::keys))
        .route("/google/revoke", post(token::revoke))
        .route("/google/calendar/v3/users/me/calendarList", get(api::calendar_list))
        .route("/google/calendar/v3/calendars/{calendar}/events", get(api::events))
        .route("/google/calendar/v3/calendars/{calendar}/events/watch", post(watch::watch))
        .route("/google/calendar/v3/channels/stop", post(watch::stop))
}
