//! Graph v1.0: the person, their calendars, and events by delta rounds in which occurrences are stubs.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::MicrosoftState;
use super::data::{Account, Calendar, Event};
use crate::faults::{Route, under};
use crate::{Shared, State as Memory};

type Parameters = HashMap<String, String>;

pub(super) fn refuse(status: StatusCode, code: &str) -> Response {
    let body = json!({ "error": { "code": code, "message": code, "innerError": { "date": "2026-11-22T09:00:00", "request-id": "00000000-0000-0000-0000-000000000000", "client-request-id": "00000000-0000-0000-0000-000000000000" } } });
    (status, Json(body)).into_response()
}

/// The account behind the bearer token, or why not.
pub(super) fn admit<'s>(
    microsoft: &'s MicrosoftState,
    headers: &HeaderMap,
    now: DateTime<Utc>,
    needs_mailbox: bool,
) -> Result<&'s Account, Response> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = text(header::AUTHORIZATION.as_str()).strip_prefix("Bearer ").unwrap_or_default();
    let Some(account) = microsoft.bearer(token, now) else {
        return Err(refuse(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"));
    };
    if needs_mailbox && !account.has_mailbox {
        return Err(refuse(StatusCode::NOT_FOUND, "MailboxNotEnabledForRESTAPI"));
    }
    // Ids differ without this header, as they do at Graph, and then nothing matches.
    if needs_mailbox && !text("prefer").contains("IdType=\"ImmutableId\"") {
        return Err(refuse(StatusCode::BAD_REQUEST, "ErrorInvalidIdMalformed"));
    }
    Ok(account)
}

/// Runs `work` for the account behind the bearer token, under the faults of `route`.
async fn as_account(
    shared: &Arc<Shared>,
    route: Route,
    headers: &HeaderMap,
    needs_mailbox: bool,
    work: impl FnOnce(&Memory, &Account) -> Response,
) -> Response {
    under(shared, route, || {
        let state = shared.lock();
        match admit(&state.microsoft, headers, shared.clock.now(), needs_mailbox) {
            Ok(account) => work(&state, account),
            Err(refusal) => refusal,
        }
    })
    .await
}

pub(super) async fn me(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    as_account(&shared, Route::GraphMe, &headers, false, |_, account| {
        // Personal accounts often have no `mail`.
        let mail = (account.kind == "work account").then_some(account.email);
        Json(json!({ "id": account.id, "displayName": account.name, "mail": mail, "userPrincipalName": account.email })).into_response()
    })
    .await
}

fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    format!("http://{host}")
}

pub(super) async fn calendars(State(shared): State<Arc<Shared>>, headers: HeaderMap, Query(parameters): Query<Parameters>) -> Response {
    as_account(&shared, Route::GraphCalendars, &headers, true, |state, account| {
        let size = state.microsoft.page_size.unwrap_or_else(|| parameters.get("$top").and_then(|top| top.parse().ok()).unwrap_or(10));
        let offset: usize = parameters.get("$skip").and_then(|skip| skip.parse().ok()).unwrap_or_default();
        let value: Vec<Value> = account
            .calendars
            .iter()
            .skip(offset)
            .take(size)
            .map(|calendar| json!({ "id": calendar.id, "name": calendar.name, "isDefaultCalendar": calendar.is_default, "canEdit": calendar.can_edit, "canViewPrivateItems": true }))
            .collect();
        let mut body = json!({ "@odata.context": "x", "value": value });
        if offset + size < account.calendars.len() {
            body["@odata.nextLink"] = format!("{}/graph/v1.0/me/calendars?$top={size}&$skip={}", origin(&headers), offset + size).into();
        }
        Json(body).into_response()
    })
    .await
}

pub(super) async fn event(
    State(shared): State<Arc<Shared>>,
    Path((calendar, event)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    as_account(&shared, Route::GraphEvents, &headers, true, |_, account| {
        let found = account.calendars.iter().find(|entry| entry.id == calendar).and_then(|entry| entry.events.get(&event));
        match found.filter(|event| !event.deleted) {
            Some(event) => Json(whole(event)).into_response(),
            None => refuse(StatusCode::NOT_FOUND, "ErrorItemNotFound"),
        }
    })
    .await
}

/// `calendarView/delta`: the window, then links. Everything a round needs is inside its link.
pub(super) async fn delta(
    State(shared): State<Arc<Shared>>,
    Path(calendar): Path<String>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    as_account(&shared, Route::GraphEvents, &headers, true, |state, account| {
        let microsoft = &state.microsoft;
        let Some(calendar) = account.calendars.iter().find(|entry| entry.id == calendar) else {
            return refuse(StatusCode::NOT_FOUND, "ErrorItemNotFound");
        };
        if parameters.keys().any(|name| matches!(name.as_str(), "$select" | "$filter" | "$orderby" | "$expand" | "$search")) {
            return refuse(StatusCode::BAD_REQUEST, "ErrorInvalidUrlQuery");
        }
        let round = match Round::read(&parameters, microsoft.epoch) {
            Ok(round) => round,
            Err(response) => return response,
        };
        let items: Vec<Value> = calendar.events.values().filter(|event| round.takes(event)).map(|event| round.show(event)).collect();
        let asked = headers
            .get("prefer")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split("odata.maxpagesize=").nth(1)?.split([',', ' ']).next()?.parse::<usize>().ok());
        let size = microsoft.page_size.or(asked).unwrap_or(10).max(1);
        let more = items.len() > round.offset + size;
        let value: Vec<Value> = items.into_iter().skip(round.offset).take(size).collect();
        let base = format!("{}{}", origin(&headers), path(calendar));
        let mut body = json!({ "@odata.context": "x", "value": value });
        if more {
            body["@odata.nextLink"] =
                format!("{base}?$skiptoken={}", Round { offset: round.offset + size, ..round }.token(microsoft.epoch)).into();
        } else {
            let next = Round { offset: 0, since: Some(microsoft.sequence), ..round };
            body["@odata.deltaLink"] = format!("{base}?$deltatoken={}", next.token(microsoft.epoch)).into();
        }
        Json(body).into_response()
    })
    .await
}

fn path(calendar: &Calendar) -> String {
    let id: String = url::form_urlencoded::byte_serialize(calendar.id.as_bytes()).collect();
    format!("/graph/v1.0/me/calendars/{id}/calendarView/delta")
}

/// What a round is about.
#[derive(Clone, Copy)]
struct Round {
    window: (DateTime<Utc>, DateTime<Utc>),
    since: Option<u64>,
    offset: usize,
}

impl Round {
    fn read(parameters: &Parameters, epoch: u64) -> Result<Self, Response> {
        let invalid = || refuse(StatusCode::BAD_REQUEST, "ErrorInvalidParameter");
        if let Some(token) = parameters.get("$skiptoken").or_else(|| parameters.get("$deltatoken")) {
            let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let parts: Vec<i64> = text.ok_or_else(invalid)?.split('|').filter_map(|part| part.parse().ok()).collect();
            let [of_epoch, since, start, end, offset] = parts[..] else { return Err(invalid()) };
            if u64::try_from(of_epoch) != Ok(epoch) {
                return Err(refuse(StatusCode::GONE, "SyncStateNotFound"));
            }
            let window = DateTime::from_timestamp(start, 0).zip(DateTime::from_timestamp(end, 0)).ok_or_else(invalid)?;
            return Ok(Self { window, since: u64::try_from(since).ok(), offset: usize::try_from(offset).unwrap_or_default() });
        }
        let time = |name: &str| {
            let text = parameters.get(name)?;
            DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
        };
        let (Some(start), Some(end)) = (time("startDateTime"), time("endDateTime")) else { return Err(invalid()) };
        if start >= end { Err(invalid()) } else { Ok(Self { window: (start, end), since: None, offset: 0 }) }
    }

    fn inside(&self, event: &Event) -> bool {
        event.ends_at > self.window.0 && event.starts_at < self.window.1
    }

    /// A later round shows everything that changed, also what is outside the window: as removed.
    fn takes(&self, event: &Event) -> bool {
        match self.since {
            Some(since) => event.sequence > since,
            None => !event.deleted && self.inside(event),
        }
    }

    fn show(&self, event: &Event) -> Value {
        if event.deleted || !self.inside(event) {
            return json!({ "id": event.body["id"], "@removed": { "reason": "deleted" } });
        }
        match &event.stub_of {
            Some(series) => {
                json!({ "id": event.body["id"], "type": "occurrence", "seriesMasterId": series, "start": time(event.starts_at), "end": time(event.ends_at) })
            }
            None => whole(event),
        }
    }

    fn token(&self, epoch: u64) -> String {
        let since = self.since.map_or(-1, |since| i64::try_from(since).unwrap_or_default());
        let text = format!("{epoch}|{since}|{}|{}|{}", self.window.0.timestamp(), self.window.1.timestamp(), self.offset);
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
    }
}

fn whole(event: &Event) -> Value {
    let mut body = event.body.clone();
    body["start"] = time(event.starts_at);
    body["end"] = time(event.ends_at);
    body
}

/// No offset, seven digits of a second.
fn time(at: DateTime<Utc>) -> Value {
    json!({ "dateTime": at.format("%Y-%m-%dT%H:%M:%S.0000000").to_string(), "timeZone": "UTC" })
}
