//! Connecting, the day, and what is told about it.

use chrono::TimeDelta;
use domain::calendar::{self, ConnectProblem, Kind, Overview, Piece, Which};
use providers::oauth::AuthorizeResponse;
use sandbox::{EventDraft, Fault, FaultKind, Route};
use types::{CapacityLevel, ConnectionStatus, Notice, Provider};

use crate::support::{
    ACCOUNT, SESSION, advance, connect, connected, consent, event_count, other_connections, overview, status, sync, today, try_connect,
    view, world,
};

fn notice(result: Result<types::ConnectionId, ConnectProblem>) -> Notice {
    match result {
        Err(ConnectProblem::Notice(notice)) => notice,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_way_to_fail_has_its_own_notice_and_leaves_no_row() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    assert_eq!(notice(try_connect(&world, noor, "deny").await), Notice::ConsentDenied);
    assert_eq!(notice(try_connect(&world, noor, "partly").await), Notice::ConsentPartial);
    assert_eq!(notice(try_connect(&world, noor, "admin").await), Notice::AdminPolicy);
    let status = |status: u16, reason: &str| FaultKind::Status { status, reason: reason.to_owned(), retry_after: None };
    for (route, kind, expected) in [
        (Route::GoogleToken, status(503, "backendError"), Notice::ProviderDown),
        (Route::GoogleToken, status(400, "invalid_grant"), Notice::CodeRefused),
        (Route::GoogleToken, status(401, "invalid_client"), Notice::ClientRefused),
        (Route::GoogleToken, FaultKind::AnswerLost, Notice::ProviderDown),
        (Route::GoogleToken, FaultKind::Garbage, Notice::ProviderDown),
        (Route::GoogleCalendarList, status(403, "insufficientPermissions"), Notice::ConsentPartial),
        (Route::GoogleCalendarList, FaultKind::Garbage, Notice::ProviderDown),
    ] {
        sandbox.inject(Fault::next(route, 1, kind.clone()));
        assert_eq!(notice(try_connect(&world, noor, "allow").await), expected, "{route:?} {kind:?}");
        sandbox.heal();
    }
    let behind = world.behind().await;
    for table in ["calendar_connections", "calendars"] {
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&behind).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    assert!(!sandbox.google(|google| google.has_grant(ACCOUNT)), "what was granted for nothing is given back");
}

#[tokio::test]
async fn a_state_works_once_within_ten_minutes_in_the_session_that_began_it() {
    let (world, sandbox) = world().await;
    let (noor, bruno) = (world.person("noor@example.com").await, world.person("bruno@example.com").await);
    let (deps, op) = (&world.deps, world.as_user(noor));
    let again = |back: &AuthorizeResponse| AuthorizeResponse { state: back.state.clone(), code: back.code.clone(), error: None };

    let url = calendar::start(deps, &op, Provider::Google, SESSION, None).await.unwrap();
    let back = consent(&url, "allow").await;
    let copy = again(&back);
    calendar::finish(deps, &op, Provider::Google, SESSION, back).await.unwrap();
    assert_eq!(notice(calendar::finish(deps, &op, Provider::Google, SESSION, copy).await), Notice::StateUsed);

    let url = calendar::start(deps, &op, Provider::Google, SESSION, None).await.unwrap();
    let back = consent(&url, "allow").await;
    let copy = again(&back);
    assert_eq!(notice(calendar::finish(deps, &world.as_user(bruno), Provider::Google, SESSION, back).await), Notice::StateForeign);
    assert_eq!(notice(calendar::finish(deps, &op, Provider::Google, SESSION, copy).await), Notice::StateUsed, "a foreign visit uses it up");

    let url = calendar::start(deps, &op, Provider::Google, SESSION, None).await.unwrap();
    assert_eq!(
        notice(calendar::finish(deps, &op, Provider::Google, b"another session", consent(&url, "allow").await).await),
        Notice::StateForeign
    );

    let url = calendar::start(deps, &op, Provider::Google, SESSION, None).await.unwrap();
    let back = consent(&url, "allow").await;
    advance(&world, &sandbox, TimeDelta::minutes(11));
    assert_eq!(notice(calendar::finish(deps, &op, Provider::Google, SESSION, back).await), Notice::StateExpired);
    assert_eq!(
        notice(
            calendar::finish(
                deps,
                &op,
                Provider::Google,
                SESSION,
                AuthorizeResponse { state: Some("made up".to_owned()), code: Some("x".to_owned()), error: None }
            )
            .await
        ),
        Notice::StateForeign
    );
}

#[tokio::test]
async fn of_two_visits_at_once_with_one_state_only_one_connects() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let url = calendar::start(&world.deps, &world.as_user(noor), Provider::Google, SESSION, None).await.unwrap();
    let back = consent(&url, "allow").await;
    let visits = (0..5).map(|_| {
        let (deps, op) = (world.deps.clone(), world.as_user(noor));
        let back = AuthorizeResponse { state: back.state.clone(), code: back.code.clone(), error: None };
        tokio::spawn(async move { calendar::finish(&deps, &op, Provider::Google, SESSION, back).await.is_ok() })
    });
    let mut connected = 0;
    for visit in visits {
        connected += usize::from(visit.await.unwrap());
    }
    assert_eq!(connected, 1);
}

#[tokio::test]
async fn the_status_has_the_seeds_shape_connected_and_not() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let text = |payload: &calendar::StatusPayload| serde_json::to_string(payload).unwrap();
    let told = status(&world, noor).await;
    assert_eq!(
        text(&told),
        r#"{"connected":false,"provider":null,"status":null,"last_sync_at":null,"capacity":{"level":"default","actions_per_day":6,"source":"fallback"}}"#
    );
    let connection = connect(&world, noor).await;
    let told = status(&world, noor).await;
    assert_eq!(
        text(&told),
        r#"{"connected":true,"provider":"google","status":"active","last_sync_at":null,"capacity":{"level":"default","actions_per_day":6,"source":"fallback"}}"#
    );
    sync(&world, noor, connection).await;
    let told = status(&world, noor).await;
    // Tuesday 24 November in Lisbon: pricing review, accountant and all hands leave 5 h 30 in three openings.
    assert!(
        text(&told).starts_with(
            r#"{"connected":true,"provider":"google","status":"active","last_sync_at":"2026-11-24T10:00:00Z","capacity":{"level":""#
        ),
        "{}",
        text(&told)
    );
    assert_eq!(told.capacity.source, "google");
    assert!(told.connections.is_empty());
}

#[tokio::test]
async fn the_day_holds_each_event_once_at_its_hour_and_the_receipt_adds_up() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let day = today(&world, noor).await;
    let titles: Vec<String> = day
        .agenda
        .iter()
        .filter_map(|piece| match piece {
            Piece::Entry(entry) => entry.title.clone(),
            _ => None,
        })
        .collect();
    assert!(titles.contains(&"Pricing review".to_owned()) && titles.contains(&"All hands".to_owned()), "{titles:?}");
    assert_eq!(day.capacity.busy_minutes + day.capacity.open_minutes + day.capacity.unknown_minutes, 480);
    // An event added there is here after the next read, and gone after it was cancelled.
    let from = world.deps.now() + TimeDelta::hours(2);
    let id = sandbox
        .google(|google| google.add_event(ACCOUNT, ACCOUNT, EventDraft::timed("Surprise", from, from + TimeDelta::minutes(30))))
        .unwrap();
    let before = day.capacity.busy_minutes;
    sync(&world, noor, connection).await;
    let busy = |day: calendar::Day| day.capacity.busy_minutes;
    assert_eq!(busy(today(&world, noor).await), before + 30);
    sandbox.google(|google| google.cancel_event(ACCOUNT, ACCOUNT, &id));
    sync(&world, noor, connection).await;
    assert_eq!(busy(today(&world, noor).await), before);
}

#[tokio::test]
async fn a_calendar_that_could_not_be_read_is_unknown_and_not_free() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let known = today(&world, noor).await;
    assert_eq!(known.capacity.unknown_minutes, 0);
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    advance(&world, &sandbox, TimeDelta::minutes(30));
    sync(&world, noor, connection).await;
    let day = today(&world, noor).await;
    assert_eq!(day.capacity.busy_minutes, known.capacity.busy_minutes, "what was read stays busy");
    assert!(day.capacity.unknown_minutes > 0);
    let after_refusal = day.capacity.stretches.iter().filter(|stretch| stretch.interval.starts_at >= world.deps.now());
    assert!(after_refusal.clone().count() > 0 && after_refusal.clone().all(|stretch| stretch.kind != Kind::Open));
    // The whole next day is unknown too.
    let Overview { days, .. } = overview(&world, noor).await;
    assert_eq!((days[1].capacity.open_minutes, days[1].capacity.level), (0, CapacityLevel::Unknown));
}

#[tokio::test]
async fn disconnecting_removes_rows_and_secrets_revokes_and_clears_the_flag() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    let behind = world.behind().await;
    let flag = || async { sqlx::query_scalar::<_, bool>("select calendar_connected from users").fetch_one(&behind).await.unwrap() };
    assert!(flag().await);
    let done = calendar::disconnect(&world.deps, &world.as_user(noor), Which::Provider(Provider::Google)).await.unwrap();
    assert_eq!((done.removed, done.not_revoked), (1, 0));
    assert!(!sandbox.google(|google| google.has_grant(ACCOUNT)));
    assert!(!flag().await);
    for table in ["calendar_connections", "calendars", "calendar_events", "calendar_sync_logs"] {
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(&behind).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
}

#[tokio::test]
async fn whoever_shares_an_account_and_disconnects_does_not_end_the_others_consent() {
    let (world, sandbox) = world().await;
    let (noor, bruno) = (world.person("noor@example.com").await, world.person("bruno@example.com").await);
    connected(&world, noor).await;
    let others = connected(&world, bruno).await;
    let done = calendar::disconnect(&world.deps, &world.as_user(noor), Which::All).await.unwrap();
    // Google would end both; so the person is told where to end their own.
    assert_eq!((done.removed, done.not_revoked), (1, 1));
    assert!(sandbox.google(|google| google.has_grant(ACCOUNT)));
    advance(&world, &sandbox, TimeDelta::hours(2));
    sync(&world, bruno, others).await;
    assert_eq!(view(&world, bruno).await.status, ConnectionStatus::Active);
    let last = calendar::disconnect(&world.deps, &world.as_user(bruno), Which::All).await.unwrap();
    assert_eq!((last.removed, last.not_revoked), (1, 0));
    assert!(!sandbox.google(|google| google.has_grant(ACCOUNT)));
}

#[tokio::test]
async fn a_consent_that_is_not_kept_is_not_given_back_while_somebody_else_is_connected_to_the_account() {
    let (world, sandbox) = world().await;
    let (noor, bruno) = (world.person("noor@example.com").await, world.person("bruno@example.com").await);
    let connection = connected(&world, noor).await;
    other_connections(&world, bruno, 1..=20).await;
    assert_eq!(notice(try_connect(&world, bruno, "allow").await), Notice::TooManyConnections);
    assert!(sandbox.google(|google| google.has_grant(ACCOUNT)));
    advance(&world, &sandbox, TimeDelta::hours(2));
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn a_person_is_sent_to_providers_so_often_and_no_more() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let mut sent = 0;
    let refused = loop {
        match calendar::start(&world.deps, &world.as_user(noor), Provider::Google, SESSION, None).await {
            Ok(_) => sent += 1,
            Err(problem) => break problem,
        }
    };
    assert!(matches!(refused, ConnectProblem::Notice(Notice::TooManyConsents)), "{refused}");
    assert_eq!(sent, 20);
}

#[tokio::test]
async fn disconnecting_while_the_provider_is_down_still_forgets_and_says_that_it_could_not_tell() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    sandbox.inject(Fault::next(
        Route::GoogleRevoke,
        9,
        FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: None },
    ));
    let done = calendar::disconnect(&world.deps, &world.as_user(noor), Which::All).await.unwrap();
    assert_eq!((done.removed, done.not_revoked), (1, 1));
    assert_eq!(event_count(&world).await, 0);
}

#[tokio::test]
async fn reconnecting_keeps_choices_history_and_events() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let shown = view(&world, noor).await;
    let kept: Vec<_> = shown.calendars.iter().filter(|calendar| calendar.is_primary).map(|calendar| calendar.id).collect();
    calendar::choose_calendars(&world.deps, &world.as_user(noor), connection, &kept).await.unwrap();
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    sync(&world, noor, connection).await;
    let events = event_count(&world).await;
    assert!(events > 0);
    assert_eq!(connect(&world, noor).await, connection);
    assert_eq!(event_count(&world).await, events);
    let again = view(&world, noor).await;
    assert_eq!(again.calendars.iter().filter(|calendar| calendar.selected).map(|calendar| calendar.id).collect::<Vec<_>>(), kept);
    assert!(again.logs.len() >= 2);
}
