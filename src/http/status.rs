//! `GET /api/calendar/status`

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use types::Problem;

use crate::middleware::{Caller, PageRows, problem};

/// Whether a calendar is connected, how it is, and today's capacity.
pub async fn get(Extension(caller): Extension<Caller>, page: Option<Extension<PageRows>>) -> Response {
    match page {
        Some(Extension(page)) => Json(domain::calendar::status(&page)).into_response(),
        None => problem(Problem::NotFound, &caller.op.request_id.to_string()),
    }
}
