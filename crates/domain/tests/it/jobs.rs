//! The workers: what ends them, what they wait for, who keeps whom waiting.

use std::sync::Arc;
use std::time::Duration;

use domain::base::Database;
use domain::jobs::{Dispatch, Job, JobFailed, LinkPurpose, Recovery, Runner, enqueue};
use domain::testing::{World, WorldOptions};
use tokio::sync::{Semaphore, mpsc};
use types::{ConnectionId, UserId};
use uuid::Uuid;

/// Tells of every job, and does those that read calendars only when it is let.
struct Watched {
    begun: mpsc::UnboundedSender<Job>,
    reads: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl Dispatch for Watched {
    async fn dispatch(&self, job: Job) -> Result<(), JobFailed> {
        self.begun.send(job.clone()).unwrap();
        if matches!(job, Job::SyncConnection { .. }) {
            self.reads.acquire().await.unwrap().forget();
        }
        Ok(())
    }
}

struct Bench {
    world: World,
    runner: Arc<Runner>,
    begun: mpsc::UnboundedReceiver<Job>,
    reads: Arc<Semaphore>,
}

async fn bench() -> Bench {
    let world = World::new(WorldOptions::default()).await;
    let (sender, begun) = mpsc::unbounded_channel();
    let reads = Arc::new(Semaphore::new(0));
    let recovery =
        Recovery { heartbeat: Duration::from_millis(200), dead_after: Duration::from_secs(60), first_pause: Duration::from_millis(20) };
    let pool = Database::lazy_for_a_library(world.database.server(), 8).pool().clone();
    let runner = Arc::new(Runner::new(pool, Arc::new(Watched { begun: sender, reads: Arc::clone(&reads) }), recovery));
    Bench { world, runner, begun, reads }
}

impl Bench {
    fn start(&self) -> tokio::task::JoinHandle<()> {
        let runner = Arc::clone(&self.runner);
        tokio::spawn(async move { runner.run().await })
    }

    async fn put(&self, job: Job) {
        let mut tx = self.world.deps.database.begin(None).await.unwrap();
        enqueue(&mut tx, job).unwrap();
        tx.commit().await.unwrap();
    }

    async fn next(&mut self) -> Job {
        tokio::time::timeout(Duration::from_secs(20), self.begun.recv()).await.unwrap().unwrap()
    }

    async fn locked_queues(&self) -> i64 {
        sqlx::query_scalar("select count(*) from graphile_worker._private_job_queues where locked_at is not null")
            .fetch_one(&self.world.behind().await)
            .await
            .unwrap()
    }
}

fn read_of(user: u128, connection: u128) -> Job {
    Job::SyncConnection { user: UserId(Uuid::from_u128(user)), connection: ConnectionId(Uuid::from_u128(connection)) }
}

fn mail() -> Job {
    Job::MakeLink { user: None, purpose: LinkPurpose::ResetPassword }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_was_away_ends_no_worker_for_good_and_meanwhile_it_is_known() {
    let mut bench = bench().await;
    let working = bench.start();
    let health = bench.runner.health();
    health.until(true).await;
    bench.put(mail()).await;
    assert_eq!(bench.next().await, mail());
    bench.world.database.cut().await;
    tokio::time::timeout(Duration::from_secs(30), health.until(false)).await.expect("it is noticed");
    bench.world.database.restore().await;
    tokio::time::timeout(Duration::from_secs(30), health.until(true)).await.expect("and gone on as soon as it is back");
    // Of the pool's connections some were cut, and are found out by being used.
    while bench.world.deps.database.begin(None).await.is_err() {}
    bench.put(mail()).await;
    assert_eq!(bench.next().await, mail());
    bench.runner.stop();
    working.await.unwrap();
    assert!(!health.is_working());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_goes_out_while_every_place_for_reading_is_taken() {
    let mut bench = bench().await;
    let working = bench.start();
    for person in 0..8 {
        bench.put(read_of(person, person)).await;
    }
    for _ in 0..4 {
        assert!(matches!(bench.next().await, Job::SyncConnection { .. }));
    }
    bench.put(mail()).await;
    assert_eq!(bench.next().await, mail(), "no fifth read is begun, and the mail does not wait for one");
    bench.reads.add_permits(8);
    bench.runner.stop();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_with_many_slow_connections_takes_one_place_and_another_is_read_meanwhile() {
    let mut bench = bench().await;
    for connection in 0..8 {
        bench.put(read_of(1, connection)).await;
    }
    bench.put(read_of(2, 100)).await;
    let working = bench.start();
    let (first, second) = (bench.next().await, bench.next().await);
    let people = [first.user(), second.user()];
    assert!(people.contains(&Some(UserId(Uuid::from_u128(1)))) && people.contains(&Some(UserId(Uuid::from_u128(2)))), "{people:?}");
    bench.put(mail()).await;
    assert_eq!(bench.next().await, mail(), "and none of the other seven was begun");
    bench.reads.add_permits(9);
    bench.runner.stop();
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_waits_for_the_job_that_runs_and_leaves_no_queue_locked() {
    let mut bench = bench().await;
    bench.put(read_of(1, 1)).await;
    let working = bench.start();
    bench.next().await;
    bench.runner.stop();
    assert!(!working.is_finished());
    assert_eq!(bench.locked_queues().await, 1);
    bench.reads.add_permits(1);
    working.await.unwrap();
    assert_eq!(bench.locked_queues().await, 0);
    let left: i64 =
        sqlx::query_scalar("select count(*) from graphile_worker._private_jobs").fetch_one(&bench.world.behind().await).await.unwrap();
    assert_eq!(left, 0, "it was finished, not given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_outlasts_the_grace_is_free_for_another_replica_at_once() {
    let mut bench = bench().await;
    bench.put(read_of(1, 1)).await;
    let working = bench.start();
    bench.next().await;
    bench.runner.stop();
    working.await.unwrap();
    assert_eq!(bench.locked_queues().await, 0);
    let due: i64 = sqlx::query_scalar("select count(*) from graphile_worker._private_jobs where run_at <= now() and locked_at is null")
        .fetch_one(&bench.world.behind().await)
        .await
        .unwrap();
    assert_eq!(due, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_that_does_not_answer_keeps_nobody_from_stopping() {
    let mut bench = bench().await;
    bench.put(read_of(1, 1)).await;
    let working = bench.start();
    bench.next().await;
    let behind = bench.world.behind().await;
    let mut lock = behind.begin().await.unwrap();
    sqlx::query("lock table graphile_worker._private_jobs in access exclusive mode").execute(&mut *lock).await.unwrap();
    bench.runner.stop();
    tokio::time::timeout(Duration::from_secs(60), working).await.expect("not for ever").unwrap();
}

#[tokio::test]
async fn what_outlives_its_request_is_finished_and_waited_for() {
    let world = World::new(WorldOptions::default()).await;
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let (done, outcome) = tokio::sync::oneshot::channel();
    let deps = world.deps.clone();
    let request = tokio::spawn(async move {
        deps.finish(async move {
            wait.await.unwrap();
            done.send("finished").unwrap();
        })
        .await
    });
    while world.deps.background.is_empty() {
        tokio::task::yield_now().await;
    }
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    world.deps.background.close();
    let waiting = tokio::spawn({
        let background = world.deps.background.clone();
        async move { background.wait().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished(), "the server does not stop under it");
    go.send(()).unwrap();
    waiting.await.unwrap();
    assert_eq!(outcome.await, Ok("finished"));
}
