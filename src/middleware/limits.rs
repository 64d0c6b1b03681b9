//! Bounds: headers and time here; the body's by axum's own limit, which also holds for bodies without a length.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::MAX_BODY;
use crate::http::webhooks;

/// A request is answered within this time or with 408.
pub(super) const TIME: Duration = Duration::from_secs(30);
const MAX_HEADERS: usize = 16 * 1024;

pub(super) async fn run(request: Request, next: Next) -> Response {
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers + request.uri().to_string().len() > MAX_HEADERS {
        return StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    }
    let told =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    let most = if request.uri().path().starts_with("/webhooks/") { webhooks::MAX_BODY } else { MAX_BODY };
    if told.is_some_and(|length| length > most) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    next.run(request).await
}
