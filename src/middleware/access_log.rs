//! One line and one count per request. The path is the route's pattern, so that no token in an address reaches a log; the client is a
//! pseudonym, by which repetitions can be told and nobody found.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::{Pseudonym, request_id};
use domain::base::security_event;

/// The route a request matched, set by [`super::authorize`] on its way out.
#[derive(Debug, Clone)]
pub(super) struct Matched(pub MatchedPath);

/// Longest program name that is logged, in characters.
const MAX_AGENT: usize = 120;

/// A method as a metric label and in the log. What clients make up is one label: each label is kept for as long as the process lives.
pub(super) fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The program that asks, as it calls itself: printable ASCII, cut.
fn agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(MAX_AGENT).collect()
}

pub(super) async fn run(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = known(request.method());
    let agent = agent(request.headers());
    let client = request.extensions().get::<Pseudonym>().map(Pseudonym::to_string).unwrap_or_default();
    let request_id = request_id::text(request.extensions());
    // Every line that is written while the request is answered carries its id, however little is logged.
    let span = tracing::error_span!("http", request_id);
    let response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let route = response.extensions().get::<Matched>().map_or("unmatched", |matched| matched.0.as_str()).to_owned();
    let (status, seconds) = (response.status().as_u16(), began.elapsed().as_secs_f64());
    metrics::counter!("http_requests_total", "method" => method, "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_seconds", "route" => route.clone()).record(seconds);
    let milliseconds = seconds * 1000.0;
    match status {
        401 | 403 => {
            security_event("request_refused", "low");
            tracing::warn!(method, route, status, milliseconds, client, agent, "request");
        }
        500.. => tracing::error!(method, route, status, milliseconds, client, agent, "request"),
        _ => tracing::info!(method, route, status, milliseconds, client, agent, "request"),
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_strangers_make_up_are_one_label() {
        let labels: std::collections::HashSet<_> =
            (0..1_000).map(|number| known(&Method::from_bytes(format!("X{number}").as_bytes()).unwrap())).collect();
        assert_eq!(labels, ["other"].into());
        assert_eq!(known(&Method::POST), "POST");
    }

    #[test]
    fn a_program_cannot_break_the_line_or_fill_the_disk() {
        let headers = HeaderMap::from_iter([(header::USER_AGENT, "x".repeat(5_000).parse().unwrap())]);
        assert_eq!(agent(&headers).len(), MAX_AGENT);
        assert_eq!(agent(&HeaderMap::from_iter([(header::USER_AGENT, "a\tb".parse().unwrap())])), "ab");
    }
}
