//! When to try again, and how long to wait.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Attempts in all for a request that may be repeated.
pub(super) const ATTEMPTS: u32 = 3;

/// `Retry-After` in seconds (RFC 9110, 10.2.3), at most a day. The date form is not sent by any provider we speak to and is
/// read as a minute.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse::<u64>().unwrap_or(60);
    Some(Duration::from_secs(seconds.min(86_400)))
}

/// Full jitter: anywhere between nothing and 0.25 s, 0.5 s, 1 s, … `fraction` is from 0 up to 1.
pub(super) fn pause(attempt: u32, fraction: f64) -> Duration {
    Duration::from_millis(250).mul_f64(f64::from(1 << attempt.min(6)) * fraction)
}

/// Answers that say "not now" about the server, not about the request.
pub(super) fn is_transient(status: u16) -> bool {
    matches!(status, 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_never_passes_its_bound_and_grows() {
        assert_eq!(pause(0, 0.0), Duration::ZERO);
        assert!(pause(0, 0.999) < Duration::from_millis(250));
        assert!(pause(2, 0.999) < Duration::from_secs(1));
        assert!(pause(2, 0.5) > pause(0, 0.5));
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_bounded() {
        let header = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(retry_after(&header("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&header("99999999")), Some(Duration::from_hours(24)));
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
