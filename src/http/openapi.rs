//! `GET /api/openapi.json`: what programs can ask, in words that programs read. A test holds it against the table of routes and real replies.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

/// The document.
pub const OPENAPI: &str = include_str!("openapi.json");

/// The document, which anybody may read.
pub async fn get() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=300")], OPENAPI)
}
