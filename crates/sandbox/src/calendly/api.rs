//! `GET /users/me` and `GET /event_types`, as strict as Calendly.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::CALENDLY_TOKEN;
use super::state::{CalendlyState, USER};
use crate::Shared;
use crate::faults::{Route, under};

pub(super) fn refuse(status: StatusCode, title: &str, message: &str) -> Response {
    (status, Json(json!({ "title": title, "message": message, "details": [] }))).into_response()
}

/// What stands against whoever asks for something of this scope, if anything.
pub(super) fn refusal(shared: &Shared, headers: &HeaderMap, scope: &str) -> Option<Response> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let state = shared.lock();
    if bearer != Some(CALENDLY_TOKEN) {
        let granted = bearer.and_then(|token| state.calendly.consents.scope_of(token, shared.clock.now()));
        let Some(granted) = granted else {
            return Some(refuse(StatusCode::UNAUTHORIZED, "Unauthenticated", "The access token is invalid"));
        };
        if !granted.split(' ').any(|one| one == scope || one == scope.replace(":read", ":write")) {
            return Some(lacking(scope));
        }
    }
    if state.calendly.is_revoked {
        return Some(refuse(StatusCode::UNAUTHORIZED, "Unauthenticated", "The access token was revoked"));
    }
    state.calendly.missing_scopes.contains(&scope).then(|| lacking(scope))
}

fn lacking(scope: &str) -> Response {
    refuse(StatusCode::FORBIDDEN, "Permission Denied", &format!("Insufficient scope. Required scopes: {scope}"))
}

pub(super) async fn me(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    under(&shared, Route::CalendlyUser, || {
        refusal(&shared, &headers, "users:read").unwrap_or_else(|| Json(json!({ "resource": CalendlyState::user() })).into_response())
    })
    .await
}

pub(super) async fn event_types(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(parameters): Query<HashMap<String, String>>,
) -> Response {
    under(&shared, Route::CalendlyEventTypes, || {
        if let Some(refused) = refusal(&shared, &headers, "event_types:read") {
            return refused;
        }
        let state = shared.lock();
        let count: usize = parameters.get("count").map_or(Ok(20), |text| text.parse()).unwrap_or_default();
        if parameters.get("user").map(String::as_str) != Some(USER) || !(1..=100).contains(&count) {
            return refuse(StatusCode::BAD_REQUEST, "Invalid Argument", "The supplied parameters are invalid.");
        }
        let all = state.calendly.event_types();
        let first: usize = parameters.get("page_token").and_then(|text| text.strip_prefix("page-")?.parse().ok()).unwrap_or_default();
        let last = (first + state.calendly.page_size.unwrap_or(count).min(count)).min(all.len());
        let next = (last < all.len()).then(|| format!("page-{last}"));
        let page = &all[first.min(last)..last];
        Json(json!({
            "collection": page,
            "pagination": { "count": page.len(), "next_page": null, "previous_page": null, "next_page_token": next, "previous_page_token": null },
        }))
        .into_response()
    })
    .await
}
