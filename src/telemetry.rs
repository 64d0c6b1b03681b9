//! Logs and metrics. What never enters a log: tokens, codes, passwords, cookies, addresses of people, query strings, bodies.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
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
    let _ = if environment.is_development() { builder.compact().try_init() } else { builder.json().with_span_list(false).try_init() };
}

/// How often samples are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

fn builder() -> Result<PrometheusBuilder, BuildError> {
    let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
    PrometheusBuilder::new().set_buckets(&buckets)
}

/// Installs the recorder behind `/metrics`, with the buckets our times fall into.
pub fn recorder() -> Result<Metrics, String> {
    builder().and_then(PrometheusBuilder::install_recorder).map_err(|error| format!("metrics cannot be recorded: {error}"))
}

/// Folds samples into their buckets, for as long as the server runs. Without it every sample is kept until somebody reads `/metrics`.
pub async fn keep_up(metrics: Metrics) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resident_kilobytes() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn samples_that_nobody_reads_take_no_memory() {
        let recorder = builder().unwrap().build_recorder();
        let upkeep = tokio::spawn(keep_up(recorder.handle()));
        let record = |count| metrics::with_local_recorder(&recorder, || (0..count).for_each(|_| metrics::histogram!("h").record(0.003)));
        record(100_000);
        tokio::time::advance(UPKEEP).await;
        tokio::task::yield_now().await;
        let before = resident_kilobytes();
        for _ in 0..40 {
            record(100_000);
            tokio::time::advance(UPKEEP).await;
            tokio::task::yield_now().await;
        }
        let grown = resident_kilobytes().saturating_sub(before);
        assert!(grown < 16 * 1024, "four million samples left {grown} kB behind");
        assert!(recorder.handle().render().contains("h_count 4100000"), "and none of them is lost");
        upkeep.abort();
    }
}
