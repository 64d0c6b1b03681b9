//! Takes jobs out and hands them to whoever knows what they mean.

use std::sync::Arc;
use std::time::Duration;

use graphile_worker::{IntoTaskHandlerResult, TaskHandler, Worker, WorkerContext, WorkerOptions, WorkerRecoveryConfig};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::{Job, SCHEMA};

/// A job that is to be tried again. The text goes into the queue's own table: a code, no personal value.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobFailed(pub String);

/// Whoever knows what each job means: the one `match` over all jobs, in `src/dispatch.rs`.
#[async_trait::async_trait]
pub trait Dispatch: Send + Sync + 'static {
    /// Does the job. `Err` puts it back with exponential backoff (e^attempt seconds, at most 25 attempts).
    async fn dispatch(&self, job: Job) -> Result<(), JobFailed>;
}

/// How soon the work of a dead worker is taken over.
#[derive(Debug, Clone, Copy)]
pub struct Recovery {
    /// How often a worker says that it lives.
    pub heartbeat: Duration,
    /// Silence after which it counts as dead.
    pub dead_after: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(10), dead_after: Duration::from_mins(1) }
    }
}

#[derive(Clone)]
struct Dispatcher(Arc<dyn Dispatch>);

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dispatcher")
    }
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Envelope(Job);

impl TaskHandler for Envelope {
    const IDENTIFIER: &'static str = super::queue::TASK;

    async fn run(self, context: WorkerContext) -> impl IntoTaskHandlerResult {
        let Some(Dispatcher(dispatch)) = context.get_ext::<Dispatcher>().cloned() else {
            return Err(JobFailed("the worker was built without a dispatcher".to_owned()));
        };
        let name = self.0.name();
        let result = dispatch.dispatch(self.0).await;
        let outcome = if result.is_ok() { "succeeded" } else { "failed" };
        metrics::counter!("jobs_total", "job" => name, "outcome" => outcome).increment(1);
        result
    }
}

/// One worker. Several, on any number of replicas, share the queue.
pub struct Runner {
    worker: Arc<Worker>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runner")
    }
}

impl Runner {
    /// Registers a worker that does `concurrency` jobs at once.
    pub async fn new(pool: PgPool, dispatch: Arc<dyn Dispatch>, concurrency: usize, recovery: Recovery) -> Result<Self, JobFailed> {
        let worker = WorkerOptions::default()
            .schema(SCHEMA)
            .pg_pool(pool)
            .concurrency(concurrency)
            .poll_interval(Duration::from_secs(1))
            .listen_os_shutdown_signals(false)
            .shutdown_grace_period(Duration::from_secs(5))
            .worker_recovery(
                WorkerRecoveryConfig::default()
                    .heartbeat_interval(recovery.heartbeat)
                    .sweep_interval(recovery.dead_after / 2)
                    .sweep_threshold(recovery.dead_after)
                    .recovery_delay(Duration::ZERO),
            )
            .add_extension(Dispatcher(dispatch))
            .define_job::<Envelope>()
            .init()
            .await
            .map_err(|error| JobFailed(format!("the job queue did not start: {error}")))?;
        Ok(Self { worker: Arc::new(worker) })
    }

    /// Works until [`Runner::stop`].
    pub async fn run(&self) -> Result<(), JobFailed> {
        self.worker.run().await.map_err(|error| JobFailed(format!("the job queue stopped: {error}")))
    }

    /// Does what is due, then returns. Tests step with it.
    pub async fn step(&self) -> Result<(), JobFailed> {
        self.worker.run_once().await.map_err(|error| JobFailed(format!("the job queue stopped: {error}")))
    }

    /// Takes no more jobs and ends [`Runner::run`] when the running ones are done, at most 5 s later.
    pub fn stop(&self) {
        self.worker.request_shutdown();
    }
}
