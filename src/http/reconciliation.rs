//! `POST /builder/reconciliation` and `POST /builder/bookings/{id}/compare`: bookings are compared with Stripe and Calendly when their builder asks.

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::base::Op;
use domain::booking::{self, BookingError};
use domain::limits::{self, Limit};
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
    let Some(builder) = caller.identity.user else { return missing(&state, &caller) };
    match limits::take(&state.deps, &caller.op, Limit::SyncsOfPerson, builder.0.as_bytes()).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return go_saying(HERE, Notice::SyncTooMany),
        Err(error) => {
            tracing::error!(%error, "a limit could not be taken");
            return broken();
        }
    }
    match booking::compare_everything(&state.deps, &caller.op).await {
        Ok(_) => go_saying(HERE, Notice::Comparing),
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
    let (Ok(id), Some(builder)) = (id.parse::<BookingId>(), caller.identity.user) else { return missing(&state, &caller) };
    match limits::take(&state.deps, &caller.op, Limit::SyncsOfPerson, builder.0.as_bytes()).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return go_saying(&place(id), Notice::SyncTooMany),
        Err(error) => {
            tracing::error!(%error, "a limit could not be taken");
            return broken();
        }
    }
    let op = Op::job(caller.op.request_id, Some(builder));
    match booking::repair(&state.deps, &op, builder, id).await {
        // One of the two does not answer: it is tried again by itself.
        Err(BookingError::Scheduling(_) | BookingError::Payment(_)) => go_saying(&place(id), Notice::CompareFailed),
        result => done(&state, &caller, id, &fields, result.map(|()| Notice::Compared)).await,
    }
}
