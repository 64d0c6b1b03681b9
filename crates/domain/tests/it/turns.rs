//! Whose turn it is: calendars within a run, runs of one account, accounts among others.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::base::ReadingLimits;
use domain::calendar;
use domain::testing::World;
use sandbox::{APP_PASSWORD, Fault, FaultKind, Route};
use types::{ConnectionStatus, HealthReason};

use crate::starving::{down, world_with};
use crate::support::{advance, connect, options, runner, sync, view, world};

#[tokio::test]
async fn three_calendars_that_never_answer_keep_no_other_from_being_read() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let all: Vec<_> = view(&world, noor).await.calendars.iter().map(|calendar| calendar.id).collect();
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &all).await.unwrap();
    sandbox.inject(Fault::next(Route::GoogleEvents, 9, down()));
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.reason, Some(HealthReason::ProviderDown));
    // The same three fail again, wherever they stand in the order now.
    let world = World::on(world.database.clone(), options(&sandbox)).await;
    sandbox.heal();
    sandbox.inject(Fault { skip: u32::try_from(all.len() - 3).unwrap(), ..Fault::next(Route::GoogleEvents, 9, down()) });
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert_eq!(shown.calendars.iter().filter(|calendar| calendar.last_sync_at.is_some()).count(), all.len() - 3);
    assert_eq!(shown.calendars.iter().filter(|calendar| calendar.reason == Some(HealthReason::ProviderDown)).count(), 3);
    assert_eq!(shown.status, ConnectionStatus::Degraded);
}

#[tokio::test]
async fn a_calendar_that_was_put_off_is_still_told_of_when_a_run_has_no_time_to_come_to_it() {
    let (world, sandbox) = world_with(ReadingLimits { run: Duration::ZERO, ..ReadingLimits::default() }).await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let chosen: Vec<_> = view(&world, noor).await.calendars.into_iter().filter(|calendar| calendar.selected).collect();
    sqlx::query("update calendars set health_reason = 'provider_down', attempts = 1, next_attempt_at = $2 where id = $1")
        .bind(chosen[0].id.0)
        .bind(world.deps.now() + TimeDelta::minutes(5))
        .execute(&world.behind().await)
        .await
        .unwrap();
    for _ in 1..chosen.len() {
        sync(&world, noor, connection).await;
        let shown = view(&world, noor).await;
        assert_eq!((shown.status, shown.reason), (ConnectionStatus::Degraded, Some(HealthReason::ProviderDown)));
    }
    advance(&world, &sandbox, TimeDelta::minutes(6));
    for _ in &chosen {
        sync(&world, noor, connection).await;
    }
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn after_the_whole_account_failed_three_that_still_hang_keep_no_other_from_being_read() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let all: Vec<_> = view(&world, noor).await.calendars.iter().map(|calendar| calendar.id).collect();
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &all).await.unwrap();
    // Every calendar has been tried once while nothing answered.
    sqlx::query("update calendars set attempts = 1").execute(&world.behind().await).await.unwrap();
    sandbox.inject(Fault::next(Route::GoogleEvents, 9, down()));
    sync(&world, noor, connection).await;
    let world = World::on(world.database.clone(), options(&sandbox)).await;
    sandbox.heal();
    // The three that came first hang again: they come last now.
    sandbox.inject(Fault { skip: u32::try_from(all.len() - 3).unwrap(), ..Fault::next(Route::GoogleEvents, 9, down()) });
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.calendars.iter().filter(|calendar| calendar.last_sync_at.is_some()).count(), all.len() - 3);
}

#[tokio::test]
async fn a_calendar_that_cannot_be_read_has_a_pause_and_does_not_come_first_again() {
    let (world, sandbox) = world_with(ReadingLimits { run: Duration::ZERO, ..ReadingLimits::default() }).await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.inject(Fault::next(Route::GoogleEvents, 4, FaultKind::Garbage));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    let unreadable: Vec<_> = shown.calendars.iter().filter(|one| one.reason == Some(HealthReason::UnreadableAnswer)).collect();
    assert_eq!(unreadable.len(), 1);
    assert!(unreadable[0].next_attempt_at.is_some_and(|at| at > world.deps.now()));
    sandbox.heal();
    for _ in 1..shown.calendars.iter().filter(|calendar| calendar.selected).count() {
        sync(&world, noor, connection).await;
    }
    let read = view(&world, noor).await.calendars.iter().filter(|one| one.selected && one.last_sync_at.is_some()).count();
    assert_eq!(read, shown.calendars.iter().filter(|calendar| calendar.selected).count() - 1);
}

#[tokio::test]
async fn an_account_that_failed_waits_among_its_like_and_comes_back_when_it_is_read() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connect(&world, noor).await;
    sandbox.inject(Fault::next(Route::GoogleEvents, 9, down()));
    let runner = runner(&world);
    world.step(&runner).await;
    let waiting = async || {
        let sql = "select j.flags ? 'retries' from graphile_worker._private_jobs j where j.payload->>'job' = 'sync_connection'";
        sqlx::query_scalar::<_, Option<bool>>(sql).fetch_one(&world.behind().await).await.unwrap()
    };
    assert_eq!((view(&world, noor).await.status, waiting().await), (ConnectionStatus::Degraded, Some(true)));
    sandbox.heal();
    advance(&world, &sandbox, TimeDelta::minutes(1));
    world.step(&runner).await;
    assert_eq!((view(&world, noor).await.status, waiting().await), (ConnectionStatus::Active, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_people_one_whose_server_hangs_makes_nobody_else_wait() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let hanging = crate::caldav::try_connect(&world, &sandbox, lina, APP_PASSWORD).await.unwrap();
    sandbox.inject(Fault::next(Route::CaldavEvents, 1_000, FaultKind::Slow(Duration::from_secs(300))));
    let mut others = tokio::task::JoinSet::new();
    let (world, limit) = (Arc::new(world), Arc::new(tokio::sync::Semaphore::new(8)));
    for number in 0..199 {
        let (world, limit) = (Arc::clone(&world), Arc::clone(&limit));
        others.spawn(async move {
            let _turn = limit.acquire_owned().await.unwrap();
            let person = world.person(&format!("person{number}@example.com")).await;
            connect(&world, person).await;
        });
    }
    others.join_all().await;
    let runner = runner(&world);
    let working = {
        let world = Arc::clone(&world);
        tokio::spawn(async move { world.step(&runner).await })
    };
    let behind = world.behind().await;
    let count = async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).bind(hanging.0).fetch_one(&behind).await.unwrap();
    while count("select count(*) from calendar_connections where id <> $1 and last_sync_at is not null").await < 199 {
        assert!(!working.is_finished(), "nobody works any more");
        tokio::task::yield_now().await;
    }
    let under_way = count("select count(*) from calendar_sync_logs where connection_id = $1 and finished_at is null").await;
    assert_eq!(under_way, 1, "the one still hangs, and everybody else was read");
    assert_eq!(count("select count(*) from calendar_connections where id <> $1 and status <> 'active'").await, 0);
    working.abort();
}

#[tokio::test]
async fn a_calendar_that_takes_longer_than_its_time_has_more_of_it_the_next_time() {
    let (world, sandbox) = world_with(ReadingLimits { calendar: Duration::from_secs(1), ..ReadingLimits::default() }).await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let slow = FaultKind::Slow(Duration::from_millis(1_300));
    sandbox.inject(Fault::next(Route::GoogleEvents, 1, slow.clone()));
    sync(&world, noor, connection).await;
    let waiting = |shown: calendar::ConnectionView| shown.calendars.iter().filter(|one| one.selected && one.last_sync_at.is_none()).count();
    assert_eq!(waiting(view(&world, noor).await), 1);
    advance(&world, &sandbox, TimeDelta::minutes(1));
    // It comes last now, and is as slow as before.
    let others = view(&world, noor).await.calendars.iter().filter(|one| one.selected).count() - 1;
    sandbox.inject(Fault { skip: u32::try_from(others).unwrap(), ..Fault::next(Route::GoogleEvents, 1, slow) });
    sync(&world, noor, connection).await;
    assert_eq!(waiting(view(&world, noor).await), 0);
}

#[tokio::test]
async fn a_large_account_is_whole_after_some_runs_each_of_which_ends_in_time() {
    let (world, _sandbox) = world_with(ReadingLimits { run: Duration::ZERO, ..ReadingLimits::default() }).await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let chosen = view(&world, noor).await.calendars.iter().filter(|calendar| calendar.selected).count();
    for run in 1..chosen {
        sync(&world, noor, connection).await;
        let shown = view(&world, noor).await;
        assert_eq!(shown.calendars.iter().filter(|calendar| calendar.last_sync_at.is_some()).count(), run, "each run gets on");
        assert_eq!((shown.last_sync_at, shown.next_attempt_at), (None, Some(world.deps.now())), "the next goes on at once");
    }
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert!(chosen > 2 && shown.calendars.iter().filter(|calendar| calendar.selected).all(|calendar| calendar.last_sync_at.is_some()));
    assert_eq!((shown.status, shown.last_sync_at), (ConnectionStatus::Active, Some(world.deps.now())));
    assert!(shown.next_attempt_at.unwrap() > world.deps.now() + TimeDelta::minutes(1), "and then there is a pause");
}
