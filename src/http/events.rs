//! `GET /api/events` and `GET /api/free-busy`

use std::collections::HashMap;

use app::context::Asked;
use axum::Extension;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar::{self, EventPayload, MAX_DAYS, Page, Wanted};
use sha2::{Digest, Sha256};
use types::{EventId, Problem};

use crate::middleware::{Caller, PageRows, problem};

/// RFC 3339 instants; without them the next seven days.
struct Parameters<'q>(&'q HashMap<String, String>);

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 500;

struct Stretch {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    limit: usize,
    after: Option<(DateTime<Utc>, EventId)>,
}

impl Parameters<'_> {
    fn read(&self, now: DateTime<Utc>) -> Option<Stretch> {
        let instant = |name: &str, default: DateTime<Utc>| match self.0.get(name) {
            None => Some(default),
            // A plus sign that was not encoded arrives as a space.
            Some(text) => DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|at| at.to_utc()),
        };
        let from = instant("from", now)?;
        let to = instant("to", from + TimeDelta::days(7))?;
        let limit = match self.0.get("limit") {
            None => DEFAULT_LIMIT,
            Some(text) => text.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))?,
        };
        let after = match self.0.get("cursor") {
            None => None,
            Some(cursor) => Some(after(cursor)?),
        };
        (from < to && to - from <= TimeDelta::days(MAX_DAYS)).then_some(Stretch { from, to, limit, after })
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

/// What is to be read for a query that makes sense.
pub(crate) fn wanted(query: &HashMap<String, String>, now: DateTime<Utc>) -> Option<Wanted> {
    let stretch = Parameters(query).read(now)?;
    Some(Wanted { between: Some((stretch.from, stretch.to)), ..Wanted::FRAME })
}

/// The person's events, a page at a time.
pub async fn events(
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    page: Option<Extension<PageRows>>,
    headers: HeaderMap,
) -> Response {
    answer(&caller, &asked, page, &headers, |page, stretch| {
        let mut rest = calendar::events(page, stretch.from, stretch.to);
        // They come in the order of the cursor: by time, then by id.
        if let Some(after) = stretch.after {
            rest.retain(|event| (event.starts_at, event.id) > after);
        }
        let more = rest.len() > stretch.limit;
        rest.truncate(stretch.limit);
        let next = more.then(|| rest.last().map(cursor)).flatten();
        serde_json::json!({ "events": rest, "next_cursor": next, "from": stretch.from, "to": stretch.to })
    })
}

/// What is not open.
pub async fn free_busy(
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    page: Option<Extension<PageRows>>,
    headers: HeaderMap,
) -> Response {
    answer(&caller, &asked, page, &headers, |page, stretch| {
        let busy = calendar::free_busy(page, stretch.from, stretch.to);
        serde_json::json!({ "from": stretch.from, "to": stretch.to, "busy": busy })
    })
}

/// Understands the question and answers with a tag.
fn answer(
    caller: &Caller,
    asked: &Asked,
    page: Option<Extension<PageRows>>,
    headers: &HeaderMap,
    make: impl FnOnce(&Page, &Stretch) -> serde_json::Value,
) -> Response {
    let request_id = caller.op.request_id.to_string();
    let Some(stretch) = Parameters(&asked.query).read(asked.now) else { return problem(Problem::Invalid, &request_id) };
    match page {
        Some(Extension(page)) => tagged(headers, &make(&page, &stretch)),
        None => problem(Problem::NotFound, &request_id),
    }
}

/// JSON with an entity tag of its bytes; 304 when the asker has them (RFC 9110, 13.1.2).
fn tagged(headers: &HeaderMap, body: &serde_json::Value) -> Response {
    let bytes = body.to_string();
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&Sha256::digest(bytes.as_bytes())[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let same = known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag);
    let status = if same { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let common =
        [(header::ETAG, tag), (header::CACHE_CONTROL, "private, no-cache".to_owned()), (header::VARY, "Cookie, Authorization".to_owned())];
    if same {
        (status, common).into_response()
    } else {
        (status, common, [(header::CONTENT_TYPE, "application/json")], bytes).into_response()
    }
}
