//! Idempotency keys: the first answer is kept and said again, also when it was an error of Stripe's own; another request under the same key is refused.

use std::collections::HashMap;

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What was answered under each key.
#[derive(Default)]
pub(super) struct Answers(HashMap<String, (String, StatusCode, Value)>);

/// An answer, before it is sent.
pub(super) type Answer = (StatusCode, Value);

/// An error in Stripe's form.
pub(super) fn error(status: u16, kind: &str, code: &str, message: &str, param: &str) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (
        status,
        json!({ "error": { "type": kind, "code": code, "message": message, "param": param, "doc_url": "https://stripe.com/docs/error-codes" } }),
    )
}

impl Answers {
    /// What was answered to `request` under the key in `headers`.
    pub fn replay(&self, headers: &HeaderMap, request: &str) -> Option<Response> {
        let (known, status, body) = self.0.get(key(headers)?)?;
        if known != request {
            let refused =
                error(400, "idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters.", "");
            return Some((refused.0, Json(refused.1)).into_response());
        }
        let mut answer = (*status, Json(body.clone())).into_response();
        answer.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
        Some(answer)
    }

    /// Keeps what is answered. What was refused before anything was done is not kept.
    pub fn keep(&mut self, headers: &HeaderMap, request: String, answer: &Answer) {
        if let (Some(key), false) = (key(headers), answer.0.is_client_error()) {
            self.0.insert(key.to_owned(), (request, answer.0, answer.1.clone()));
        }
    }
}

fn key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key")?.to_str().ok()
}
