//! A fresh id for each request.

use axum::extract::{Request as HttpRequest, State};
use axum::http::{Extensions, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use types::RequestId;

use crate::state::AppState;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the present request, as handlers find it among the extensions.
#[derive(Debug, Clone, Copy)]
pub struct Request(pub RequestId);

/// The same as text, for logs and replies; empty where there is none.
pub(super) fn text(parts: &Extensions) -> String {
    parts.get::<Request>().map(|request| request.0.to_string()).unwrap_or_default()
}

pub(super) async fn run(State(state): State<AppState>, mut request: HttpRequest, next: Next) -> Response {
    let id = state.deps.new_request_id();
    request.extensions_mut().insert(Request(id));
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
