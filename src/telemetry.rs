//! Logs and metrics. What never enters a log: tokens, codes, passwords, cookies, addresses of people, query strings, bodies.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::Environment;

/// Renders what was counted.
pub type Metrics = PrometheusHandle;

/// Logs to standard error: one line of JSON each, or in development one readable line. `RUST_LOG` chooses how much.
pub fn init(environment: Environment) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,graphile_worker=warn,hyper=warn"));
    // What cannot be written is lost: complaining about it on the same standard error would panic, in a request or in the middle of stopping.
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    // A second start in one process (tests) keeps the first.
    let _ = if environment.is_development() { builder.compact().try_init() } else { builder.json().try_init() };
}

/// Installs the recorder behind `/metrics`, with the buckets our times fall into.
pub fn recorder() -> Result<Metrics, String> {
    let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    PrometheusBuilder::new()
        .set_buckets(&buckets)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(|error| format!("metrics cannot be recorded: {error}"))
}
