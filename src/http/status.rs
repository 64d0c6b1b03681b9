//! `GET /api/calendar/status`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use types::Problem;

use crate::middleware::{Caller, problem};
use crate::state::AppState;

/// Whether a calendar is connected, how it is, and today's capacity.
pub async fn get(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match domain::calendar::status(&state.deps, &caller.op).await {
        Ok(payload) => Json(payload).into_response(),
        Err(error) => {
            let request_id = caller.op.request_id.to_string();
            tracing::error!(%error, request_id, "the status could not be read");
            problem(Problem::Internal, &request_id)
        }
    }
}
