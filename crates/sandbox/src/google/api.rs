//! Calendar API v3: the list of calendars, and events whole or by difference.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::SCOPE;
use super::data::{Calendar, Event};
use crate::Shared;
use crate::faults::{Route, under};

type Parameters = HashMap<String, String>;

pub(super) fn refuse(status: StatusCode, reason: &str) -> Response {
    (status, Json(json!({ "error": { "code": status.as_u16(), "message": reason, "errors": [{ "domain": "global", "reason": reason, "message": reason }] } }))).into_response()
}

/// The account behind the bearer token, if it lives and covers the calendar scope.
pub(super) fn account(shared: &Shared, headers: &HeaderMap) -> Result<String, Response> {
    let text = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    let state = shared.lock();
    let Some((account, scopes)) = state.google.bearer(text, shared.clock.now()) else {
        return Err(refuse(StatusCode::UNAUTHORIZED, "authError"));
    };
    if !scopes.iter().any(|scope| scope == SCOPE) {
        return Err(refuse(StatusCode::FORBIDDEN, "insufficientPermissions"));
    }
    Ok(account.to_owned())
}

pub(super) async fn calendar_list(State(shared): State<Arc<Shared>>, headers: HeaderMap, Query(parameters): Query<Parameters>) -> Response {
    under(&shared, Route::GoogleCalendarList, || {
        let email = match account(&shared, &headers) {
            Ok(email) => email,
            Err(response) => return response,
        };
        let state = shared.lock();
        let Some(account) = state.google.accounts.get(&email) else { return refuse(StatusCode::NOT_FOUND, "notFound") };
        let items: Vec<Value> = account
            .calendars
            .iter()
            .map(|calendar| {
                json!({ "kind": "calendar#calendarListEntry", "id": calendar.id, "summary": calendar.summary, "timeZone": calendar.zone.name(),
                        "accessRole": calendar.role, "primary": calendar.primary, "selected": calendar.selected })
            })
            .collect();
        let (page, next) = match paged(items, &parameters, 100, 250, state.google.page_size) {
            Ok(page) => page,
            Err(response) => return response,
        };
        let mut answer = json!({ "kind": "calendar#calendarList", "etag": "\"list\"", "items": page });
        match next {
            Some(next) => answer["nextPageToken"] = next.into(),
            None => answer["nextSyncToken"] = "calendar-list".into(),
        }
        Json(answer).into_response()
    })
    .await
}

pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Path(calendar): Path<String>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    under(&shared, Route::GoogleEvents, || {
        let email = match account(&shared, &headers) {
            Ok(email) => email,
            Err(response) => return response,
        };
        let state = shared.lock();
        let google = &state.google;
        let wanted = if calendar == "primary" { email.as_str() } else { calendar.as_str() };
        let Some(calendar) = google.accounts.get(&email).and_then(|account| account.calendars.iter().find(|entry| entry.id == wanted)) else {
            return refuse(StatusCode::NOT_FOUND, "notFound");
        };
        let selection = match Selection::read(&parameters, google.epoch) {
            Ok(selection) => selection,
            Err(response) => return response,
        };
        let items: Vec<&Event> = calendar.events.values().filter(|event| selection.takes(event)).collect();
        let (page, next) = match paged(items, &parameters, 250, 2500, google.page_size) {
            Ok(page) => page,
            Err(response) => return response,
        };
        let mut answer = json!({ "kind": "calendar#events", "summary": calendar.summary, "timeZone": calendar.zone.name(), "accessRole": calendar.role, "items": page.into_iter().map(|event| render(event, calendar)).collect::<Vec<Value>>() });
        match next {
            Some(next) => answer["nextPageToken"] = next.into(),
            None => answer["nextSyncToken"] = selection.token(google.epoch, google.sequence).into(),
        }
        Json(answer).into_response()
    })
    .await
}

/// Which events are asked for. A sync token remembers the window it began with, and everything since.
struct Selection {
    window: Option<(DateTime<Utc>, DateTime<Utc>)>,
    since: Option<u64>,
}

impl Selection {
    fn read(parameters: &Parameters, epoch: u64) -> Result<Self, Response> {
        let invalid = || refuse(StatusCode::BAD_REQUEST, "invalid");
        if parameters.get("singleEvents").map(String::as_str) != Some("true") {
            // The stand-in keeps occurrences only.
            return Err(invalid());
        }
        let time = |name: &str| {
            parameters.get(name).map(|text| DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).map_err(|_| invalid())).transpose()
        };
        let (min, max) = (time("timeMin")?, time("timeMax")?);
        let Some(token) = parameters.get("syncToken") else {
            if matches!((min, max), (Some(min), Some(max)) if min >= max) {
                return Err(refuse(StatusCode::BAD_REQUEST, "timeRangeEmpty"));
            }
            return Ok(Self { window: min.zip(max), since: None });
        };
        let forbidden = ["timeMin", "timeMax", "updatedMin", "orderBy", "q", "iCalUID"];
        if forbidden.iter().any(|name| parameters.contains_key(*name)) {
            return Err(invalid());
        }
        let text = base64::engine::general_purpose::STANDARD
            .decode(token)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(invalid)?;
        let parts: Vec<i64> = text.split('|').filter_map(|part| part.parse().ok()).collect();
        let [token_epoch, sequence, min, max] = parts[..] else { return Err(invalid()) };
        if u64::try_from(token_epoch) != Ok(epoch) {
            return Err(refuse(StatusCode::GONE, "fullSyncRequired"));
        }
        let window = DateTime::from_timestamp(min, 0).zip(DateTime::from_timestamp(max, 0));
        Ok(Self { window, since: u64::try_from(sequence).ok() })
    }

    fn takes(&self, event: &Event) -> bool {
        let inside = self.window.is_none_or(|(min, max)| event.ends_at > min && event.starts_at < max);
        match self.since {
            Some(since) => inside && event.sequence > since,
            None => inside && !event.cancelled,
        }
    }

    fn token(&self, epoch: u64, sequence: u64) -> String {
        let (min, max) = self.window.map_or((0, 4_000_000_000), |(min, max)| (min.timestamp(), max.timestamp()));
        base64::engine::general_purpose::STANDARD.encode(format!("{epoch}|{sequence}|{min}|{max}"))
    }
}

fn render(event: &Event, calendar: &Calendar) -> Value {
    let id = event.body["id"].clone();
    if event.cancelled {
        // Nothing else is promised.
        return json!({ "kind": "calendar#event", "id": id, "status": "cancelled" });
    }
    let mut body = event.body.clone();
    if calendar.role == "freeBusyReader"
        && let Some(fields) = body.as_object_mut()
    {
        fields.remove("summary");
    }
    body
}

/// One page of `items`, and the token of the next.
fn paged<T>(
    items: Vec<T>,
    parameters: &Parameters,
    default: usize,
    max: usize,
    forced: Option<usize>,
) -> Result<(Vec<T>, Option<String>), Response> {
    let asked = match parameters.get("maxResults") {
        Some(text) => {
            text.parse::<usize>().ok().filter(|asked| *asked > 0).ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "invalid"))?.min(max)
        }
        None => default,
    };
    let size = forced.unwrap_or(asked);
    let offset = match parameters.get("pageToken") {
        Some(text) => text
            .strip_prefix("page/")
            .and_then(|rest| rest.strip_suffix('='))
            .and_then(|rest| rest.parse().ok())
            .ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "invalid"))?,
        None => 0_usize,
    };
    let rest = items.len() > offset + size;
    Ok((items.into_iter().skip(offset).take(size).collect(), rest.then(|| format!("page/{}=", offset + size))))
}
