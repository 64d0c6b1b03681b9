//! `POST /builder/reconciliation` and `POST /builder/bookings/{id}/compare`: bookings are compared with Stripe and Calendly when their builder asks.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::booking::{self, BookingError};
use types::{BookingId, Notice};

use super::form::{Fields, go_saying};
use super::pages::missing;
use super::render::broken;
use super::selling::{done, place};
use crate::middleware::Caller;
use crate::state::AppState;

const HERE: &str = "/builder/reconciliation";

/// Has everything compared that is not over.
pub async fn compare_everything(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match booking::compare_everything(&state.deps, &caller.op).await {
        Ok(()) => go_saying(HERE, Notice::Comparing),
        Err(BookingError::TooOften(_)) => go_saying(HERE, Notice::SyncTooMany),
        Err(error) => {
            tracing::error!(%error, "bookings could not be compared");
            broken()
        }
    }
}

/// Compares one booking with Stripe and Calendly now, and brings it to where they say it stands.
pub async fn compare(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let Ok(id) = id.parse::<BookingId>() else { return missing(&state, &caller) };
    match booking::compare_now(&state.deps, &caller.op, id).await {
        Err(BookingError::TooOften(_)) => go_saying(&place(id), Notice::SyncTooMany),
        // One of the two does not answer: it is tried again by itself.
        Err(BookingError::Scheduling(_) | BookingError::Payment(_)) => go_saying(&place(id), Notice::CompareFailed),
        result => done(&state, &caller, id, &fields, result.map(|()| Notice::Compared)).await,
    }
}
