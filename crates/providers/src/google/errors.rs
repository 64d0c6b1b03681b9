//! What an error answer of the Calendar API means. 403 is overloaded: the reason decides, never the status alone.

use crate::calendar::SourceError;
use crate::outbound::{Response, retry_after};

use super::wire::{ErrorBody, ErrorDetail};

/// What an error answer says, and its first reason or nothing.
fn read(response: &Response) -> (ErrorDetail, String) {
    let mut detail = serde_json::from_slice::<ErrorBody>(&response.body).unwrap_or_default().error;
    let reason = std::mem::take(&mut detail.errors).into_iter().next().map(|first| first.reason);
    (detail, reason.unwrap_or_default())
}

/// The first reason in an error answer, or nothing.
pub(super) fn reason(response: &Response) -> String {
    read(response).1
}

pub(super) fn source_error(response: &Response) -> SourceError {
    let (detail, reason) = read(response);
    let retry_after = retry_after(&response.headers);
    match (response.status.as_u16(), reason.as_str()) {
        (401, _) => SourceError::Unauthorized,
        (403, "userRateLimitExceeded" | "rateLimitExceeded" | "quotaExceeded") | (429, _) => SourceError::RateLimited { retry_after },
        (403, "insufficientPermissions") => SourceError::MissingScope,
        (403, _) if detail.status == "PERMISSION_DENIED" && reason.is_empty() => SourceError::MissingScope,
        (403, _) => SourceError::Forbidden,
        (404, _) => SourceError::CalendarGone,
        (410, _) => SourceError::CursorExpired,
        (500..=599, _) => SourceError::Down { retry_after },
        _ => SourceError::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, reason: &str) -> Response {
        Response {
            status: reqwest::StatusCode::from_u16(status).unwrap(),
            headers: reqwest::header::HeaderMap::new(),
            body: format!(r#"{{"error":{{"code":{status},"errors":[{{"domain":"global","reason":"{reason}"}}]}}}}"#).into_bytes(),
        }
    }

    #[test]
    fn a_403_means_what_its_reason_says() {
        assert_eq!(source_error(&answer(403, "rateLimitExceeded")), SourceError::RateLimited { retry_after: None });
        assert_eq!(source_error(&answer(403, "insufficientPermissions")), SourceError::MissingScope);
        assert_eq!(source_error(&answer(403, "forbidden")), SourceError::Forbidden);
    }

    #[test]
    fn a_410_asks_for_a_full_read_whatever_its_reason() {
        assert_eq!(source_error(&answer(410, "fullSyncRequired")), SourceError::CursorExpired);
        assert_eq!(source_error(&answer(410, "")), SourceError::CursorExpired);
    }
}
