//! Logs and metrics. What never enters a log: tokens, codes, passwords, cookies, addresses of people, query strings, bodies.

use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use file_rotate::compression::Compression;
use file_rotate::suffix::AppendCount;
use file_rotate::{ContentLimit, FileRotate};
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::Environment;
use crate::traces::Traces;

/// Renders what was counted.
pub type Metrics = PrometheusHandle;

/// Bytes of a file of the security log, and how many older ones are kept.
const SECURITY_LOG: (usize, usize) = (10_000_000, 5);

/// Logs to standard error: one line of JSON each, or in development one readable line. `RUST_LOG` chooses how much. With `security_log`, what was
/// audited and what is suspicious also goes into that file, whatever `RUST_LOG` says; spans go to `traces`, whatever it says too.
///
/// # Errors
/// When the file cannot be written to.
pub fn init(environment: Environment, security_log: Option<&Path>, traces: Option<&Traces>) -> Result<(), String> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,graphile_worker=warn,hyper=warn"));
    // What cannot be written is lost: complaining about it on the same standard error would panic, in a request or in the middle of stopping.
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
    let lines = if environment.is_development() { lines.compact().boxed() } else { lines.json().with_span_list(false).boxed() };
    let security = security_log.map(|path| security_layer(path, SECURITY_LOG)).transpose()?;
    // A second start in one process (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).with(security).with(traces.map(Traces::layer)).try_init();
    Ok(())
}

/// Lines of JSON in a file that only its owner reads. When it is full it is put aside, and the oldest goes.
fn security_layer<S>(path: &Path, (bytes, kept): (usize, usize)) -> Result<impl Layer<S> + use<S>, String>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    // The library panics where a file cannot be opened: that is found out first.
    let opened = std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.map_err(|error| format!("SECURITY_LOG: {} cannot be written to: {error}", path.display()))?;
    let mut options = std::fs::OpenOptions::new();
    options.read(true).create(true).append(true).mode(0o600);
    let file = FileRotate::new(path, AppendCount::new(kept), ContentLimit::BytesSurpassed(bytes), Compression::None, Some(options));
    let only = Targets::new().with_target("audit", Level::INFO).with_target(domain::base::SECURITY, Level::INFO);
    Ok(tracing_subscriber::fmt::layer()
        .json()
        .with_span_list(false)
        .log_internal_errors(false)
        .with_writer(Mutex::new(file))
        .with_filter(only))
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

    #[test]
    fn the_security_log_holds_what_was_audited_and_what_is_suspicious_for_its_owner_only_and_takes_no_more_than_its_room() {
        use std::os::unix::fs::MetadataExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("security.log");
        let subscriber = tracing_subscriber::registry().with(security_layer(&path, (2_000, 2)).unwrap());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(target: "audit", action = "user.signed_in", "an entry");
            domain::base::security_event("webhook_refused", "low");
            tracing::error!("anything else");
        });
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(
            (&lines[0]["fields"]["action"], &lines[1]["fields"]["event_type"]),
            (&"user.signed_in".into(), &"webhook_refused".into())
        );
        let subscriber = tracing_subscriber::registry().with(security_layer(&path, (2_000, 2)).unwrap());
        tracing::subscriber::with_default(subscriber, || (0..200).for_each(|_| domain::base::security_event("webhook_refused", "low")));
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.metadata().unwrap()).collect();
        assert_eq!(files.len(), 3, "itself and two older ones");
        assert!(files.iter().all(|file| file.len() < 3_000 && file.mode() & 0o777 == 0o600), "{files:?}");
        assert!(security_layer::<tracing_subscriber::Registry>(Path::new("/nowhere/security.log"), (1, 1)).is_err());
    }

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
