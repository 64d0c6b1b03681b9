//! What an error answer of Stripe's means (docs.stripe.com/api/errors).

use super::StripeError;
use super::wire::ErrorBody;
use crate::outbound::{OutboundError, Response};

pub(super) fn unanswered(error: OutboundError) -> StripeError {
    match error {
        OutboundError::TooLarge => StripeError::Unreadable,
        _ => StripeError::Down,
    }
}

pub(super) fn refused(answer: &Response) -> StripeError {
    let body: ErrorBody = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.error.code.as_deref().unwrap_or_default();
    tracing::warn!(
        status = answer.status.as_u16(),
        code,
        param = body.error.param.as_deref().unwrap_or_default(),
        stripe_request = answer.headers.get("request-id").and_then(|value| value.to_str().ok()).unwrap_or_default(),
        "Stripe refused"
    );
    match (answer.status.as_u16(), code) {
        (401, _) | (_, "api_key_expired" | "secret_key_required") => StripeError::KeyRefused,
        (403, _) => StripeError::KeyMayNot,
        (404, _) | (_, "resource_missing") => StripeError::NotFound,
        (_, "amount_too_small" | "amount_too_large") => StripeError::WrongAmount,
        // One that is under way with the same idempotency key, or holds a lock: come again.
        (409 | 429, _) => StripeError::RateLimited,
        (500..=599, _) => StripeError::Down,
        (400, "parameter_unknown" | "parameter_missing" | "parameter_invalid_empty" | "parameter_invalid_integer") => {
            StripeError::Unreadable
        }
        (400, _) => StripeError::WrongState,
        _ => StripeError::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    use super::*;

    #[test]
    fn each_refusal_means_what_its_status_and_code_say() {
        for (status, code, expected) in [
            (401, "", StripeError::KeyRefused),
            (403, "", StripeError::KeyMayNot),
            (404, "resource_missing", StripeError::NotFound),
            (400, "amount_too_small", StripeError::WrongAmount),
            (400, "charge_already_refunded", StripeError::WrongState),
            (400, "parameter_unknown", StripeError::Unreadable),
            (409, "idempotency_key_in_use", StripeError::RateLimited),
            (429, "rate_limit", StripeError::RateLimited),
            (503, "", StripeError::Down),
        ] {
            let answer = Response {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: serde_json::json!({ "error": { "type": "x", "code": code } }).to_string().into_bytes(),
            };
            assert_eq!(refused(&answer), expected, "{status} {code}");
        }
    }
}
