//! A connection that breaks says so once, then on days 3, 7 and 14, with the page that mends it; a mended one is silent.

use chrono::TimeDelta;
use domain::calendar;
use domain::testing::World;
use sandbox::{Fault, FaultKind, Route};
use types::{ConnectionStatus, HealthReason};

use crate::support::{ACCOUNT, advance, connect, connected, health_history, options, runner, sync, try_connect, view, world};

/// Texts of the mails so far that say a calendar needs somebody.
fn mails(world: &World) -> Vec<String> {
    world.mails().into_iter().filter(|mail| mail.subject.starts_with("A calendar ")).map(|mail| mail.text).collect()
}

/// Does what is due now.
async fn step(world: &World) {
    world.step(&runner(world)).await;
}

/// Does what is due on each of the next days.
async fn days_pass(world: &World, sandbox: &sandbox::Sandbox, days: i64) {
    for _ in 0..days {
        advance(world, sandbox, TimeDelta::days(1));
        step(world).await;
    }
}

#[tokio::test]
async fn withdrawn_consent_is_mailed_once_and_on_days_3_7_and_14_and_never_again() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    sync(&world, noor, connection).await;
    step(&world).await;
    let first = mails(&world);
    assert_eq!(first.len(), 1);
    let page = format!("http://localhost:3000/app/settings/connections/{connection}");
    for part in [ACCOUNT, "Google", "The permission you gave was withdrawn or has run out.", "Give consent again.", page.as_str()] {
        assert!(first[0].contains(part), "{part} is not in {}", first[0]);
    }
    let mut counts = Vec::new();
    for _ in 0..20 {
        days_pass(&world, &sandbox, 1).await;
        counts.push(mails(&world).len());
    }
    assert_eq!((counts[1], counts[2], counts[5], counts[6], counts[12], counts[13], counts[19]), (1, 2, 2, 3, 3, 4, 4), "{counts:?}");
}

#[tokio::test]
async fn a_connection_that_is_mended_gets_no_reminder_and_one_that_breaks_again_a_mail_of_its_own() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    sync(&world, noor, connection).await;
    step(&world).await;
    assert_eq!(try_connect(&world, noor, "allow").await.unwrap(), connection);
    sync(&world, noor, connection).await;
    days_pass(&world, &sandbox, 4).await;
    assert_eq!(mails(&world).len(), 1);
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    sync(&world, noor, connection).await;
    step(&world).await;
    assert_eq!(mails(&world).len(), 2);
}

#[tokio::test]
async fn a_provider_that_is_down_for_a_moment_is_no_mail_and_one_that_stays_down_is() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    sandbox.inject(Fault::next(
        Route::GoogleCalendarList,
        1_000,
        FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: None },
    ));
    for failure in 1..=6 {
        let fresh = World::on(world.database.clone(), options(&sandbox)).await;
        sync(&fresh, noor, connection).await;
        step(&world).await;
        assert_eq!(mails(&world).len(), 0, "after {failure} failures in a minute");
    }
    // What was read last counts for an hour; from then on the day is unknown, and that is worth a mail.
    advance(&world, &sandbox, TimeDelta::minutes(70));
    let fresh = World::on(world.database.clone(), options(&sandbox)).await;
    fresh.clock.advance(TimeDelta::minutes(70));
    sync(&fresh, noor, connection).await;
    step(&world).await;
    let mails = mails(&world);
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("This page shows how it stands:") && mails[0].contains("Kairos tries again by itself."), "{}", mails[0]);
    let shown = view(&world, noor).await;
    assert_eq!((shown.status, shown.reason), (ConnectionStatus::Failing, Some(HealthReason::ProviderDown)));
}

#[tokio::test]
async fn a_read_that_fails_while_the_person_connects_again_does_not_break_the_new_consent() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    // The read is slow to find out that its token is refused; meanwhile consent is given again.
    sandbox.inject(Fault::next(Route::GoogleCalendarList, 1, FaultKind::Slow(std::time::Duration::from_millis(700))));
    sandbox.inject(Fault::next(
        Route::GoogleToken,
        1,
        FaultKind::Status { status: 400, reason: "invalid_grant".to_owned(), retry_after: None },
    ));
    let (deps, op) = (world.deps.clone(), domain::Op::job(world.deps.new_request_id(), Some(noor)));
    let read = tokio::spawn(async move { calendar::sync(&deps, &op, connection).await });
    while sandbox.calls(Route::GoogleCalendarList) < 3 {
        tokio::task::yield_now().await;
    }
    advance(&world, &sandbox, TimeDelta::seconds(1));
    let key = "update calendar_connections set consented_at = consented_at + interval '1 second', status = 'active'";
    sqlx::query(key).execute(&world.behind().await).await.unwrap();
    read.await.unwrap().unwrap();
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
    let waiting: i64 = sqlx::query_scalar("select count(*) from graphile_worker.jobs where key like 'sync:%'")
        .fetch_one(&world.behind().await)
        .await
        .unwrap();
    assert_eq!(waiting, 1, "the new consent is read at once");
}

#[tokio::test]
async fn the_history_keeps_each_change_once_and_only_its_owners_see_it() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let bruno = world.person("bruno@example.com").await;
    let connection = connected(&world, noor).await;
    sync(&world, noor, connection).await;
    advance(&world, &sandbox, TimeDelta::hours(2));
    sandbox.google(|google| google.revoke_account(ACCOUNT));
    sync(&world, noor, connection).await;
    advance(&world, &sandbox, TimeDelta::hours(1));
    connect(&world, noor).await;
    sync(&world, noor, connection).await;
    let changes: Vec<_> = health_history(&world, noor, connection).await.into_iter().map(|change| (change.status, change.reason)).collect();
    assert_eq!(
        changes,
        [
            (ConnectionStatus::Active, None),
            (ConnectionStatus::NeedsReconsent, Some(HealthReason::ConsentWithdrawn)),
            (ConnectionStatus::Active, None),
        ]
    );
    assert!(health_history(&world, bruno, connection).await.is_empty());
}

#[tokio::test]
async fn a_google_app_in_testing_is_recognised_on_the_seventh_day() {
    let (world, sandbox) = world().await;
    sandbox.google(|google| google.testing_mode = true);
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    advance(&world, &sandbox, TimeDelta::days(7) + TimeDelta::minutes(40));
    sync(&world, noor, connection).await;
    assert_eq!(view(&world, noor).await.reason, Some(HealthReason::AppInTesting));
}

#[tokio::test]
async fn a_report_is_a_security_event_in_the_audit_log_and_changes_nothing() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let bruno = world.person("bruno@example.com").await;
    let connection = connected(&world, noor).await;
    assert!(calendar::report(&world.deps, &world.as_user(bruno), connection).await.is_err());
    calendar::report(&world.deps, &world.as_user(noor), connection).await.unwrap();
    let reports: i64 = sqlx::query_scalar("select count(*) from audit_events where action = 'connection.reported'")
        .fetch_one(&world.behind().await)
        .await
        .unwrap();
    assert_eq!(reports, 1);
    assert_eq!(view(&world, noor).await.status, ConnectionStatus::Active);
}
