//! Every fault of every provider: the right reason within one read, nothing lost, nothing invented, and healthy again afterwards.

use chrono::TimeDelta;
use domain::testing::World;
use sandbox::{Fault, FaultKind, Route, Sandbox};
use types::HealthReason::{
    self, AccessForbidden, CalendarGone, ClientRefused, ConsentWithdrawn, NoMailbox, PartialConsent, PasswordRefused, ProviderDown,
    RateLimited, UnreadableAnswer,
};
use types::{ConnectionId, ConnectionStatus, UserId};

use crate::caldav;
use crate::support::{connect, event_list, options, sync, try_connect_outlook, view, world};

const OUTLOOK: &str = "mira.okafor@contoso.example";

fn status(status: u16, reason: &str, retry_after: Option<u64>) -> FaultKind {
    FaultKind::Status { status, reason: reason.to_owned(), retry_after }
}

type Case = (Route, FaultKind, HealthReason);

/// Injects each fault for as long as one read tries, reads, and looks; then heals and looks again.
async fn try_all(world: &World, sandbox: &Sandbox, user: UserId, connection: ConnectionId, cases: Vec<Case>) {
    let before = event_list(world).await;
    for (route, kind, reason) in cases {
        // A fresh breaker.
        let world = World::on(world.database.clone(), options(sandbox)).await;
        if matches!(route, Route::GoogleToken | Route::MicrosoftToken) {
            sqlx::query("update calendar_connections set access_token_expires_at = '2000-01-01'")
                .execute(&world.behind().await)
                .await
                .unwrap();
        }
        sandbox.inject(Fault::next(route, 50, kind.clone()));
        sync(&world, user, connection).await;
        let shown = view(&world, user).await;
        assert_eq!(shown.reason, Some(reason), "{route:?} {kind:?}");
        assert_ne!(shown.status, ConnectionStatus::Active, "{route:?} {kind:?}");
        assert!(shown.since.is_some(), "{route:?} {kind:?}");
        assert_eq!(shown.next_attempt_at.is_none(), reason.needs_person(), "{route:?} {kind:?}");
        assert_eq!(event_list(&world).await, before, "{route:?} {kind:?}");
        if let FaultKind::Status { retry_after: Some(seconds), .. } = kind {
            let wait = shown.next_attempt_at.unwrap() - world.deps.now();
            assert!(wait >= TimeDelta::seconds(seconds.try_into().unwrap()), "{route:?} {kind:?} waits {wait}");
        }
        sandbox.heal();
        let world = World::on(world.database.clone(), options(sandbox)).await;
        let behind = world.behind().await;
        sqlx::query("update calendar_connections set status = 'degraded'").execute(&behind).await.unwrap();
        // The pause of a single calendar is over.
        sqlx::query("update calendars set next_attempt_at = null").execute(&behind).await.unwrap();
        sync(&world, user, connection).await;
        assert_eq!(view(&world, user).await.status, ConnectionStatus::Active, "mended after {route:?} {kind:?}");
        assert_eq!(event_list(&world).await, before, "after {route:?} {kind:?}");
    }
}

#[tokio::test]
async fn each_fault_of_google_has_its_reason_within_one_read_and_loses_no_event() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connect(&world, noor).await;
    sync(&world, noor, connection).await;
    let cases = vec![
        (Route::GoogleToken, status(400, "invalid_grant", None), ConsentWithdrawn),
        (Route::GoogleToken, status(401, "invalid_client", None), ClientRefused),
        (Route::GoogleToken, status(503, "backendError", None), ProviderDown),
        (Route::GoogleToken, FaultKind::Garbage, ProviderDown),
        (Route::GoogleCalendarList, status(500, "backendError", None), ProviderDown),
        (Route::GoogleCalendarList, status(503, "backendError", Some(120)), ProviderDown),
        (Route::GoogleCalendarList, status(429, "rateLimitExceeded", Some(600)), RateLimited),
        (Route::GoogleCalendarList, status(403, "userRateLimitExceeded", None), RateLimited),
        (Route::GoogleCalendarList, status(403, "quotaExceeded", None), RateLimited),
        (Route::GoogleCalendarList, FaultKind::Garbage, UnreadableAnswer),
        (Route::GoogleCalendarList, FaultKind::AnswerLost, ProviderDown),
        (Route::GoogleEvents, status(429, "rateLimitExceeded", Some(600)), RateLimited),
        (Route::GoogleEvents, status(404, "notFound", None), CalendarGone),
        (Route::GoogleEvents, status(403, "forbidden", None), AccessForbidden),
        (Route::GoogleEvents, FaultKind::Garbage, UnreadableAnswer),
        (Route::GoogleEvents, FaultKind::AnswerLost, ProviderDown),
        (Route::GoogleEvents, status(403, "insufficientPermissions", None), PartialConsent),
    ];
    try_all(&world, &sandbox, noor, connection, cases).await;
}

#[tokio::test]
async fn each_fault_of_microsoft_has_its_reason_within_one_read_and_loses_no_event() {
    let (world, sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, OUTLOOK, "allow").await.unwrap();
    sync(&world, mira, connection).await;
    let cases = vec![
        (Route::MicrosoftToken, status(400, "invalid_grant", None), ConsentWithdrawn),
        (Route::MicrosoftToken, status(400, "interaction_required", None), ConsentWithdrawn),
        (Route::MicrosoftToken, status(400, "consent_required", None), HealthReason::AdminApproval),
        (Route::MicrosoftToken, status(401, "invalid_client", None), ClientRefused),
        (Route::MicrosoftToken, status(503, "temporarily_unavailable", None), ProviderDown),
        (Route::GraphCalendars, status(401, "InvalidAuthenticationToken", None), ConsentWithdrawn),
        (Route::GraphCalendars, status(403, "Authorization_RequestDenied", None), PartialConsent),
        (Route::GraphCalendars, status(404, "MailboxNotEnabledForRESTAPI", None), NoMailbox),
        (Route::GraphCalendars, status(429, "ApplicationThrottled", Some(300)), RateLimited),
        (Route::GraphCalendars, status(503, "ErrorInternalServerTransientError", Some(30)), ProviderDown),
        (Route::GraphCalendars, FaultKind::Garbage, UnreadableAnswer),
        (Route::GraphEvents, status(403, "ErrorAccessDenied", None), AccessForbidden),
        (Route::GraphEvents, status(404, "ErrorItemNotFound", None), CalendarGone),
        (Route::GraphEvents, status(429, "MailboxConcurrency", Some(60)), RateLimited),
        (Route::GraphEvents, status(504, "UnknownError", None), ProviderDown),
        (Route::GraphEvents, FaultKind::AnswerLost, ProviderDown),
        (Route::GraphEvents, FaultKind::Garbage, UnreadableAnswer),
    ];
    try_all(&world, &sandbox, mira, connection, cases).await;
}

#[tokio::test]
async fn each_fault_of_a_caldav_server_has_its_reason_within_one_read_and_loses_no_event() {
    let (world, sandbox) = world().await;
    let lina = world.person("lina@example.com").await;
    let connection = caldav::try_connect(&world, &sandbox, lina, sandbox::APP_PASSWORD).await.unwrap();
    sync(&world, lina, connection).await;
    let cases = vec![
        (Route::CaldavAccount, status(401, "", None), PasswordRefused),
        (Route::CaldavAccount, status(403, "", None), AccessForbidden),
        (Route::CaldavAccount, status(503, "", Some(90)), ProviderDown),
        (Route::CaldavAccount, FaultKind::Garbage, UnreadableAnswer),
        (Route::CaldavAccount, FaultKind::AnswerLost, ProviderDown),
        (Route::CaldavCalendars, status(401, "", None), PasswordRefused),
        (Route::CaldavCalendars, status(429, "", Some(300)), RateLimited),
        (Route::CaldavCalendars, status(423, "", None), RateLimited),
        (Route::CaldavCalendars, status(500, "", None), ProviderDown),
        (Route::CaldavCalendars, FaultKind::Garbage, UnreadableAnswer),
        (Route::CaldavCalendars, FaultKind::AnswerLost, ProviderDown),
        (Route::CaldavEvents, status(401, "", None), PasswordRefused),
        (Route::CaldavEvents, status(403, "", None), AccessForbidden),
        (Route::CaldavEvents, status(404, "", None), CalendarGone),
        (Route::CaldavEvents, status(410, "", None), CalendarGone),
        (Route::CaldavEvents, status(429, "", Some(300)), RateLimited),
        (Route::CaldavEvents, status(502, "", None), ProviderDown),
        (Route::CaldavEvents, status(405, "", None), UnreadableAnswer),
        (Route::CaldavEvents, FaultKind::Garbage, UnreadableAnswer),
        (Route::CaldavEvents, FaultKind::AnswerLost, ProviderDown),
    ];
    try_all(&world, &sandbox, lina, connection, cases).await;
}
