//! One calendar that fails, one that hangs, one that kills its worker: the others are read.

use std::time::Duration;

use chrono::TimeDelta;
use domain::base::ReadingLimits;
use domain::calendar::{self, CaldavProblem, ConnectProblem, SyncNow, Which};
use domain::testing::{World, WorldOptions};
use sandbox::{APP_PASSWORD, Fault, FaultKind, Route, Sandbox};
use types::{ConnectionStatus, HealthReason, Notice, Provider};

use crate::support::{
    advance, connect, event_count, events, options, other_connections, overview, stand_in, sync, try_connect, try_connect_outlook, view,
    world,
};

pub fn down() -> FaultKind {
    FaultKind::Status { status: 504, reason: "backendError".to_owned(), retry_after: None }
}

pub async fn world_with(reading: ReadingLimits) -> (World, Sandbox) {
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
async fn a_connection_whose_reads_kill_their_worker_is_set_aside() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    let died = async |minutes_ago: i64| {
        sqlx::query(
            "insert into calendar_sync_logs (id, user_id, connection_id, kind, outcome, reason, started_at, seen_at, finished_at, request_id)
             select gen_random_uuid(), user_id, id, 'first', 'failed', 'interrupted', $1, $1, $1, gen_random_uuid() from calendar_connections",
        )
        .bind(world.deps.now() - TimeDelta::minutes(minutes_ago))
        .execute(&world.behind().await)
        .await
        .unwrap();
    };
    for minutes_ago in [10, 9, 8] {
        died(minutes_ago).await;
    }
    sync(&world, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleEvents), 0, "not once more");
    let shown = view(&world, noor).await;
    assert_eq!(shown.reason, Some(HealthReason::UnreadableAnswer));
    assert!(shown.next_attempt_at.unwrap() - world.deps.now() >= TimeDelta::minutes(30));
    // Tried again after that, it kills one worker and not three, and waits longer.
    advance(&world, &sandbox, TimeDelta::minutes(31));
    died(0).await;
    advance(&world, &sandbox, TimeDelta::minutes(1));
    sync(&world, noor, connection).await;
    assert_eq!(sandbox.calls(Route::GoogleEvents), 0);
    assert!(view(&world, noor).await.next_attempt_at.unwrap() - world.deps.now() >= TimeDelta::minutes(60));
    advance(&world, &sandbox, TimeDelta::minutes(61));
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
    other_connections(&world, noor, 1..=19).await;
    let caldav = crate::caldav::try_connect(&world, &sandbox, noor, APP_PASSWORD).await;
    assert!(matches!(caldav, Err(CaldavProblem::TooManyConnections)), "{caldav:?}");
    assert!(try_connect(&world, noor, "allow").await.is_ok(), "one that is there already is renewed");
    let other = crate::support::try_connect_outlook(&world, noor, "mira.okafor@contoso.example", "allow").await;
    assert!(matches!(other, Err(ConnectProblem::Notice(Notice::TooManyConnections))), "{other:?}");
    let kept: i64 = sqlx::query_scalar("select count(*) from calendar_connections").fetch_one(&world.behind().await).await.unwrap();
    assert_eq!(kept, 20);
    // Nor does a consent stand that nobody keeps.
    calendar::disconnect(&world.deps, &world.as_user(noor), Which::Provider(Provider::Google)).await.unwrap();
    other_connections(&world, noor, 20..=20).await;
    let google = try_connect(&world, noor, "allow").await;
    assert!(matches!(google, Err(ConnectProblem::Notice(Notice::TooManyConnections))), "{google:?}");
    assert!(!sandbox.google(|google| google.has_grant(crate::support::ACCOUNT)));
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
