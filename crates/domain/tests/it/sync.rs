//! Reading: whole, by difference, interrupted, refused. A failed fetch deletes nothing.

use std::time::Duration;

use chrono::TimeDelta;
use domain::calendar::{self, SyncNow};
use domain::testing::World;
use sandbox::{EventDraft, Fault, FaultKind, Route};
use types::{ConnectionStatus, HealthReason, SyncOutcome};

use crate::support::{ACCOUNT, advance, connect, connected, event_count, options, runner, sync, view, world};

fn status(status: u16, reason: &str, retry_after: Option<u64>) -> FaultKind {
    FaultKind::Status { status, reason: reason.to_owned(), retry_after }
}

#[tokio::test]
async fn pages_of_three_bring_the_same_events_as_one_page() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let whole = event_count(&world).await;
    sandbox.google(|google| {
        google.page_size = Some(3);
        google.expire_sync_tokens();
    });
    sync(&world, noor, connection).await;
    assert_eq!(event_count(&world).await, whole);
    assert!(sandbox.calls(Route::GoogleEvents) > 20);
}

#[tokio::test]
async fn a_stale_sync_token_leads_to_a_full_read_that_swaps_only_when_complete() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let before = event_count(&world).await;
    sandbox.google(|google| {
        google.expire_sync_tokens();
        google.page_size = Some(10);
    });
    // The full read of the first calendar dies after two pages.
    sandbox.inject(Fault { skip: 3, ..Fault::next(Route::GoogleEvents, 50, status(503, "backendError", None)) });
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.reason, Some(HealthReason::ProviderDown));
    assert_eq!(event_count(&world).await, before, "the old generation counts until the new one is whole");
    sandbox.heal();
    advance(&world, &sandbox, TimeDelta::minutes(1));
    let world = World::on(world.database.clone(), options(&sandbox)).await; // A fresh breaker.
    sync(&world, noor, connection).await;
    assert_eq!(event_count(&world).await, before);
    let leftover: i64 = sqlx::query_scalar(
        "select count(*) from calendar_events e join calendars c on c.id = e.calendar_id and c.generation <> e.generation",
    )
    .fetch_one(&world.behind().await)
    .await
    .unwrap();
    assert_eq!(leftover, 0);
}

#[tokio::test]
async fn a_calendar_that_is_gone_purges_its_events_after_a_confirming_read_and_no_other() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let before = event_count(&world).await;
    sandbox.google(|google| google.delete_calendar(ACCOUNT, "c_team@group.calendar.example.com"));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::Degraded, Some(HealthReason::CalendarGone)));
    assert_eq!(event_count(&world).await, before);
    sync(&world, noor, connection).await;
    let after = event_count(&world).await;
    assert!(after < before && after > 0);
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_counted_with_its_reason_and_the_rest_is_read() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let now = world.deps.now();
    let broken = EventDraft::timed("x", now, now + TimeDelta::hours(1)).with(serde_json::json!({ "start": { "dateTime": "not a time" } }));
    sandbox.google(|google| google.add_event(ACCOUNT, ACCOUNT, broken));
    connected(&world, noor).await;
    let shown = view(&world, noor).await;
    assert_eq!(shown.status, ConnectionStatus::Active);
    let primary = shown.calendars.iter().find(|calendar| calendar.is_primary).unwrap();
    assert_eq!(primary.unreadable, [("malformed".to_owned(), 1)]);
    assert!(event_count(&world).await > 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_dies_mid_sync_is_followed_by_another_that_finishes_without_duplicates() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connect(&world, noor).await;
    sandbox.google(|google| google.page_size = Some(10));
    sandbox.inject(Fault { skip: 2, ..Fault::next(Route::GoogleEvents, 1, FaultKind::Slow(Duration::from_secs(30))) });
    // The first worker's runtime is torn down in the middle of a page, as when its process is killed.
    let doomed = World::on(world.database.clone(), options(&sandbox)).await;
    let reached = sandbox.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::on(doomed.database.clone(), options(&reached)).await;
            let runner = runner(&world);
            tokio::select! {
                () = runner.run() => {}
                () = async { while reached.calls(Route::GoogleEvents) < 3 { tokio::task::yield_now().await } } => {}
            }
        });
        runtime.shutdown_background();
    })
    .join()
    .unwrap();
    assert_eq!(view(&world, noor).await.logs[0].outcome, SyncOutcome::Running);
    let runner = std::sync::Arc::new(runner(&world));
    let working = std::sync::Arc::clone(&runner);
    let task = tokio::spawn(async move { working.run().await });
    tokio::time::timeout(Duration::from_secs(30), async {
        while view(&world, noor).await.last_sync_at.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("another worker takes over");
    runner.stop();
    let _ = task.await;
    let shown = view(&world, noor).await;
    assert_eq!(shown.status, ConnectionStatus::Active);
    assert!(shown.logs.iter().any(|log| log.reason.as_deref() == Some("interrupted")));
    let duplicates: i64 =
        sqlx::query_scalar("select count(*) from (select 1 from calendar_events group by calendar_id, event_key having count(*) > 1) d")
            .fetch_one(&world.behind().await)
            .await
            .unwrap();
    assert_eq!(duplicates, 0);
}

#[tokio::test]
async fn syncing_by_hand_is_bounded_and_two_clicks_are_one() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let now = async || calendar::sync_now(&world.deps, &world.as_user(noor), connection).await;
    let op = world.as_user(noor);
    assert!(matches!(calendar::sync_now(&world.deps, &op, connection).await.unwrap(), SyncNow::TooSoon { seconds: 1..=15 }));
    advance(&world, &sandbox, TimeDelta::seconds(16));
    assert_eq!(now().await.unwrap(), SyncNow::Queued);
    assert_eq!(now().await.unwrap(), SyncNow::Queued);
    let waiting: i64 = sqlx::query_scalar("select count(*) from graphile_worker.jobs where key like 'sync:%'")
        .fetch_one(&world.behind().await)
        .await
        .unwrap();
    assert_eq!(waiting, 1);
}

#[tokio::test]
async fn a_first_sync_of_ten_thousand_events_is_whole() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let now = world.deps.now();
    sandbox.google(|google| google.add_large_account(ACCOUNT, 10_000, now));
    connected(&world, noor).await;
    let inside = event_count(&world).await;
    // The stand-in spreads them over 2,000 hours, all of them inside the window.
    assert_eq!(inside, 10_000);
}

#[tokio::test]
async fn a_calendar_that_loses_most_of_its_events_at_once_is_noted_as_unusual_and_a_few_are_not() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let begin = world.deps.now();
    let ids: Vec<String> = (0..200)
        .map(|number| {
            let at = begin + TimeDelta::minutes(number * 15);
            sandbox.google(|google| google.add_event(ACCOUNT, ACCOUNT, EventDraft::timed("Many", at, at + TimeDelta::minutes(10)))).unwrap()
        })
        .collect();
    let connection = connected(&world, noor).await;
    let unusual = async || {
        let sql = "select count(*) from audit_events where detail ->> 'unusual' = 'most_events_removed'";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&world.behind().await).await.unwrap()
    };
    for id in &ids[..20] {
        sandbox.google(|google| google.cancel_event(ACCOUNT, ACCOUNT, id));
    }
    sync(&world, noor, connection).await;
    assert_eq!(unusual().await, 0);
    for id in &ids[20..] {
        sandbox.google(|google| google.cancel_event(ACCOUNT, ACCOUNT, id));
    }
    sync(&world, noor, connection).await;
    assert_eq!(unusual().await, 1);
    sync(&world, noor, connection).await;
    assert_eq!(unusual().await, 1, "once");
}
