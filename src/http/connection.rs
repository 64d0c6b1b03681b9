//! `POST /app/settings/connections/{id}/calendars`, `…/sync` and `…/report`

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use domain::calendar::{self, CalendarError, SyncNow};
use types::{CalendarId, ConnectionId, Notice};

use super::form::{Fields, go_saying};
use crate::middleware::Caller;
use crate::state::AppState;
use domain::base::security_event;

/// What a failed verb becomes here.
pub(super) fn refuse(state: &AppState, caller: &Caller, error: CalendarError) -> Response {
    if matches!(error, CalendarError::NotFound) {
        return super::pages::missing(state, caller);
    }
    tracing::error!(%error, "a connection could not be changed");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

fn id(text: &str) -> Result<ConnectionId, CalendarError> {
    text.parse().map_err(|_| CalendarError::NotFound)
}

/// Chooses which calendars count.
pub async fn choose(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(text): Path<String>,
    fields: Fields,
) -> Response {
    let chosen: Vec<CalendarId> = fields.all("calendar").iter().filter_map(|text| text.parse().ok()).collect();
    let result = async { calendar::choose_calendars(&state.deps, &caller.op, id(&text)?, &chosen).await };
    match result.await {
        Ok(()) => go_saying(&format!("/app/settings/connections/{text}"), Notice::ChoiceSaved),
        Err(error) => refuse(&state, &caller, error),
    }
}

/// Reports that somebody else may have used it.
pub async fn report(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(text): Path<String>) -> Response {
    let result = async { calendar::report(&state.deps, &caller.op, id(&text)?).await };
    match result.await {
        Ok(()) => {
            security_event("suspicious_connection_reported", "high");
            go_saying(&format!("/app/settings/connections/{text}"), Notice::Reported)
        }
        Err(error) => refuse(&state, &caller, error),
    }
}

/// Reads it now.
pub async fn sync(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(text): Path<String>) -> Response {
    let result = async { calendar::sync_now(&state.deps, &caller.op, id(&text)?).await };
    match result.await {
        Ok(SyncNow::Queued) => go_saying(&format!("/app/settings/connections/{text}"), Notice::SyncQueued),
        Ok(SyncNow::TooSoon { seconds }) => too_often(&text, Notice::SyncTooSoon, seconds),
        Ok(SyncNow::TooMany { seconds }) => too_often(&text, Notice::SyncTooMany, seconds),
        Err(error) => refuse(&state, &caller, error),
    }
}

fn too_often(connection: &str, notice: Notice, seconds: u64) -> Response {
    let mut response = go_saying(&format!("/app/settings/connections/{connection}"), notice);
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}
