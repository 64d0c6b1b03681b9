//! What an error answer of Graph means.

use super::wire::ErrorBody;
use crate::calendar::SourceError;
use crate::outbound::{Response, retry_after};

/// The code in an error answer, or nothing.
pub(super) fn code(response: &Response) -> String {
    let body: ErrorBody = serde_json::from_slice(&response.body).unwrap_or_default();
    body.error.code
}

pub(super) fn source_error(response: &Response) -> SourceError {
    let code = code(response);
    let code = code.as_str();
    let retry_after = retry_after(&response.headers);
    match (response.status.as_u16(), code) {
        // The words for a delta token that is too old come with several statuses.
        (400..=499, _) if is_stale(code) => SourceError::CursorExpired,
        (410, _) => SourceError::CursorExpired,
        (401, _) => SourceError::Unauthorized,
        (429, _) => SourceError::RateLimited { retry_after },
        (404 | 403, "MailboxNotEnabledForRESTAPI" | "MailboxNotSupportedForRESTAPI") => SourceError::NoMailbox,
        (403, "Authorization_RequestDenied" | "InsufficientPermissions") => SourceError::MissingScope,
        (403, _) => SourceError::Forbidden,
        (404, _) => SourceError::CalendarGone,
        (500..=599, _) => SourceError::Down { retry_after },
        _ => SourceError::Unreadable,
    }
}

fn is_stale(code: &str) -> bool {
    ["syncStateNotFound", "resyncRequired", "syncStateInvalid"].iter().any(|word| code.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> SourceError {
        source_error(&Response {
            status: reqwest::StatusCode::from_u16(status).unwrap(),
            headers: reqwest::header::HeaderMap::new(),
            body: serde_json::json!({"error": {"code": code, "message": "x", "innerError": {}}}).to_string().into_bytes(),
        })
    }

    #[test]
    fn a_delta_token_that_is_too_old_asks_for_everything_whatever_the_status() {
        for status in [400, 404, 410] {
            assert_eq!(answer(status, "SyncStateNotFound"), SourceError::CursorExpired);
        }
        assert_eq!(answer(410, ""), SourceError::CursorExpired);
    }

    #[test]
    fn an_account_without_a_mailbox_is_not_a_calendar_that_is_gone() {
        assert_eq!(answer(404, "MailboxNotEnabledForRESTAPI"), SourceError::NoMailbox);
        assert_eq!(answer(404, "ErrorItemNotFound"), SourceError::CalendarGone);
        assert_eq!(answer(403, "ErrorAccessDenied"), SourceError::Forbidden);
    }
}
