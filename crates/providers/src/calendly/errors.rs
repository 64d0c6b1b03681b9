//! What an error answer of Calendly's means.

use std::time::Duration;

use super::CalendlyError;
use super::wire::ErrorBody;
use crate::outbound::{OutboundError, Response};

pub(super) fn unanswered(error: OutboundError) -> CalendlyError {
    match error {
        OutboundError::TooLarge => CalendlyError::Unreadable,
        _ => CalendlyError::Down,
    }
}

pub(super) fn refused(answer: &Response) -> CalendlyError {
    let body: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
    match answer.status.as_u16() {
        401 => CalendlyError::TokenRefused,
        403 if says_scope(&body) => CalendlyError::ScopeMissing,
        403 => CalendlyError::Forbidden,
        404 => CalendlyError::NotFound,
        400 | 409 | 422 => CalendlyError::DoesNotFit,
        429 => CalendlyError::RateLimited { wait: wait(answer) },
        500..=599 => CalendlyError::Down,
        _ => CalendlyError::Unreadable,
    }
}

/// Both a missing scope and a plan that is too small are 403; the words tell them apart.
fn says_scope(body: &ErrorBody) -> bool {
    format!("{} {}", body.title, body.message).to_ascii_lowercase().contains("scope")
}

/// `X-RateLimit-Reset` says how many seconds to wait, and is no moment.
fn wait(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers.get("x-ratelimit-reset")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    fn answer(status: u16, title: &str, message: &str, reset: Option<&str>) -> Response {
        let headers = reset.map(|seconds| ("x-ratelimit-reset".parse().unwrap(), seconds.parse().unwrap()));
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter(headers),
            body: serde_json::json!({ "title": title, "message": message }).to_string().into_bytes(),
        }
    }

    #[test]
    fn a_403_means_what_its_words_say() {
        let scope = answer(403, "Permission Denied", "Insufficient scope. Required scopes: event_types:read", None);
        assert_eq!(refused(&scope), CalendlyError::ScopeMissing);
        let plan = answer(403, "Permission Denied", "Please upgrade to a paid Calendly account.", None);
        assert_eq!(refused(&plan), CalendlyError::Forbidden);
    }

    #[test]
    fn a_429_says_how_long_and_not_when() {
        assert_eq!(refused(&answer(429, "", "", Some("42"))), CalendlyError::RateLimited { wait: Some(Duration::from_secs(42)) });
        assert_eq!(refused(&answer(429, "", "", None)), CalendlyError::RateLimited { wait: None });
    }
}
