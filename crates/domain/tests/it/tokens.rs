//! Refreshing: by one at a time, on any number of replicas.

use chrono::TimeDelta;
use domain::calendar;
use domain::testing::{World, WorldOptions};
use sandbox::{Fault, FaultKind, Route};
use std::time::Duration;
use types::{ConnectionStatus, HealthReason};

use crate::support::{advance, connected, job, options, stand_in, sync, view, world};

#[tokio::test]
async fn two_parallel_refreshes_on_two_replicas_make_one_token_call() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    advance(&world, &sandbox, TimeDelta::hours(2));
    let replica = World::on(world.database.clone(), options(&sandbox)).await;
    replica.clock.advance(TimeDelta::hours(2));
    let before = sandbox.calls(Route::GoogleToken);
    sandbox.inject(Fault::next(Route::GoogleToken, 1, FaultKind::Slow(Duration::from_millis(300))));
    let runs = [&world, &replica, &world].map(|world| {
        let (deps, op) = (world.deps.clone(), job(world, noor));
        tokio::spawn(async move { calendar::sync(&deps, &op, connection).await })
    });
    for run in runs {
        run.await.unwrap().unwrap();
    }
    assert_eq!(sandbox.calls(Route::GoogleToken) - before, 1);
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn an_access_token_that_is_refused_is_renewed_once_and_the_read_goes_on() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    sandbox.google(sandbox::GoogleState::expire_access_tokens);
    let before = sandbox.calls(Route::GoogleToken);
    sync(&world, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleToken) - before, 1);
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn withdrawn_consent_stops_all_tries_and_keeps_everything() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let events = crate::support::event_count(&world).await;
    sandbox.google(|google| google.revoke_account(crate::support::ACCOUNT));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert_eq!(
        (shown.status, shown.reason, shown.next_attempt_at),
        (ConnectionStatus::NeedsReconsent, Some(HealthReason::ConsentWithdrawn), None)
    );
    assert_eq!(crate::support::event_count(&world).await, events);
    let calls = sandbox.calls(Route::GoogleToken);
    sync(&world, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleToken), calls, "nobody asks again");
}

#[tokio::test]
async fn a_refused_client_is_our_trouble_and_asks_nobody_to_consent_again() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    advance(&world, &sandbox, TimeDelta::hours(2));
    sandbox.inject(Fault::next(
        Route::GoogleToken,
        1,
        FaultKind::Status { status: 401, reason: "invalid_client".to_owned(), retry_after: None },
    ));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::Degraded, Some(HealthReason::ClientRefused)));
    assert!(shown.next_attempt_at.is_some());
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_is_tried_again() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    advance(&world, &sandbox, TimeDelta::hours(2));
    sandbox.inject(Fault::next(Route::GoogleToken, 1, FaultKind::AnswerLost));
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn while_a_client_secret_is_changed_the_next_is_tried_and_the_one_that_works_is_not_asked_twice() {
    let sandbox = stand_in().await;
    // The newest is not known at the provider yet.
    let both = format!("not-there-yet,{}", sandbox::CLIENT_SECRET).leak();
    let world = World::new(WorldOptions { providers: Some((sandbox.base_url(), sandbox::CLIENT_ID, both)), ..options(&sandbox) }).await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    assert_eq!(sandbox.calls(Route::GoogleToken), 2, "the code was not used up by the secret that was refused");
    advance(&world, &sandbox, TimeDelta::hours(2));
    sync(&world, noor, connection).await;
    assert_eq!((view(&world, noor).await.status, sandbox.calls(Route::GoogleToken)), (ConnectionStatus::Active, 4));
    // With the one that works first, the other is never sent.
    let next = World::on(world.database.clone(), options(&sandbox)).await;
    next.clock.advance(TimeDelta::hours(4));
    sandbox.clock().advance(TimeDelta::hours(2));
    sync(&next, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleToken), 5);
}
