//! Events that somebody who guards an installation wants to count.

/// The target of their lines in the log.
pub const SECURITY: &str = "security";

/// Counts one in `security_events_total`, and writes a line. `severity` is `info`, `low`, `medium` or `high`.
pub fn security_event(event_type: &'static str, severity: &'static str) {
    metrics::counter!("security_events_total", "event_type" => event_type, "severity" => severity).increment(1);
    tracing::info!(target: SECURITY, event_type, severity);
}
