//! Invitees who did not come: one mark each, after their event began.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::api::{refusal, refuse};
use super::booking::{invalid, missing, resource};
use super::state::{BASE, moment};
use crate::Shared;
use crate::faults::{Route, under};

pub(super) async fn mark(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    under(&shared, Route::CalendlyNoShow, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:write") {
            return refused;
        }
        let Some(uri) = body["invitee"].as_str() else { return invalid() };
        let mut state = shared.lock();
        let now = shared.clock.now();
        let mark = format!("{BASE}/invitee_no_shows/{}", state.calendly.new_name());
        let event = state.calendly.invitees.iter().find(|made| made["uri"] == uri).map(|made| made["event"].clone());
        let Some(event) = event.as_ref().and_then(Value::as_str).and_then(|uri| uri.rsplit('/').next()) else { return missing() };
        let starts = state.calendly.events.get(event).and_then(|event| event["start_time"].as_str()?.parse::<DateTime<Utc>>().ok());
        let Some(made) = state.calendly.invitees.iter_mut().find(|made| made["uri"] == uri) else { return missing() };
        if starts.is_none_or(|starts| starts > now) || made["status"] != "active" {
            return invalid();
        }
        if !made["no_show"].is_null() {
            return refuse(StatusCode::CONFLICT, "Already Exists", "Invitee is already marked as a no show");
        }
        made["no_show"] = json!({ "uri": mark, "created_at": moment(now) });
        (StatusCode::CREATED, resource(&json!({ "uri": mark, "invitee": uri, "created_at": moment(now) }))).into_response()
    })
    .await
}

pub(super) async fn unmark(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(mark): Path<String>) -> Response {
    under(&shared, Route::CalendlyNoShow, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:write") {
            return refused;
        }
        let is_it = |made: &&mut Value| made["no_show"]["uri"].as_str().is_some_and(|uri| uri.ends_with(&mark));
        match shared.lock().calendly.invitees.iter_mut().find(is_it) {
            Some(made) => {
                made["no_show"] = Value::Null;
                StatusCode::NO_CONTENT.into_response()
            }
            None => missing(),
        }
    })
    .await
}
