//! Connections for single statements are kept between them, carry nothing from one to the next, and are in nobody's way.

use std::time::Duration;

use domain::accounts;
use domain::base::Database;
use domain::testing::{Traffic, Wire, World, WorldOptions};
use sqlx::Row;

async fn backend(database: &Database) -> i32 {
    let mut lent = database.lend().await.unwrap();
    let pid = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *lent).await.unwrap();
    lent.keep();
    pid
}

#[tokio::test]
async fn a_connection_is_used_again_without_a_round_trip_and_carries_nobody() {
    let world = World::new(WorldOptions::default()).await;
    let user = world.person("noor@example.com").await;
    let id = b"a session of Noor";
    let data = serde_json::json!({ "user": user, "password_number": 0 });
    accounts::create_session(&world.deps, id, Some(user), &data).await.unwrap();
    let hash = accounts::session_hash(&world.deps, id);
    let wire = Wire::to(world.database.server()).await;
    let database = Database::lazy(wire.options(), 4);
    let first = backend(&database).await;
    wire.take();
    for _ in 0..3 {
        let mut lent = database.lend().await.unwrap();
        let entered: Option<uuid::Uuid> = sqlx::query_scalar("select user_id from kairos_enter($1, null, $2)")
            .bind(&hash[..])
            .bind(world.deps.now())
            .fetch_one(&mut *lent)
            .await
            .unwrap();
        lent.keep();
        assert_eq!(entered, Some(user.0));
        let mut lent = database.lend().await.unwrap();
        let left: String = sqlx::query_scalar("select coalesce(current_setting('kairos.user_id', true), '') || pg_backend_pid()")
            .fetch_one(&mut *lent)
            .await
            .unwrap();
        lent.keep();
        assert_eq!(left, first.to_string(), "nobody's, and the same connection");
    }
    let Traffic { statements, releases, .. } = wire.take();
    assert_eq!((statements, releases), (6, 0));
}

#[tokio::test]
async fn after_a_failure_or_a_dropped_request_the_pool_tests_it() {
    let world = World::new(WorldOptions::default()).await;
    let wire = Wire::to(world.database.server()).await;
    let database = Database::lazy(wire.options(), 4);
    backend(&database).await;
    let mut lent = database.lend().await.unwrap();
    sqlx::query("select 1 / 0").execute(&mut *lent).await.unwrap_err();
    drop(lent);
    // Dropped while the answer is on its way: what comes late is nobody else's answer.
    wire.silence(true);
    let asked = async {
        let mut lent = database.lend().await.unwrap();
        let answer: i32 = sqlx::query_scalar("select 7").fetch_one(&mut *lent).await.unwrap();
        lent.keep();
        answer
    };
    tokio::time::timeout(Duration::from_millis(50), asked).await.unwrap_err();
    wire.silence(false);
    for _ in 0..3 {
        assert_ne!(backend(&database).await, 7);
    }
    assert!(wire.take().releases >= 1);
}

/// Whether statements run in a transaction that began before them, which nobody would commit.
async fn is_in_a_transaction(connection: &mut sqlx::PgConnection) -> bool {
    let asked = sqlx::raw_sql("select transaction_timestamp() <> statement_timestamp()");
    asked.fetch_one(connection).await.unwrap().get(0)
}

#[tokio::test]
async fn a_beginning_that_was_dropped_swallows_nothing_of_the_next() {
    let world = World::new(WorldOptions::default()).await;
    let wire = Wire::to(world.database.server()).await;
    let database = Database::lazy(wire.options(), 1);
    drop(database.begin(None).await.unwrap());
    for user in [Some(world.person("noor@example.com").await), None] {
        wire.silence(true);
        tokio::time::timeout(Duration::from_millis(50), database.begin(user)).await.unwrap_err();
        wire.silence(false);
        for _ in 0..3 {
            assert!(!is_in_a_transaction(&mut database.lend().await.unwrap()).await);
        }
    }
}

#[tokio::test]
async fn nor_does_one_of_a_library() {
    let world = World::new(WorldOptions::default()).await;
    let wire = Wire::to(world.database.server()).await;
    let database = Database::lazy_for_a_library(wire.options(), 1);
    drop(database.pool().begin().await.unwrap());
    wire.silence(true);
    tokio::time::timeout(Duration::from_millis(50), database.pool().begin()).await.unwrap_err();
    wire.silence(false);
    for _ in 0..3 {
        assert!(!is_in_a_transaction(&mut database.pool().acquire().await.unwrap()).await);
    }
}

#[tokio::test]
async fn whoever_needs_a_transaction_does_not_wait_for_one_that_nobody_uses() {
    let world = World::new(WorldOptions::default()).await;
    let database = Database::lazy(world.database.server(), 2);
    backend(&database).await;
    let one = database.begin(None).await.unwrap();
    // The only other one waits for a statement.
    let other = database.begin(None).await.unwrap();
    drop((one, other));
    // Two at once, of which neither is kept: somebody may be waiting.
    let (one, other) = (database.lend().await.unwrap(), database.lend().await.unwrap());
    one.keep();
    let begun = database.begin(None).await.unwrap();
    drop((begun, other));
}

#[tokio::test]
async fn a_connection_that_died_while_it_waited_is_replaced() {
    let world = World::new(WorldOptions::default()).await;
    let database = Database::lazy(world.database.server(), 4);
    let before = backend(&database).await;
    sqlx::query("select pg_terminate_backend($1)").bind(before).execute(&world.behind().await).await.unwrap();
    // One that rested is tested first; one that did not fails as any connection may, once.
    let mut after = None;
    for _ in 0..2 {
        let mut lent = database.lend().await.unwrap();
        if let Ok(pid) = sqlx::query_scalar::<_, i32>("select pg_backend_pid()").fetch_one(&mut *lent).await {
            lent.keep();
            after = Some(pid);
        }
    }
    assert_ne!(after.unwrap(), before);
}
