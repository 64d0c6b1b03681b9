//! The last resort: a panic or a bare error reply becomes a page or a problem document. No cause ever leaves the server.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use serde_json::{Value, json};
use types::Problem;

use super::request_id;
use crate::routes::is_for_scripts;

/// An RFC 9457 problem document. The code says which it is; there is no page about each, so the type is the one that says so (4.2.1).
pub fn problem(problem: Problem, request_id: &str) -> Response {
    answer(problem, &document(problem, request_id))
}

/// A problem document for a program that asked too often. `error` and `message` are the shape that programs of before look for; they stand beside
/// the others, which RFC 9457 (3.2) allows.
pub fn too_many(wait: Duration, request_id: &str) -> Response {
    let mut body = document(Problem::TooMany, request_id);
    body["error"] = "Too many requests".into();
    body["message"] = format!("Rate limit exceeded; again in {} seconds", wait.as_secs()).into();
    let mut reply = answer(Problem::TooMany, &body);
    reply.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
    reply
}

fn document(problem: Problem, request_id: &str) -> Value {
    json!({ "type": "about:blank", "title": problem.title(), "status": problem.status(), "code": problem, "request_id": request_id })
}

fn answer(problem: Problem, body: &Value) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

pub(super) async fn run(request: Request, next: Next) -> Response {
    let for_scripts = is_for_scripts(request.uri().path());
    let id = request_id::text(request.extensions());
    let response = if let Ok(response) = AssertUnwindSafe(next.run(request)).catch_unwind().await {
        response
    } else {
        tracing::error!(request_id = id, "a handler panicked");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    };
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_ours = content_type.starts_with("text/html") || content_type.contains("json");
    if is_ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let code = of_status(status);
    let mut whole = if for_scripts { problem(code, &id) } else { plain_page(code, &id) };
    let kept = [
        header::ALLOW,
        header::RETRY_AFTER,
        header::WWW_AUTHENTICATE,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        header::VARY,
    ];
    for name in kept.into_iter().chain(super::allowance::NAMES) {
        if let Some(value) = response.headers().get(&name) {
            whole.headers_mut().insert(name, value.clone());
        }
    }
    if let Some(matched) = response.extensions().get::<super::access_log::Matched>() {
        whole.extensions_mut().insert(matched.clone());
    }
    whole
}

fn of_status(status: StatusCode) -> Problem {
    Problem::ALL.iter().copied().find(|problem| problem.status() == status.as_u16()).unwrap_or(if status.is_server_error() {
        Problem::Internal
    } else {
        Problem::Malformed
    })
}

/// A page that needs nothing but itself and the style sheet: it is also shown when everything else is broken.
pub(super) fn plain_page(code: Problem, request_id: &str) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Kairos</title><link rel=\"stylesheet\" href=\"/kairos.css\"></head><body><div class=\"public\"><main class=\"public-main\" id=\"main\"><div class=\"gate\">\
         <h1>{title}</h1><p class=\"soft mt-2\">Nothing was changed by this request.</p><p class=\"cluster mt-5\"><a class=\"button\" href=\"/app\">Go to your day</a></p>\
         <p class=\"hint mt-5\">If it stays, tell whoever runs this installation:</p><code class=\"fingerprint\">{request_id}</code></div></main></div></body></html>",
        title = code.title(),
    );
    let policy = HeaderValue::from_static(
        "default-src 'none'; style-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    (
        status,
        [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")), (header::CONTENT_SECURITY_POLICY, policy)],
        html,
    )
        .into_response()
}
