//! Runs that overlap with each other, with choosing and with disconnecting: only one may write, and only what still counts.

use std::time::Duration;

use chrono::TimeDelta;
use domain::calendar;
use domain::testing::World;
use sandbox::{EventDraft, Fault, FaultKind, Route, Sandbox};
use tokio::task::JoinHandle;
use types::{ConnectionId, ConnectionStatus, HealthReason, UserId};

use crate::support::{ACCOUNT, advance, connect, connected, event_count, event_list, health_history, job, options, sync, view, world};

/// Begins a read, and comes back when the stand-in holds the answer to its call number `call`, for a second and a half.
async fn read_that_hangs(world: &World, sandbox: &Sandbox, user: UserId, connection: ConnectionId, call: u32) -> JoinHandle<()> {
    sandbox.inject(Fault { skip: call - 1, ..Fault::next(Route::GoogleEvents, 1, FaultKind::Slow(Duration::from_millis(1_500))) });
    let before = sandbox.calls(Route::GoogleEvents);
    let (deps, op) = (world.deps.clone(), job(world, user));
    let task = tokio::spawn(async move { calendar::sync(&deps, &op, connection).await.unwrap() });
    while sandbox.calls(Route::GoogleEvents) < before + u64::from(call) {
        tokio::task::yield_now().await;
    }
    task
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_was_silent_and_comes_back_writes_nothing_into_its_successors_read() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.google(|google| google.page_size = Some(10));
    let silent = read_that_hangs(&world, &sandbox, noor, connection, 2).await;
    // Another replica takes over a minute later, and ends.
    let replica = World::on(world.database.clone(), options(&sandbox)).await;
    replica.clock.advance(TimeDelta::minutes(1));
    sync(&replica, noor, connection).await;
    let (whole, shown) = (event_list(&world).await, view(&world, noor).await);
    silent.await.unwrap();
    assert_eq!(event_list(&world).await, whole);
    let after = view(&world, noor).await;
    assert_eq!((after.status, after.last_sync_at, after.logs.len()), (shown.status, shown.last_sync_at, shown.logs.len()));
    let read_at = |shown: &calendar::ConnectionView| shown.calendars.iter().map(|one| one.last_sync_at).collect::<Vec<_>>();
    assert_eq!(read_at(&after), read_at(&shown), "nor says that it was read when the silent one began");
    let leftover: i64 = sqlx::query_scalar(
        "select count(*) from calendar_events e join calendars c on c.id = e.calendar_id and c.generation <> e.generation",
    )
    .fetch_one(&world.behind().await)
    .await
    .unwrap();
    assert_eq!(leftover, 0, "nothing of the silent one's is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_that_is_unticked_during_its_first_read_and_ticked_again_begins_unread_and_is_read_whole() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.google(|google| google.page_size = Some(10));
    let chosen: Vec<_> =
        view(&world, noor).await.calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect();
    let reading = read_that_hangs(&world, &sandbox, noor, connection, 2).await;
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &[]).await.unwrap();
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &chosen).await.unwrap();
    reading.await.unwrap();
    let first = view(&world, noor).await.calendars.into_iter().find(|calendar| calendar.is_primary).unwrap();
    assert_eq!(first.last_sync_at, None, "half of it is not all of it");
    assert_eq!(event_count_of(&world, first.id).await, 0);
    sync(&world, noor, connection).await;
    let other = World::on(world.database.clone(), options(&sandbox)).await;
    let bruno = other.person("bruno@example.com").await;
    let whole = event_count(&world).await;
    connected(&other, bruno).await;
    assert_eq!(event_count(&world).await, 2 * whole, "as many as somebody has who never changed their mind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_that_is_unticked_while_it_is_read_keeps_no_event() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.google(|google| google.page_size = Some(10));
    let reading = read_that_hangs(&world, &sandbox, noor, connection, 2).await;
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &[]).await.unwrap();
    reading.await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from calendar_events").fetch_one(&world.behind().await).await.unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_waited_for_the_choice_to_be_saved_is_not_stored_after_it() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.google(|google| google.page_size = Some(10));
    let behind = world.behind().await;
    // As choosing does, which has the lock before the first page comes.
    let mut choice = behind.begin().await.unwrap();
    let reading = read_that_hangs(&world, &sandbox, noor, connection, 1).await;
    sqlx::query("select id from calendar_connections for update").execute(&mut *choice).await.unwrap();
    sqlx::query("update calendars set selected = false, generation = generation + 1").execute(&mut *choice).await.unwrap();
    until_somebody_waits_for_a_lock(&behind).await;
    choice.commit().await.unwrap();
    reading.await.unwrap();
    let rows: i64 = sqlx::query_scalar("select count(*) from calendar_events").fetch_one(&behind).await.unwrap();
    assert_eq!(rows, 0);
}

async fn until_somebody_waits_for_a_lock(behind: &sqlx::PgPool) {
    // A waiter on a row waits for a transaction's id, which in `pg_locks` has no database.
    let asked = "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(asked).fetch_one(behind).await.unwrap() {
        tokio::task::yield_now().await;
    }
}

async fn event_count_of(world: &World, calendar: types::CalendarId) -> i64 {
    sqlx::query_scalar(
        "select count(*) from calendar_events e join calendars c on c.id = e.calendar_id and c.generation = e.generation where c.id = $1",
    )
    .bind(calendar.0)
    .fetch_one(&world.behind().await)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_ends_takes_its_locks_in_the_order_of_everybody_else() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let calls = u32::try_from(view(&world, noor).await.calendars.iter().filter(|calendar| calendar.selected).count()).unwrap();
    let reading = read_that_hangs(&world, &sandbox, noor, connection, calls).await;
    // As disconnecting does: the connection first, then its logs.
    let behind = world.behind().await;
    let mut tx = behind.begin().await.unwrap();
    sqlx::query("select id from calendar_connections for update").execute(&mut *tx).await.unwrap();
    until_somebody_waits_for_a_lock(&behind).await;
    sqlx::query("set local lock_timeout = '2s'").execute(&mut *tx).await.unwrap();
    sqlx::query("delete from calendar_connections").execute(&mut *tx).await.expect("the read holds none of what is deleted");
    tx.commit().await.unwrap();
    reading.await.unwrap();
}

#[tokio::test]
async fn an_unticked_calendar_that_one_list_leaves_out_comes_back_unticked() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let family = "family#7@group.calendar.example.com";
    let of_name = |shown: &calendar::ConnectionView, name: &str| {
        shown.calendars.iter().find(|calendar| calendar.name.as_deref() == Some(name)).map(|calendar| (calendar.id, calendar.selected))
    };
    let before = view(&world, noor).await;
    let (unticked, was_ticked) = of_name(&before, "Family").unwrap();
    assert!(was_ticked);
    let others: Vec<_> = before.calendars.iter().filter(|one| one.selected && one.id != unticked).map(|one| one.id).collect();
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &others).await.unwrap();
    sandbox.google(|google| google.hide_calendar(ACCOUNT, family));
    sync(&world, noor, connection).await;
    sandbox.google(sandbox::GoogleState::show_calendars);
    sync(&world, noor, connection).await;
    assert_eq!(of_name(&view(&world, noor).await, "Family"), Some((unticked, false)));
}

#[tokio::test]
async fn reconnecting_while_the_provider_fails_leaves_the_healthy_connection_alone() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    for kind in [FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: None }, FaultKind::Garbage] {
        sandbox.inject(Fault::next(Route::GoogleCalendarList, 50, kind.clone()));
        crate::support::try_connect(&world, noor, "allow").await.unwrap_err();
        sandbox.heal();
        assert_eq!(sandbox.calls(Route::GoogleRevoke), 0, "{kind:?}: Google's revocation ends every grant of the account");
    }
    crate::support::try_connect(&world, noor, "partly").await.unwrap_err();
    assert_eq!(sandbox.calls(Route::GoogleRevoke), 0, "nor after half a consent, while there is a whole one");
    sandbox.google(sandbox::GoogleState::expire_access_tokens);
    advance(&world, &sandbox, TimeDelta::minutes(2));
    let world = World::on(world.database.clone(), options(&sandbox)).await;
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn an_event_of_somebody_elses_making_cannot_pass_for_our_own_feed() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let now = world.deps.now();
    let draft =
        EventDraft::timed("Not from Kairos", now, now + TimeDelta::hours(1)).with(serde_json::json!({ "iCalUID": "x@feed.kairos" }));
    sandbox.google(|google| google.add_event(ACCOUNT, ACCOUNT, draft));
    connected(&world, noor).await;
    let day = crate::support::today(&world, noor).await;
    let seen =
        day.agenda.iter().any(|piece| matches!(piece, calendar::Piece::Entry(entry) if entry.title.as_deref() == Some("Not from Kairos")));
    assert!(seen, "it takes time like any other");
}

#[tokio::test]
async fn a_reason_that_a_newer_replica_wrote_is_shown_as_one_that_asks_for_nothing() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    let behind = world.behind().await;
    for statement in [
        "alter table calendar_connections drop constraint calendar_connections_health_reason_check",
        "update calendar_connections set status = 'degraded', health_reason = 'of_the_future', health_since = now()",
        "insert into calendar_health (id, user_id, connection_id, changed_at, status, reason) select id, user_id, id, now(), 'degraded', 'of_the_future' from calendar_connections",
    ] {
        sqlx::query(statement).execute(&behind).await.unwrap();
    }
    let shown = view(&world, noor).await;
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::Degraded, Some(HealthReason::ProviderDown)));
    assert_eq!(health_history(&world, noor, shown.id).await.last().map(|change| change.reason), Some(Some(HealthReason::ProviderDown)));
}
