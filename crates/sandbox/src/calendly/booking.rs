//! Times, booking, events, links and webhook subscriptions.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::api::{refusal, refuse};
use super::state::{BASE, ORGANIZATION, USER, moment};
use crate::Shared;
use crate::faults::{Route, under};

pub(super) fn invalid() -> Response {
    refuse(StatusCode::BAD_REQUEST, "Invalid Argument", "The supplied parameters are invalid.")
}

pub(super) fn missing() -> Response {
    refuse(StatusCode::NOT_FOUND, "Resource Not Found", "The server could not find the requested resource.")
}

fn collection(found: Vec<Value>) -> Response {
    Json(json!({ "collection": found, "pagination": { "count": found.len(), "next_page": null, "next_page_token": null } })).into_response()
}

pub(super) fn resource(value: &Value) -> Response {
    Json(json!({ "resource": value })).into_response()
}

pub(super) async fn times(State(shared): State<Arc<Shared>>, headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    under(&shared, Route::CalendlyTimes, || {
        if let Some(refused) = refusal(&shared, &headers, "availability:read") {
            return refused;
        }
        let at = |name: &str| query.get(name).and_then(|text| text.parse::<DateTime<Utc>>().ok());
        let (Some(from), Some(to), Some(event_type)) = (at("start_time"), at("end_time"), query.get("event_type")) else { return invalid() };
        // In the future only, and at most 31 days.
        if from <= shared.clock.now() || to <= from || to - from > TimeDelta::days(31) {
            return invalid();
        }
        let state = shared.lock();
        let times = state.calendly.times(event_type, from, to, "");
        let made = |at: DateTime<Utc>| json!({ "status": "available", "start_time": moment(at), "invitees_remaining": 1, "scheduling_url": "https://calendly.com/x" });
        collection(times.into_iter().map(made).collect())
    })
    .await
}

pub(super) async fn book(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    under(&shared, Route::CalendlyBook, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:write") {
            return refused;
        }
        let mut state = shared.lock();
        if state.calendly.refuses_bookings {
            return refuse(StatusCode::FORBIDDEN, "Permission Denied", "Please upgrade to a paid Calendly account.");
        }
        let six = ["utm_campaign", "utm_source", "utm_medium", "utm_content", "utm_term", "salesforce_uuid"];
        let is_tracked = body["tracking"].as_object().is_none_or(|tracking| six.iter().all(|key| tracking.contains_key(*key)));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (Some(event_type), Some(at), Some(_), Some(_)) = (
            text(&body["event_type"]),
            body["start_time"].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()),
            text(&body["invitee"]["email"]),
            text(&body["invitee"]["timezone"]),
        ) else {
            return invalid();
        };
        if !is_tracked {
            return invalid();
        }
        if !state.calendly.fits(&event_type, &body["location"], &body["questions_and_answers"]) {
            return invalid();
        }
        let mut who = body["invitee"].clone();
        who["tracking"] = body["tracking"].clone();
        who["questions_and_answers"] = body["questions_and_answers"].clone();
        match state.calendly.book(&event_type, at, &who, None, shared.clock.now()) {
            Some(made) => (StatusCode::CREATED, resource(&made)).into_response(),
            None => refuse(StatusCode::BAD_REQUEST, "Invalid Argument", "The selected time is no longer available."),
        }
    })
    .await
}

pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    under(&shared, Route::CalendlyEvents, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:read") {
            return refused;
        }
        if query.get("user").map(String::as_str) != Some(USER) {
            return invalid();
        }
        let at = |name: &str| query.get(name).and_then(|text| text.parse::<DateTime<Utc>>().ok());
        let (from, to) = (at("min_start_time"), at("max_start_time"));
        let state = shared.lock();
        let fits = |event: &&Value| {
            let starts = event["start_time"].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()).unwrap_or_default();
            let is_in = |invitee: &Value| {
                invitee["event"] == event["uri"] && query.get("invitee_email").is_none_or(|email| invitee["email"] == email.as_str())
            };
            from.is_none_or(|from| starts >= from)
                && to.is_none_or(|to| starts < to)
                && query.get("status").is_none_or(|status| event["status"] == status.as_str())
                && state.calendly.invitees.iter().any(is_in)
        };
        collection(state.calendly.events.values().filter(fits).cloned().collect())
    })
    .await
}

pub(super) async fn event(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(event): Path<String>) -> Response {
    under(&shared, Route::CalendlyEvents, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:read") {
            return refused;
        }
        shared.lock().calendly.events.get(&event).map_or_else(missing, resource)
    })
    .await
}

pub(super) async fn invitees(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(event): Path<String>) -> Response {
    under(&shared, Route::CalendlyEvents, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:read") {
            return refused;
        }
        let uri = format!("{BASE}/scheduled_events/{event}");
        collection(shared.lock().calendly.invitees.iter().filter(|invitee| invitee["event"] == uri).cloned().collect())
    })
    .await
}

pub(super) async fn invitee(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path((_, invitee)): Path<(String, String)>) -> Response {
    under(&shared, Route::CalendlyEvents, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:read") {
            return refused;
        }
        let state = shared.lock();
        let found = state.calendly.invitees.iter().find(|made| made["uri"].as_str().is_some_and(|uri| uri.ends_with(&invitee)));
        found.map_or_else(missing, resource)
    })
    .await
}

pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(event): Path<String>,
    Json(body): Json<Value>,
) -> Response {
    under(&shared, Route::CalendlyCancel, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduled_events:write") {
            return refused;
        }
        let uri = format!("{BASE}/scheduled_events/{event}");
        let mut state = shared.lock();
        let found = state.calendly.invitees.iter().find(|made| made["event"] == uri && made["status"] == "active").cloned();
        match found {
            None if state.calendly.events.contains_key(&event) => {
                refuse(StatusCode::FORBIDDEN, "Permission Denied", "Event in the past or already canceled")
            }
            None => missing(),
            Some(made) => {
                let (name, reason) = (made["uri"].as_str().unwrap_or_default().to_owned(), body["reason"].as_str().unwrap_or_default());
                state.calendly.end(&name, "host", reason, None, shared.clock.now());
                (StatusCode::CREATED, resource(&json!({ "canceled_by": "Bruno Costa", "reason": reason, "canceler_type": "host" })))
                    .into_response()
            }
        }
    })
    .await
}

pub(super) async fn forget(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refused) = refusal(&shared, &headers, "data_compliance:write") {
        return refused;
    }
    let mut state = shared.lock();
    if !state.calendly.is_enterprise {
        return refuse(StatusCode::FORBIDDEN, "Permission Denied", "You do not have permission");
    }
    let Some(emails) = body["emails"].as_array().cloned() else { return invalid() };
    for made in state.calendly.invitees.iter_mut().filter(|made| emails.contains(&made["email"])) {
        for column in ["email", "name", "questions_and_answers"] {
            made[column] = Value::Null;
        }
    }
    (StatusCode::ACCEPTED, Json(json!({}))).into_response()
}

pub(super) async fn link(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let host = headers.get("host").and_then(|value| value.to_str().ok()).unwrap_or("localhost").replace("127.0.0.1", "localhost");
    under(&shared, Route::CalendlyLinks, || {
        if let Some(refused) = refusal(&shared, &headers, "scheduling_links:write") {
            return refused;
        }
        let Some(owner) = body["owner"].as_str() else { return invalid() };
        if body["max_event_count"] != 1 || body["owner_type"] != "EventType" {
            return invalid();
        }
        let mut state = shared.lock();
        let name = state.calendly.new_name();
        state.calendly.links.insert(name.clone(), owner.to_owned());
        let made = json!({ "booking_url": format!("http://{host}/calendly/d/{name}"), "owner": owner, "owner_type": "EventType" });
        (StatusCode::CREATED, resource(&made)).into_response()
    })
    .await
}

pub(super) async fn subscriptions(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    refusal(&shared, &headers, "webhooks:read").unwrap_or_else(|| {
        let shown = |made: &Value| {
            let mut made = made.clone();
            made["signing_key"] = Value::Null;
            made
        };
        collection(shared.lock().calendly.subscriptions.iter().map(shown).collect())
    })
}

pub(super) async fn subscribe(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    if let Some(refused) = refusal(&shared, &headers, "webhooks:write") {
        return refused;
    }
    if body["organization"] != ORGANIZATION || body["scope"] != "user" || body["user"] != USER || body["url"].as_str().is_none() {
        return invalid();
    }
    let mut state = shared.lock();
    if state.calendly.subscriptions.iter().any(|made| made["callback_url"] == body["url"]) {
        return refuse(StatusCode::CONFLICT, "Already Exists", "Hook with this url already exists");
    }
    let name = state.calendly.new_name();
    let made = json!({
        "uri": format!("{BASE}/webhook_subscriptions/{name}"), "callback_url": body["url"], "state": "active", "events": body["events"],
        "scope": "user", "organization": ORGANIZATION, "user": USER, "creator": USER, "signing_key": body["signing_key"],
        "created_at": moment(shared.clock.now()), "retry_started_at": null,
    });
    state.calendly.subscriptions.push(made.clone());
    (StatusCode::CREATED, resource(&made)).into_response()
}

pub(super) async fn unsubscribe(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refused) = refusal(&shared, &headers, "webhooks:write") {
        return refused;
    }
    let mut state = shared.lock();
    let before = state.calendly.subscriptions.len();
    state.calendly.subscriptions.retain(|made| !made["uri"].as_str().is_some_and(|uri| uri.ends_with(&id)));
    if state.calendly.subscriptions.len() < before { StatusCode::NO_CONTENT.into_response() } else { missing() }
}
