//! A span a request, for a collector of traces if there is one.

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use providers::outbound::TRACES;
use tracing::field::Empty;
use tracing::{Instrument, Level};

use super::access_log::known;
use super::request_id;

pub(super) async fn run(request: Request, next: Next) -> Response {
    if !tracing::span_enabled!(target: TRACES, Level::TRACE) {
        return next.run(request).await;
    }
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let request_id = request_id::text(request.extensions());
    let span = tracing::trace_span!(
        target: TRACES, "request", otel.kind = "server", otel.name = format!("{method} {route}"), otel.status_code = Empty,
        http.request.method = method, http.route = route, http.response.status_code = Empty, request_id
    );
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}
