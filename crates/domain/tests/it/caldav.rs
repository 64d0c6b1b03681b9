//! CalDAV as Apple speaks it, against the stand-in: what the real servers in the browser tests do not do on purpose.

use chrono::TimeDelta;
use domain::calendar::{self, CaldavForm, CaldavProblem};
use domain::testing::World;
use sandbox::{APP_PASSWORD, CALDAV_USERNAME, Fault, FaultKind, Route, Sandbox};
use types::{ConnectionId, ConnectionStatus, HealthReason, UserId};

use crate::support::{advance, event_list, events, sync, view, world};

/// Connects with a password, as the form does.
pub async fn try_connect(world: &World, sandbox: &Sandbox, user: UserId, password: &str) -> Result<ConnectionId, CaldavProblem> {
    let form = CaldavForm { server: sandbox.base_url(), username: CALDAV_USERNAME.to_owned(), password: password.to_owned().into() };
    calendar::connect_caldav(&world.deps, &world.as_user(user), form).await
}

async fn connected() -> (World, Sandbox, UserId, ConnectionId) {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let connection = try_connect(&world, &sandbox, lina, APP_PASSWORD).await.unwrap();
    sync(&world, lina, connection).await;
    (world, sandbox, lina, connection)
}

async fn titles(world: &World, user: UserId) -> Vec<String> {
    let (from, to) = (world.deps.now() - TimeDelta::days(20), world.deps.now() + TimeDelta::days(40));
    let events = events(world, user, from, to).await;
    events.into_iter().filter_map(|event| event.title).collect()
}

#[tokio::test]
async fn the_account_is_found_on_its_partition_with_its_calendars_and_nothing_else() {
    let (world, _sandbox, lina, _) = connected().await;
    let shown = view(&world, lina).await;
    assert_eq!(shown.status, ConnectionStatus::Active);
    let names: Vec<_> = shown.calendars.iter().filter_map(|calendar| calendar.name.as_deref()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.contains(&"Home") && names.contains(&"Band & choir"), "{names:?}");
    let titles = titles(&world, lina).await;
    assert!(titles.iter().any(|title| title == "Rehearsal, altos") && titles.iter().any(|title| title == "Call home"));
    assert!(titles.iter().filter(|title| *title == "Swimming").count() > 10);
    assert_eq!(shown.calendars.iter().map(|calendar| calendar.unreadable_count()).sum::<i64>(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_nothing_is_kept() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    assert!(matches!(try_connect(&world, &sandbox, lina, "wrong").await, Err(CaldavProblem::Refused)));
    let kept: i64 = sqlx::query_scalar("select count(*) from calendar_connections").fetch_one(&world.behind().await).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn an_account_that_is_connected_twice_at_once_is_connected_once() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let (one, other) = futures::join!(try_connect(&world, &sandbox, lina, APP_PASSWORD), try_connect(&world, &sandbox, lina, APP_PASSWORD));
    assert_eq!(one.unwrap(), other.unwrap());
}

#[tokio::test]
async fn apple_is_apple_however_its_name_is_written() {
    let (world, _sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    for server in ["caldav.icloud.com", "caldav.icloud.com.", "https://CALDAV.iCloud.com./"] {
        let form = CaldavForm { server: server.to_owned(), username: "lina".to_owned(), password: "her real password".to_owned().into() };
        let refused = calendar::connect_caldav(&world.deps, &world.as_user(lina), form).await;
        assert!(matches!(refused, Err(CaldavProblem::NotAppPassword)), "{server}: {refused:?}");
    }
}

#[tokio::test]
async fn when_all_app_passwords_end_a_new_one_brings_everything_back_with_its_choices() {
    let (world, sandbox, lina, connection) = connected().await;
    let other = view(&world, lina).await.calendars.iter().find(|calendar| calendar.name.as_deref() == Some("Home")).unwrap().id;
    calendar::choose_calendars(&world.deps, &world.as_user(lina), connection, &[other]).await.unwrap();
    sync(&world, lina, connection).await;
    let before = event_list(&world).await;
    let password = sandbox.caldav(sandbox::CaldavState::end_app_passwords);
    sync(&world, lina, connection).await;
    let shown = view(&world, lina).await;
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::NeedsReconsent, Some(HealthReason::PasswordRefused)));
    assert_eq!(event_list(&world).await, before);
    assert_eq!(try_connect(&world, &sandbox, lina, &password).await.unwrap(), connection);
    sync(&world, lina, connection).await;
    let shown = view(&world, lina).await;
    assert_eq!(shown.status, ConnectionStatus::Active);
    assert_eq!(shown.calendars.iter().filter(|calendar| calendar.selected).count(), 1, "the choice is kept");
    assert_eq!(event_list(&world).await, before);
}

#[tokio::test]
async fn an_account_that_moves_to_another_partition_keeps_its_calendars_choices_and_events() {
    let (world, sandbox, lina, connection) = connected().await;
    let home = view(&world, lina).await.calendars.iter().find(|calendar| calendar.name.as_deref() == Some("Home")).unwrap().id;
    calendar::choose_calendars(&world.deps, &world.as_user(lina), connection, &[home]).await.unwrap();
    sync(&world, lina, connection).await;
    let before = (event_list(&world).await, view(&world, lina).await.calendars.iter().map(|calendar| calendar.id).collect::<Vec<_>>());
    sandbox.move_partition().await.unwrap();
    sandbox.caldav(|caldav| caldav.add_event("After the move", world.deps.now(), 30));
    sync(&world, lina, connection).await;
    let shown = view(&world, lina).await;
    assert_eq!(shown.status, ConnectionStatus::Active);
    assert_eq!(shown.calendars.iter().map(|calendar| calendar.id).collect::<Vec<_>>(), before.1);
    assert_eq!(shown.calendars.iter().filter(|calendar| calendar.selected).count(), 1);
    assert_eq!(event_list(&world).await.len(), before.0.len() + 1);
}

#[tokio::test]
async fn changes_come_in_pieces_stale_tokens_ask_for_everything_and_both_end_the_same() {
    let (world, sandbox, lina, connection) = connected().await;
    sandbox.caldav(|caldav| caldav.page_size = Some(3));
    let begin = world.deps.now();
    let names: Vec<String> = (0..10)
        .map(|number| sandbox.caldav(|caldav| caldav.add_event(&format!("Piece {number}"), begin + TimeDelta::hours(number), 30)))
        .collect();
    sandbox.caldav(|caldav| caldav.delete_event(&names[4]));
    sync(&world, lina, connection).await;
    let pieces = |titles: Vec<String>| titles.into_iter().filter(|title| title.starts_with("Piece")).count();
    assert_eq!(pieces(titles(&world, lina).await), 9);
    sandbox.caldav(|caldav| {
        caldav.expire_sync_tokens();
        caldav.delete_event(&names[5]);
    });
    sync(&world, lina, connection).await;
    assert_eq!(view(&world, lina).await.status, ConnectionStatus::Active);
    assert_eq!(pieces(titles(&world, lina).await), 8);
}

#[tokio::test]
async fn a_member_that_fails_is_no_member_that_was_deleted() {
    let (world, sandbox, lina, connection) = connected().await;
    let before = event_list(&world).await;
    sandbox.caldav(|caldav| {
        caldav.expire_sync_tokens();
        caldav.broken_members = 3;
    });
    sync(&world, lina, connection).await;
    assert_eq!(view(&world, lina).await.reason, Some(HealthReason::ProviderDown));
    assert_eq!(event_list(&world).await, before);
    sandbox.caldav(|caldav| caldav.broken_members = 0);
    advance(&world, &sandbox, TimeDelta::minutes(1));
    sync(&world, lina, connection).await;
    assert_eq!(view(&world, lina).await.status, ConnectionStatus::Active);
    assert_eq!(event_list(&world).await, before);
}

#[tokio::test]
async fn an_entry_that_is_slow_or_silent_while_connecting_keeps_nothing_and_says_so() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    for (kind, expected) in [
        (FaultKind::AnswerLost, "the server could not be reached"),
        (FaultKind::Garbage, "the server answers, but not as a CalDAV server"),
        (FaultKind::Status { status: 503, reason: String::new(), retry_after: Some(60) }, "the server could not be reached"),
        (FaultKind::Status { status: 403, reason: String::new(), retry_after: None }, "the server refused the user name or password"),
    ] {
        sandbox.inject(Fault::next(Route::CaldavAccount, 50, kind.clone()));
        let error = try_connect(&world, &sandbox, lina, APP_PASSWORD).await.unwrap_err();
        assert_eq!(error.to_string(), expected, "{kind:?}");
        sandbox.heal();
    }
    assert!(try_connect(&world, &sandbox, lina, APP_PASSWORD).await.is_ok());
}
