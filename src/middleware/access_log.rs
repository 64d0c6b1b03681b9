//! One line and one count per request. The path is the route's pattern, so that no token in an address reaches a log.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use super::RequestIdentity;
use domain::base::security_event;

/// The route a request matched, set by [`super::authorize`] on its way out.
#[derive(Debug, Clone)]
pub(super) struct Matched(pub MatchedPath);

pub(super) async fn run(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let id = request.extensions().get::<RequestIdentity>().map(|request| request.0);
    let response = next.run(request).await;
    let route = response.extensions().get::<Matched>().map_or("unmatched", |matched| matched.0.as_str()).to_owned();
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    let request_id = id.map(|id| id.to_string()).unwrap_or_default();
    metrics::counter!("http_requests_total", "method" => method.to_string(), "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("http_request_seconds", "route" => route.clone()).record(seconds);
    let milliseconds = seconds * 1000.0;
    match status {
        401 | 403 => {
            security_event("request_refused", "low");
            tracing::warn!(%method, route, status, milliseconds, request_id, "request");
        }
        500.. => tracing::error!(%method, route, status, milliseconds, request_id, "request"),
        _ => tracing::info!(%method, route, status, milliseconds, request_id, "request"),
    }
    response
}
