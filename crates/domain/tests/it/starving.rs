//! One calendar that fails, one that hangs, one that kills its worker: the others are read.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::base::ReadingLimits;
use domain::calendar::{self, CaldavProblem, ConnectProblem, SyncNow};
use domain::testing::{World, WorldOptions};
use sandbox::{APP_PASSWORD, Fault, FaultKind, Route, Sandbox};
use types::{ConnectionStatus, HealthReason, Notice};

use crate::support::{
    advance, connect, event_count, events, options, overview, runner, stand_in, sync, try_connect, try_connect_outlook, view, world,
};

fn down() -> FaultKind {
    FaultKind::Status { status: 504, reason: "backendError".to_owned(), retry_after: None }
}

async fn world_with(reading: ReadingLimits) -> (World, Sandbox) {
    let sandbox = stand_in().await;
    let world = World::new(WorldOptions { reading, ..options(&sandbox) }).await;
    (world, sandbox)
}

#[tokio::test]
async fn a_calendar_that_fails_is_named_put_off_and_read_later_and_its_neighbours_are_read_now() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    // The first calendar passes, and the second fails as often as it is tried.
    sandbox.inject(Fault { skip: 1, ..Fault::next(Route::GoogleEvents, 3, down()) });
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    let chosen: Vec<_> = shown.calendars.iter().filter(|calendar| calendar.selected).collect();
    let failed: Vec<_> = chosen.iter().filter(|calendar| calendar.reason == Some(HealthReason::ProviderDown)).collect();
    assert_eq!((chosen.len() > 2, failed.len()), (true, 1));
    assert_eq!(failed[0].last_sync_at, None, "unknown, not empty");
    assert!(chosen.iter().filter(|calendar| calendar.reason.is_none()).all(|calendar| calendar.last_sync_at.is_some()));
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::Degraded, Some(HealthReason::ProviderDown)));
    let calls = sandbox.calls(Route::GoogleEvents);
    sync(&world, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleEvents) - calls, u64::try_from(chosen.len() - 1).unwrap(), "it has its own next attempt");
    advance(&world, &sandbox, TimeDelta::minutes(1));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::Active, None));
}

#[tokio::test]
async fn when_nothing_answers_it_is_the_accounts_trouble_and_no_calendar_is_blamed() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.inject(Fault::next(Route::GoogleEvents, 50, down()));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    assert_eq!((shown.reason, shown.attempts), (Some(HealthReason::ProviderDown), 1));
    assert!(shown.calendars.iter().all(|calendar| calendar.reason.is_none()));
}

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
async fn a_calendar_that_hangs_is_given_up_and_the_others_are_read() {
    let limits = ReadingLimits { calendar: Duration::from_millis(700), ..ReadingLimits::default() };
    let (world, sandbox) = world_with(limits).await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sandbox.inject(Fault::next(Route::GoogleEvents, 1, FaultKind::Slow(Duration::from_secs(30))));
    sync(&world, noor, connection).await;
    let shown = view(&world, noor).await;
    let (read, waiting): (Vec<_>, Vec<_>) =
        shown.calendars.iter().filter(|calendar| calendar.selected).partition(|calendar| calendar.last_sync_at.is_some());
    assert_eq!(waiting.len(), 1);
    assert!(read.len() > 1);
    assert_eq!(waiting[0].reason, Some(HealthReason::ProviderDown));
}

#[tokio::test]
async fn an_outlook_calendar_that_hangs_is_given_up_and_the_others_are_read() {
    let limits = ReadingLimits { calendar: Duration::from_millis(700), ..ReadingLimits::default() };
    let (world, sandbox) = world_with(limits).await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, "mira.okafor@contoso.example", "allow").await.unwrap();
    let all: Vec<_> = view(&world, mira).await.calendars.iter().map(|calendar| calendar.id).collect();
    calendar::choose_calendars(&world.deps, &world.as_user(mira), connection, &all).await.unwrap();
    sandbox.inject(Fault::next(Route::GraphEvents, 1, FaultKind::Slow(Duration::from_secs(30))));
    sync(&world, mira, connection).await;
    let shown = view(&world, mira).await;
    let (read, waiting): (Vec<_>, Vec<_>) = shown.calendars.iter().partition(|calendar| calendar.last_sync_at.is_some());
    assert_eq!((waiting.len(), waiting[0].reason), (1, Some(HealthReason::ProviderDown)));
    assert!(!read.is_empty() && read.iter().all(|calendar| calendar.reason.is_none()));
    let free = overview(&world, mira).await.days.remove(0);
    assert!(free.capacity.unknown_minutes > 0, "what is not read is not free: {free:?}");
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

#[tokio::test]
async fn a_connection_whose_reads_kill_their_worker_is_set_aside() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    for run in 0..3 {
        sqlx::query(
            "insert into calendar_sync_logs (id, user_id, connection_id, kind, outcome, reason, started_at, seen_at, finished_at, request_id)
             select gen_random_uuid(), user_id, id, 'first', 'failed', 'interrupted', $1, $1, $1, gen_random_uuid() from calendar_connections",
        )
        .bind(world.deps.now() - TimeDelta::minutes(10 - run))
        .execute(&world.behind().await)
        .await
        .unwrap();
    }
    sync(&world, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleEvents), 0, "not once more");
    let shown = view(&world, noor).await;
    assert_eq!(shown.reason, Some(HealthReason::UnreadableAnswer));
    assert!(shown.next_attempt_at.unwrap() - world.deps.now() >= TimeDelta::minutes(30));
    advance(&world, &sandbox, TimeDelta::minutes(31));
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active, "and tried again after a while");
}

#[tokio::test]
async fn what_a_server_leaves_out_of_its_answer_is_not_gone() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let connection = crate::caldav::try_connect(&world, &sandbox, lina, APP_PASSWORD).await.unwrap();
    sync(&world, lina, connection).await;
    let before = event_count(&world).await;
    sandbox.caldav(|caldav| {
        caldav.expire_sync_tokens();
        caldav.silent_members = 3;
    });
    sync(&world, lina, connection).await;
    assert_eq!(event_count(&world).await, before);
    assert_eq!(view(&world, lina).await.reason, Some(HealthReason::ProviderDown));
    advance(&world, &sandbox, TimeDelta::minutes(1));
    sync(&world, lina, connection).await;
    assert_eq!((view(&world, lina).await.status, event_count(&world).await), (ConnectionStatus::Active, before));
}

#[tokio::test]
async fn one_refusal_of_a_right_password_is_asked_again_and_sync_now_tries_after_two() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let connection = crate::caldav::try_connect(&world, &sandbox, lina, APP_PASSWORD).await.unwrap();
    sandbox.caldav(|caldav| caldav.moody_refusals = 1);
    sync(&world, lina, connection).await;
    assert_eq!(view(&world, lina).await.status, ConnectionStatus::Active);
    sandbox.caldav(|caldav| caldav.moody_refusals = 2);
    sync(&world, lina, connection).await;
    assert_eq!(view(&world, lina).await.status, ConnectionStatus::NeedsReconsent);
    advance(&world, &sandbox, TimeDelta::minutes(1));
    let asked = calendar::sync_now(&world.deps, &world.as_user(lina), connection).await.unwrap();
    assert_eq!(asked, SyncNow::Queued);
    sync(&world, lina, connection).await;
    assert_eq!(view(&world, lina).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn an_invitation_declined_under_another_address_of_the_account_takes_no_time() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let at = world.deps.now() + TimeDelta::hours(1);
    sandbox.caldav(|caldav| caldav.add_declined("Declined", at, 60));
    let connection = crate::caldav::try_connect(&world, &sandbox, lina, APP_PASSWORD).await.unwrap();
    sync(&world, lina, connection).await;
    let events = events(&world, lina, at, at + TimeDelta::hours(1)).await;
    let declined = events.iter().find(|event| event.title.as_deref() == Some("Declined")).unwrap();
    assert!(!declined.busy);
}

#[tokio::test]
async fn the_twenty_first_connection_is_refused_in_words_and_leaves_nothing() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connect(&world, noor).await;
    sqlx::query(
        "insert into calendar_connections (id, user_id, provider, status, account_hash, account_sealed, created_at)
         select gen_random_uuid(), user_id, 'caldav', 'active', decode(lpad(to_hex(n), 8, '0'), 'hex'), '', created_at
         from calendar_connections, generate_series(1, 19) n",
    )
    .execute(&world.behind().await)
    .await
    .unwrap();
    let caldav = crate::caldav::try_connect(&world, &sandbox, noor, APP_PASSWORD).await;
    assert!(matches!(caldav, Err(CaldavProblem::TooManyConnections)), "{caldav:?}");
    assert!(try_connect(&world, noor, "allow").await.is_ok(), "one that is there already is renewed");
    let other = crate::support::try_connect_outlook(&world, noor, "mira.okafor@contoso.example", "allow").await;
    assert!(matches!(other, Err(ConnectProblem::Notice(Notice::TooManyConnections))), "{other:?}");
    let kept: i64 = sqlx::query_scalar("select count(*) from calendar_connections").fetch_one(&world.behind().await).await.unwrap();
    assert_eq!(kept, 20);
}

#[tokio::test]
async fn a_whole_day_is_a_day_of_its_calendars_zone_wherever_the_person_is() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let date = world.deps.now().date_naive() + TimeDelta::days(3);
    let draft = sandbox::EventDraft::all_day("Away", date, date + TimeDelta::days(1), chrono_tz::Europe::Lisbon);
    sandbox.google(|google| google.add_event(crate::support::ACCOUNT, crate::support::ACCOUNT, draft));
    crate::support::connected(&world, noor).await;
    sqlx::query("update users set time_zone = 'Asia/Tokyo'").execute(&world.behind().await).await.unwrap();
    let midnight = date.and_hms_opt(0, 0, 0).unwrap().and_utc();
    let events = events(&world, noor, midnight - TimeDelta::days(2), midnight + TimeDelta::days(3)).await;
    let away = events.iter().find(|event| event.title.as_deref() == Some("Away")).unwrap();
    assert_eq!((away.starts_at, away.ends_at), (midnight, midnight + TimeDelta::days(1)), "midnight in Lisbon, which is UTC in winter");
}

#[tokio::test]
async fn a_server_that_takes_too_long_to_be_connected_is_said_to_in_time() {
    let (world, sandbox) = world_with(ReadingLimits { proof: Duration::from_millis(400), ..ReadingLimits::default() }).await;
    let lina = world.person("lina@example.com").await;
    sandbox.inject(Fault::next(Route::CaldavCalendars, 5, FaultKind::Slow(Duration::from_secs(30))));
    let caldav = crate::caldav::try_connect(&world, &sandbox, lina, APP_PASSWORD).await;
    assert!(matches!(caldav, Err(CaldavProblem::Down)), "{caldav:?}");
    sandbox.inject(Fault::next(Route::GoogleCalendarList, 5, FaultKind::Slow(Duration::from_secs(30))));
    let google = try_connect(&world, lina, "allow").await;
    assert!(matches!(google, Err(ConnectProblem::Notice(Notice::ProviderDown))), "{google:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_goes_away_on_the_way_back_leaves_a_whole_connection_all_the_same() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let op = world.as_user(noor);
    let url = calendar::start(&world.deps, &op, types::Provider::Google, crate::support::SESSION, None).await.unwrap();
    let back = crate::support::consent(&url, "allow").await;
    sandbox.inject(Fault::next(Route::GoogleCalendarList, 1, FaultKind::Slow(Duration::from_millis(500))));
    let deps = world.deps.clone();
    let request = tokio::spawn(async move { calendar::finish(&deps, &op, types::Provider::Google, crate::support::SESSION, back).await });
    while sandbox.calls(Route::GoogleCalendarList) == 0 {
        tokio::task::yield_now().await;
    }
    request.abort();
    world.deps.background.close();
    world.deps.background.wait().await;
    let connection = view(&world, noor).await;
    assert_eq!(connection.status, ConnectionStatus::Active);
}
