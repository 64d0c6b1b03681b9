//! The consent behind a connection that was removed is given back, whatever the provider or this process does meanwhile.

use chrono::TimeDelta;
use domain::calendar::{self, Which};
use domain::testing::World;
use sandbox::{Fault, FaultKind, Route, Sandbox};
use types::UserId;

use crate::support::{ACCOUNT, advance, connect, connected, runner, world};

fn unavailable() -> FaultKind {
    FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: None }
}

/// How each revocation ended.
async fn ended(world: &World) -> Vec<(String, String)> {
    sqlx::query_as("select outcome, detail->>'told' from audit_events where action = 'connection.revoked' order by id")
        .fetch_all(&world.behind().await)
        .await
        .unwrap()
}

async fn waiting(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from token_revocations").fetch_one(&world.behind().await).await.unwrap()
}

async fn disconnect(world: &World, user: UserId) -> usize {
    calendar::disconnect(&world.deps, &world.as_user(user), Which::All).await.unwrap().not_revoked
}

/// Somebody who disconnected while Google answered this, as it goes on to do.
async fn not_told(kind: FaultKind) -> (World, Sandbox, UserId) {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    sandbox.inject(Fault::next(Route::GoogleRevoke, 1_000, kind));
    assert_eq!(disconnect(&world, noor).await, 1);
    (world, sandbox, noor)
}

/// After so long, what is due is done: how many still wait, and how those that do not ended.
async fn after(world: &World, sandbox: &Sandbox, length: TimeDelta) -> (i64, Vec<(String, String)>) {
    advance(world, sandbox, length);
    world.step(&runner(world)).await;
    (waiting(world).await, ended(world).await)
}

fn told(outcome: &str, how: &str) -> (String, String) {
    (outcome.to_owned(), how.to_owned())
}

#[tokio::test]
async fn a_provider_that_answers_is_told_at_once_and_nothing_is_kept() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    assert_eq!(disconnect(&world, noor).await, 0);
    assert!(!sandbox.google(|google| google.has_grant(ACCOUNT)));
    assert_eq!((waiting(&world).await, ended(&world).await), (0, vec![told("succeeded", "revoked")]));
    // The job that was to make sure of it finds nothing left to do.
    advance(&world, &sandbox, TimeDelta::minutes(10));
    world.step(&runner(&world)).await;
    assert_eq!(ended(&world).await.len(), 1);
}

#[tokio::test]
async fn a_provider_that_is_down_is_told_when_it_is_back() {
    let (world, sandbox, _) = not_told(unavailable()).await;
    let sealed: Vec<u8> = sqlx::query_scalar("select token_sealed from token_revocations").fetch_one(&world.behind().await).await.unwrap();
    assert!(!sealed.windows(3).any(|part| part == b"1//"), "never as it is");
    sandbox.heal();
    assert_eq!(after(&world, &sandbox, TimeDelta::days(3)).await, (0, vec![told("succeeded", "revoked")]));
    assert!(!sandbox.google(|google| google.has_grant(ACCOUNT)));
}

#[tokio::test]
async fn one_whose_answer_was_lost_is_told_again_and_is_none_the_worse() {
    let (world, sandbox, _) = not_told(FaultKind::AnswerLost).await;
    assert!(!sandbox.google(|google| google.has_grant(ACCOUNT)));
    sandbox.heal();
    assert_eq!(after(&world, &sandbox, TimeDelta::minutes(10)).await, (0, vec![told("succeeded", "revoked")]));
}

#[tokio::test]
async fn after_a_week_it_is_given_up_and_said_so() {
    let (world, sandbox, _) = not_told(unavailable()).await;
    for left in [(1, vec![]), (0, vec![told("failed", "given_up")])] {
        assert_eq!(after(&world, &sandbox, TimeDelta::hours(90)).await, left);
    }
}

#[tokio::test]
async fn whoever_connects_again_meanwhile_keeps_the_new_consent() {
    let (world, sandbox, noor) = not_told(unavailable()).await;
    connect(&world, noor).await;
    sandbox.heal();
    assert_eq!(after(&world, &sandbox, TimeDelta::minutes(10)).await, (0, vec![told("succeeded", "still_used")]));
    assert!(sandbox.google(|google| google.has_grant(ACCOUNT)));
}

#[tokio::test]
async fn one_that_cannot_be_opened_is_given_up_as_well() {
    let (world, sandbox, _) = not_told(unavailable()).await;
    sqlx::query("update token_revocations set token_sealed = 'x'").execute(&world.behind().await).await.unwrap();
    for left in [(1, vec![]), (0, vec![told("failed", "given_up")])] {
        assert_eq!(after(&world, &sandbox, TimeDelta::hours(90)).await, left);
    }
}

#[tokio::test]
async fn nobody_is_told_while_the_person_is_on_the_way_back_from_there() {
    let (world, sandbox, _) = not_told(unavailable()).await;
    sandbox.heal();
    for (seconds_ago, left) in [(20, (1, vec![])), (600, (0, vec![told("succeeded", "revoked")]))] {
        advance(&world, &sandbox, TimeDelta::minutes(10));
        let back = world.deps.now() - TimeDelta::seconds(seconds_ago);
        sqlx::query("update oauth_attempts set used_at = $1").bind(back).execute(&world.behind().await).await.unwrap();
        world.step(&runner(&world)).await;
        assert_eq!((waiting(&world).await, ended(&world).await), left);
    }
}

#[tokio::test]
async fn one_whose_job_was_lost_goes_all_the_same() {
    let (world, _sandbox, _) = not_told(unavailable()).await;
    let behind = world.behind().await;
    sqlx::query("delete from graphile_worker._private_jobs").execute(&behind).await.unwrap();
    for (days, left) in [(7, 1), (2, 0)] {
        world.clock.advance(TimeDelta::days(days));
        domain::upkeep::purge_expired(&world.deps, &domain::Op::job(world.deps.new_request_id(), None)).await.unwrap();
        assert_eq!(waiting(&world).await, left);
    }
}
