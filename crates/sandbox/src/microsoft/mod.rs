//! Microsoft: consent page, token endpoint, Graph v1.0 calendars.

mod authorize;
mod data;
mod graph;
mod state;
pub(crate) mod subscriptions;
mod token;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, patch, post};

use crate::Shared;

pub use data::OutlookDraft;
pub use state::MicrosoftState;

/// The scopes the stand-in knows; any other is an error, as it is at Microsoft.
const KNOWN_SCOPES: &[&str] = &["openid", "profile", "email", "offline_access", "User.Read", "Calendars.Read"];

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/microsoft/{tenant}/oauth2/v2.0/authorize", get(authorize::show))
        .route("/microsoft/consent", post(authorize::decide))
        .route("/microsoft/{tenant}/oauth2/v2.0/token", post(token::token))
        .route("/graph/v1.0/me", get(graph::me))
        .route("/graph/v1.0/me/calendars", get(graph::calendars))
        .route("/graph/v1.0/me/calendars/{calendar}/calendarView/delta", get(graph::delta))
        .route("/graph/v1.0/me/calendars/{calendar}/events/{event}", get(graph::event))
        .route("/graph/v1.0/subscriptions", post(subscriptions::create).get(subscriptions::list))
        .route("/graph/v1.0/subscriptions/{id}", patch(subscriptions::renew).delete(subscriptions::delete))
}
