//! `GET /api/events` and `GET /api/free-busy`

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::accounts::{self, Zoned};
use domain::base::Reading;
use domain::calendar::{self, CalendarError, EventPayload, MAX_DAYS};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use types::{EventId, Problem};

use crate::middleware::{Caller, problem};
use crate::state::AppState;

/// RFC 3339 instants; without them the next seven days.
#[derive(Deserialize)]
pub struct Parameters {
    from: Option<String>,
    to: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 500;

struct Asked {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: usize,
    after: Option<(DateTime<Utc>, EventId)>,
}

impl Parameters {
    fn read(&self, now: DateTime<Utc>) -> Option<Asked> {
        let instant = |text: &Option<String>, default: DateTime<Utc>| match text {
            None => Some(default),
            // A plus sign that was not encoded arrives as a space.
            Some(text) => DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|at| at.to_utc()),
        };
        let from = instant(&self.from, now)?;
        let to = instant(&self.to, from + TimeDelta::days(7))?;
        let limit = match &self.limit {
            None => DEFAULT_LIMIT,
            Some(text) => text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))?,
        };
        let after = match &self.cursor {
            None => None,
            Some(cursor) => Some(after(cursor)?),
        };
        (from < to && to - from <= TimeDelta::days(MAX_DAYS)).then_some(Asked { from, to, limit, after })
    }
}

fn after(cursor: &str) -> Option<(DateTime<Utc>, EventId)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, id) = text.split_once('|')?;
    Some((at.parse().ok()?, id.parse().ok()?))
}

fn cursor(event: &EventPayload) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}|{}", event.starts_at.to_rfc3339(), event.id))
}

/// The person's events, a page at a time.
pub async fn events(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    answer(&state, &caller, &parameters, &headers, async |reading, person, asked| {
        let mut rest = calendar::events(reading, person, asked.from, asked.to).await?;
        // They come in the order of the cursor: by time, then by id.
        if let Some(after) = asked.after {
            rest.retain(|event| (event.starts_at, event.id) > after);
        }
        let more = rest.len() > asked.limit;
        rest.truncate(asked.limit);
        let next = more.then(|| rest.last().map(cursor)).flatten();
        Ok(serde_json::json!({ "events": rest, "next_cursor": next, "from": asked.from, "to": asked.to }))
    })
    .await
}

/// What is not open.
pub async fn free_busy(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    answer(&state, &caller, &parameters, &headers, async |reading, person, asked| {
        let busy = calendar::free_busy(reading, person, asked.from, asked.to).await?;
        Ok(serde_json::json!({ "from": asked.from, "to": asked.to, "busy": busy }))
    })
    .await
}

/// Understands the question, reads in one transaction, and answers with a tag.
async fn answer(
    state: &AppState,
    caller: &Caller,
    parameters: &Parameters,
    headers: &HeaderMap,
    read: impl AsyncFnOnce(&mut Reading, Zoned, &Asked) -> Result<serde_json::Value, CalendarError>,
) -> Response {
    let request_id = caller.op.request_id.to_string();
    let Some(asked) = parameters.read(state.deps.now()) else { return problem(Problem::Invalid, &request_id) };
    let body = async {
        let mut reading = state.deps.read(&caller.op).await?.ok_or(CalendarError::NotFound)?;
        let person = accounts::load_zoned(&mut reading).await?.ok_or(CalendarError::NotFound)?;
        read(&mut reading, person, &asked).await
    };
    match body.await {
        Ok(body) => tagged(headers, &body),
        Err(error) => {
            tracing::error!(%error, request_id, "events could not be read");
            problem(Problem::Internal, &request_id)
        }
    }
}

/// JSON with an entity tag of its bytes; 304 when the asker has them (RFC 9110, 13.1.2).
fn tagged(headers: &HeaderMap, body: &serde_json::Value) -> Response {
    let bytes = body.to_string();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes.as_bytes())[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let same = known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let status = if same { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let common = [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned()), (header::VARY, "Cookie".to_owned())];
    if same {
        (status, common).into_response()
    } else {
        (status, common, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
    }
}
