//! Events that somebody who guards an installation wants to count.

/// Counts one in `security_events_total`. `severity` is `info`, `low`, `medium` or `high`.
pub fn security_event(event_type: &'static str, severity: &'static str) {
    metrics::counter!("security_events_total", "event_type" => event_type, "severity" => severity).increment(1);
}
