//! `POST /api/token`: a key for a token.

use std::collections::HashSet;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::api_keys::{self, ApiKeyError};
use domain::limits::TooOften;
use secrecy::{ExposeSecret, SecretString};
use types::{Problem, Scope};

use crate::middleware::{Caller, bearer, problem, too_many};
use crate::state::AppState;

/// The key comes as `Authorization: Bearer …`; a form's `scope` names some of its scopes (RFC 6749, 3.3), without it all. The answer has the
/// shape of RFC 6749, 5.1.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, headers: HeaderMap, body: Bytes) -> Response {
    let request_id = caller.op.request_id.to_string();
    let Some(key) = bearer(&headers).map(SecretString::from) else {
        let mut reply = problem(Problem::Unauthenticated, &request_id);
        reply.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
        return reply;
    };
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !body.is_empty() && !content_type.starts_with("application/x-www-form-urlencoded") {
        return problem(Problem::UnsupportedMediaType, &request_id);
    }
    let Some(scopes) = scopes(&body) else { return problem(Problem::Invalid, &request_id) };
    match api_keys::exchange(&state.deps, &caller.op, &key, &scopes).await {
        Ok(exchanged) => {
            let scope = exchanged.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
            let answer = serde_json::json!({
                "access_token": exchanged.token.expose_secret(),
                "token_type": "Bearer",
                "expires_in": exchanged.seconds,
                "scope": scope,
            });
            (StatusCode::OK, [(CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
        }
        Err(ApiKeyError::Refused) => {
            state.deps.security_event(&caller.op, "api_key_refused", "medium");
            problem(Problem::Unauthenticated, &request_id)
        }
        Err(ApiKeyError::ScopeMissing) => problem(Problem::ScopeMissing, &request_id),
        Err(ApiKeyError::TooOften(TooOften { wait })) => too_many(wait, &request_id),
        Err(error) => {
            tracing::error!(%error, "a key could not be exchanged");
            problem(Problem::Internal, &request_id)
        }
    }
}

/// The scopes that a form asks for, each once. `None`: one of them is none.
fn scopes(body: &[u8]) -> Option<Vec<Scope>> {
    let text = url::form_urlencoded::parse(body).find(|(name, _)| name == "scope").map(|(_, value)| value.into_owned()).unwrap_or_default();
    let mut seen = HashSet::new();
    text.split_whitespace()
        .map(str::parse)
        .filter(|scope| scope.as_ref().map_or(true, |scope| seen.insert(*scope)))
        .collect::<Result<_, _>>()
        .ok()
}
