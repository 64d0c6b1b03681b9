//! Takes jobs out and hands them to whoever knows what they mean.
//!
//! The queue's own worker ends for good on the first database error it meets while it fetches or releases a job. So a worker is built
//! anew, in a loop, for as long as nobody asks to stop; [`Health`] says whether one is at work.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use graphile_worker::{IntoTaskHandlerResult, TaskHandler, Worker, WorkerContext, WorkerOptions, WorkerRecoveryConfig};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use super::health::{Health, Pulse};
use super::{Job, Lane, SCHEMA};

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
    /// Before a worker that ended is built anew. The next pause is twice as long, up to thirty times this.
    pub first_pause: Duration,
}

impl Default for Recovery {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(10), dead_after: Duration::from_mins(1), first_pause: Duration::from_millis(500) }
    }
}

/// How often each place of a lane looks for what is due; it takes one job each time.
const POLL: Duration = Duration::from_millis(200);

/// After a signal to stop, running jobs may take this long before they are put back for another replica, at once.
const GRACE: Duration = Duration::from_secs(5);

/// What a worker may take after that to put its job back. Beyond it the database does not answer, and another replica's sweep finds the job.
const WIND_UP: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Dispatcher(Arc<dyn Dispatch>, Arc<AtomicU64>);

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
        let Some(Dispatcher(dispatch, begun)) = context.get_ext::<Dispatcher>().cloned() else {
            return Err(JobFailed("the worker was built without a dispatcher".to_owned()));
        };
        begun.fetch_add(1, Ordering::Relaxed);
        let name = self.0.name();
        let result = dispatch.dispatch(self.0).await;
        let outcome = if result.is_ok() { "succeeded" } else { "failed" };
        metrics::counter!("jobs_total", "job" => name, "outcome" => outcome).increment(1);
        result
    }
}

/// The workers of one replica, one a [`Lane`]. Those of all replicas share the queue.
pub struct Runner {
    pool: PgPool,
    dispatch: Arc<dyn Dispatch>,
    recovery: Recovery,
    stopping: CancellationToken,
    health: Health,
    /// How many jobs were begun.
    begun: Arc<AtomicU64>,
}

impl std::fmt::Debug for Runner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runner")
    }
}

impl Runner {
    /// Nothing is started yet. The pool should be the runner's own, so that a rush of requests cannot keep jobs from being fetched.
    pub fn new(pool: PgPool, dispatch: Arc<dyn Dispatch>, recovery: Recovery) -> Self {
        Self { pool, dispatch, recovery, stopping: CancellationToken::new(), health: Health::new(), begun: Arc::default() }
    }

    /// Whether jobs are being worked on.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Works until [`Runner::stop`], whatever the database does meanwhile.
    pub async fn run(&self) {
        futures::future::join_all(Lane::ALL.map(|lane| self.keep_working(lane))).await;
    }

    /// Does what is due in every lane, and what that puts in for now, then returns. Tests step with it.
    pub async fn step(&self) -> Result<(), JobFailed> {
        loop {
            let before = self.begun.load(Ordering::Relaxed);
            for lane in Lane::ALL {
                let worker = self.worker(lane).await?;
                worker.run_once().await.map_err(|error| JobFailed(format!("the job queue stopped: {error}")))?;
            }
            if self.begun.load(Ordering::Relaxed) == before {
                return Ok(());
            }
        }
    }

    /// Takes no more jobs and ends [`Runner::run`] when the running ones are done. Those that take longer than 5 s are put back; if the
    /// database does not let them, [`Runner::run`] ends after 5 s more.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    async fn keep_working(&self, lane: Lane) {
        let mut pause = self.recovery.first_pause;
        while !self.stopping.is_cancelled() {
            let ended = tokio::select! {
                ended = self.work(lane) => ended,
                () = self.overdue() => {
                    tracing::error!(lane = lane.as_str(), "the job worker did not stop in time and is left behind");
                    return;
                }
            };
            match ended {
                Ok(()) => return,
                Err(JobFailed(error)) => tracing::error!(lane = lane.as_str(), error, "the job worker ended and is built anew"),
            }
            metrics::counter!("job_worker_restarts_total", "lane" => lane.as_str()).increment(1);
            tokio::select! {
                () = self.stopping.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(self.recovery.first_pause * 30);
        }
    }

    /// Until nobody waits any longer for a worker to stop.
    async fn overdue(&self) {
        self.stopping.cancelled().await;
        tokio::time::sleep(GRACE + WIND_UP).await;
    }

    /// One worker, from its registration to its end.
    async fn work(&self, lane: Lane) -> Result<(), JobFailed> {
        let worker = self.worker(lane).await?;
        let _pulse = Pulse::begin(&self.health, lane);
        worker.run().await.map_err(|error| JobFailed(format!("the job queue stopped: {error}")))
    }

    async fn worker(&self, lane: Lane) -> Result<Worker, JobFailed> {
        let options = WorkerOptions::default()
            .schema(SCHEMA)
            .pg_pool(self.pool.clone())
            .concurrency(lane.concurrency())
            .poll_interval(POLL)
            // The queue tells every worker of every job, also of one for later, and each looks through all that wait: a rush of pushes cost
            // ten times as much in looking as in taking them.
            .use_notification_delivery(false)
            .listen_os_shutdown_signals(false)
            .shutdown_signal(self.stopping.clone().cancelled_owned())
            .shutdown_grace_period(GRACE)
            .shutdown_interrupted_job_retry_delay(Duration::ZERO)
            .worker_recovery(
                WorkerRecoveryConfig::default()
                    .heartbeat_interval(self.recovery.heartbeat)
                    .sweep_interval(self.recovery.dead_after / 2)
                    .sweep_threshold(self.recovery.dead_after)
                    .recovery_delay(Duration::ZERO),
            )
            .add_extension(Dispatcher(Arc::clone(&self.dispatch), Arc::clone(&self.begun)))
            .define_job::<Envelope>();
        let options = match lane.flag() {
            Some(flag) => options.add_accepted_flag(flag),
            None => Lane::ALL.iter().filter_map(|other| other.flag()).fold(options, |options, flag| options.add_forbidden_flag(flag)),
        };
        options.init().await.map_err(|error| JobFailed(format!("the job queue did not start: {error}")))
    }
}
