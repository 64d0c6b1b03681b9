//! `GET /feed/{file}`, and the forms that make and end it

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::calendar;
use types::{Notice, Problem};

use super::form::go_saying;
use super::render::broken;
use crate::middleware::{Caller, problem};
use crate::state::AppState;

/// The calendar as a file. The address is the password: it is in no log, because logs hold routes and not paths.
pub async fn get(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(file): Path<String>) -> Response {
    let request_id = caller.op.request_id.to_string();
    let Some(token) = file.strip_suffix(".ics").filter(|token| token.len() <= 64) else { return problem(Problem::NotFound, &request_id) };
    match calendar::feed(&state.deps, token).await {
        Ok(Some(text)) => {
            let common = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CACHE_CONTROL, "private, max-age=300")];
            (StatusCode::OK, common, text).into_response()
        }
        Ok(None) => problem(Problem::NotFound, &request_id),
        Err(error) => {
            tracing::error!(%error, request_id, "a feed could not be made");
            problem(Problem::Internal, &request_id)
        }
    }
}

/// Makes the address, or another one.
pub async fn make(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    answer(calendar::make_feed(&state.deps, &caller.op).await, Notice::FeedMade)
}

/// Ends the address.
pub async fn end(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    answer(calendar::end_feed(&state.deps, &caller.op).await, Notice::FeedEnded)
}

fn answer(result: Result<(), calendar::CalendarError>, notice: Notice) -> Response {
    match result {
        Ok(()) => go_saying("/app/settings/profile", notice),
        Err(error) => {
            tracing::error!(%error, "a feed could not be changed");
            broken()
        }
    }
}
