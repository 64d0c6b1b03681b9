//! A transaction ends in one round trip with what follows from it, and is whole or nothing whoever goes away.

use std::time::Duration;

use domain::Deps;
use domain::audit::{self, Action, Event};
use domain::base::{Database, Op, Tx};
use domain::jobs::{Job, enqueue};
use domain::testing::{Traffic, Wire, World, WorldOptions};
use serde_json::{Value, json};
use sqlx::PgPool;
use types::UserId;

async fn change(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId, detail: Value) {
    sqlx::query("update users set time_zone = 'Asia/Tokyo' where id = $1").bind(user.0).execute(&mut **tx).await.unwrap();
    audit::append(tx, deps, op, Event::done(Action::UserProfileChanged, user, user.0).with(detail));
    enqueue(tx, Job::SendPasswordChanged { user }).unwrap();
}

/// Changes, entries and jobs that are there.
async fn done(behind: &PgPool) -> (i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from users where time_zone = 'Asia/Tokyo'),
                (select count(*) from audit_events where action = 'user.profile_changed'),
                (select count(*) from graphile_worker.jobs j where j.task_identifier = 'kairos')",
    )
    .fetch_one(behind)
    .await
    .unwrap()
}

/// A world whose server has as many connections, with somebody listening.
async fn listened_to(connections: u32) -> (World, UserId, PgPool, Wire, Database) {
    let world = World::new(WorldOptions::default()).await;
    let user = world.person("noor@example.com").await;
    let behind = world.behind().await;
    sqlx::query("delete from graphile_worker._private_jobs").execute(&behind).await.unwrap();
    let wire = Wire::to(world.database.server()).await;
    let database = Database::lazy(wire.options(), connections);
    (world, user, behind, wire, database)
}

#[tokio::test]
async fn a_change_with_its_entry_and_its_job_is_three_round_trips() {
    let (world, user, behind, wire, database) = listened_to(2).await;
    let op = world.as_user(user);
    for _ in 0..2 {
        wire.take();
        let mut tx = database.begin(Some(user)).await.unwrap();
        change(&mut tx, &world.deps, &op, user, json!({})).await;
        tx.commit().await.unwrap();
    }
    let Traffic { statements, prepared, releases } = wire.take();
    assert_eq!((statements, prepared, releases), (3, 0, 0), "begun, changed, and committed with everything");
    assert_eq!(done(&behind).await, (1, 2, 2));
}

#[tokio::test]
async fn what_an_entry_says_is_kept_to_the_letter() {
    let (world, user, behind, _wire, database) = listened_to(1).await;
    let said = json!({ "by": r#"O'Neill\'; drop table users; -- $$ "ü" 💥"#, "then": ["\\", "'", "\n"] });
    for reads_backslashes in [false, true] {
        let mut tx = database.begin(Some(user)).await.unwrap();
        if reads_backslashes {
            sqlx::query("set local standard_conforming_strings = off").execute(&mut *tx).await.unwrap();
        }
        change(&mut tx, &world.deps, &world.as_user(user), user, said.clone()).await;
        tx.commit().await.unwrap();
    }
    let kept: Vec<Value> =
        sqlx::query_scalar("select detail from audit_events where action = 'user.profile_changed'").fetch_all(&behind).await.unwrap();
    assert_eq!(kept, [said.clone(), said]);
}

#[tokio::test]
async fn where_an_entry_cannot_be_written_nothing_is_done() {
    let (world, user, behind, _wire, database) = listened_to(1).await;
    let mut tx = database.begin(Some(user)).await.unwrap();
    // No text of Postgres holds this.
    change(&mut tx, &world.deps, &world.as_user(user), user, json!({ "name": "\u{0}" })).await;
    tx.commit().await.unwrap_err();
    assert_eq!(done(&behind).await, (0, 0, 0));
    let mut tx = database.begin(Some(user)).await.unwrap();
    change(&mut tx, &world.deps, &world.as_user(user), user, json!({})).await;
    tx.commit().await.unwrap();
    assert_eq!(done(&behind).await, (1, 1, 1), "the connection is as good as before");
}

#[tokio::test]
async fn a_commit_after_a_statement_that_failed_is_an_error_and_no_silent_rollback() {
    let (world, user, behind, _wire, database) = listened_to(1).await;
    for has_follow_ups in [false, true] {
        let mut tx = database.begin(Some(user)).await.unwrap();
        sqlx::query("update users set time_zone = 'Asia/Tokyo'").execute(&mut *tx).await.unwrap();
        sqlx::query("select 1 / 0").execute(&mut *tx).await.unwrap_err();
        if has_follow_ups {
            enqueue(&mut tx, Job::SendPasswordChanged { user }).unwrap();
        }
        tx.commit().await.unwrap_err();
        assert_eq!(done(&behind).await, (0, 0, 0));
    }
    drop(world);
}

#[tokio::test]
async fn whoever_goes_away_before_the_commit_leaves_nothing() {
    let (world, user, behind, wire, database) = listened_to(1).await;
    for is_in_a_statement in [false, true] {
        let mut tx = database.begin(Some(user)).await.unwrap();
        change(&mut tx, &world.deps, &world.as_user(user), user, json!({})).await;
        if is_in_a_statement {
            wire.silence(true);
            let statement = sqlx::query("update users set time_zone = 'Asia/Tokyo'").execute(&mut *tx);
            tokio::time::timeout(Duration::from_millis(50), statement).await.unwrap_err();
            wire.silence(false);
        }
        drop(tx);
        // There is one connection: it is free only when that is rolled back.
        drop(database.begin(None).await.unwrap());
        assert_eq!(done(&behind).await, (0, 0, 0));
    }
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_any_longer_is_whole() {
    let (world, user, behind, wire, database) = listened_to(1).await;
    let mut tx = database.begin(Some(user)).await.unwrap();
    change(&mut tx, &world.deps, &world.as_user(user), user, json!({})).await;
    wire.silence(true);
    tokio::time::timeout(Duration::from_millis(50), tx.commit()).await.unwrap_err();
    wire.silence(false);
    drop(database.begin(None).await.unwrap());
    assert_eq!(done(&behind).await, (1, 1, 1));
}

#[tokio::test]
async fn a_connection_that_is_cut_before_the_commit_leaves_nothing_and_keeps_nobody_waiting() {
    let (world, user, behind, _wire, database) = listened_to(1).await;
    let mut tx = database.begin(Some(user)).await.unwrap();
    change(&mut tx, &world.deps, &world.as_user(user), user, json!({})).await;
    let pid: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut *tx).await.unwrap();
    sqlx::query("select pg_terminate_backend($1, 5000)").bind(pid).execute(&behind).await.unwrap();
    tx.commit().await.unwrap_err();
    assert_eq!(done(&behind).await, (0, 0, 0));
    let mut tx = database.begin(Some(user)).await.unwrap();
    change(&mut tx, &world.deps, &world.as_user(user), user, json!({})).await;
    tx.commit().await.unwrap();
    assert_eq!(done(&behind).await, (1, 1, 1));
}
