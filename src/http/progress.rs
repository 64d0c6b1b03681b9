//! `GET /sf/calendar/progress`: the server function behind the progress island.

use app::context::Asked;
use axum::Extension;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use types::Problem;

use crate::middleware::{Caller, PageRows, problem};

/// Hands the request to Leptos with what server functions need.
pub async fn get(
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    page: Option<Extension<PageRows>>,
    request: Request,
) -> Response {
    let id = caller.op.request_id.to_string();
    let Some(Extension(page)) = page else { return problem(Problem::NotFound, &id) };
    if !asked.query.contains_key("connection") {
        return problem(Problem::Malformed, &id);
    }
    leptos_axum::handle_server_fns_with_context(move || provide_context(page.clone()), request).await.into_response()
}
