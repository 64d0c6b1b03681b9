//! Refuses state changes that another site asks for. `Sec-Fetch-Site` says it in every current browser; `Origin` in older ones.
//! Requests with neither come from programs, which carry no cookie of a victim; nor do those with a token or a key, which no browser sends by
//! itself, and which `cors.rs` answers for.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;
use domain::base::security_event;

pub(super) async fn run(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let brings_key = request.uri().path().starts_with("/api/") && request.headers().contains_key(header::AUTHORIZATION);
    let changes = !brings_key && !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes && !is_same_origin(request.headers(), &state.web.public_origin) {
        security_event("cross_site_request", "medium");
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(request).await
}

fn is_same_origin(headers: &HeaderMap, own: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        (None, Some(origin)) => origin == own,
        // A browser that sends cookies sends Origin with every post; without cookies there is nobody to be tricked.
        (None, None) => !headers.contains_key(header::COOKIE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_same_origin(&headers, "https://kairos.example")
    }

    #[test]
    fn only_our_own_pages_may_change_something() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("sec-fetch-site", "none")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site"), ("origin", "https://kairos.example")]));
        assert!(allowed(&[("origin", "https://kairos.example")]));
        assert!(!allowed(&[("origin", "https://evil.example")]));
        assert!(!allowed(&[("origin", "null")]));
        assert!(!allowed(&[("cookie", "a=b")]));
        assert!(allowed(&[]));
    }
}
