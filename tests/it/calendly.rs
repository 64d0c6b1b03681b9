//! A builder's account at Calendly: connecting it, reading it, and what is said when that fails.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::jobs::{Recovery, Runner};
use kairos::dispatch::Dispatcher;
use sandbox::{CALENDLY_TOKEN, Fault, FaultKind, Route};
use serde_json::json;
use types::Role;

use crate::support::{Reply, Site, site};

const HERE: &str = "/builder/connect";

async fn connect(site: &Site, cookie: &str, token: &str) -> Reply {
    site.post("/builder/connect/calendly", Some(cookie), &format!("access_token={token}")).await
}

async fn builder(site: &Site, email: &str) -> String {
    site.signed_in(email, &[Role::User, Role::Builder]).await.1
}

async fn step(site: &Site) {
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
    site.world.step(&runner).await;
}

fn failing(route: Route, status: u16) -> Fault {
    let kind = FaultKind::Status { status, reason: String::new(), retry_after: None };
    Fault { route, kind, remaining: 9, skip: 0 }
}

#[tokio::test]
async fn a_builder_connects_calendly_and_sees_what_can_be_sold_and_why_the_rest_cannot() {
    let site = site().await;
    let cookie = builder(&site, "bruno@example.com").await;
    let before = site.get(HERE, Some(&cookie)).await.body;
    assert!(
        before.contains("Connect your account") && before.contains("event_types:read") && !before.contains("Your account<"),
        "{before}"
    );
    let connected = connect(&site, &cookie, &format!("%20{CALENDLY_TOKEN}%0A")).await;
    assert_eq!(connected.header("location"), format!("{HERE}?notice=calendly_connected"), "{}", connected.body);
    let page = site.get(HERE, Some(&cookie)).await.body;
    for text in [
        "Bruno Costa",
        "bruno.costa@example.com",
        "https://calendly.com/bruno-costa",
        "3 of 8 can be sold here",
        "Consultation",
        "60 min",
        "your client would pay twice",
        "Several people book the same hour",
        "Several hosts share it",
        "switched off at Calendly",
        "asks the invitee where it is to be",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("Deleted offer") && !page.contains(CALENDLY_TOKEN) && !page.contains("Connect your account"), "{page}");
    // Nothing of it is readable at rest.
    let rows: Vec<String> = sqlx::query_scalar(
        "select a::text from calendly_accounts a union all select e::text from calendly_event_types e union all select v::text from audit_events v",
    )
    .fetch_all(&site.world.behind().await)
    .await
    .unwrap();
    for plain in [CALENDLY_TOKEN, "Bruno Costa", "bruno.costa@example.com", "Consultation", "BRUNOCOSTA000001"] {
        assert!(rows.iter().all(|row| !row.contains(plain) && !row.contains(&hex::encode(plain))), "{plain}");
    }
}

#[tokio::test]
async fn what_changes_there_is_read_each_day_and_when_asked_and_keeps_its_id() {
    let site = site().await;
    let cookie = builder(&site, "bruno@example.com").await;
    connect(&site, &cookie, CALENDLY_TOKEN).await;
    let behind = site.world.behind().await;
    let ids = async || -> Vec<uuid::Uuid> {
        sqlx::query_scalar("select id from calendly_event_types where minutes in (60, 20) and refusal is null order by minutes, id")
            .fetch_all(&behind)
            .await
            .unwrap()
    };
    let before = ids().await;
    site.sandbox.calendly(|calendly| {
        calendly.remove_event_type("Old offer");
        calendly.add_event_type("Masterclass", 180, json!({}));
        // Small pages, which are all read.
        calendly.page_size = Some(2);
    });
    step(&site).await;
    assert!(!site.get(HERE, Some(&cookie)).await.body.contains("Masterclass"), "not yet");
    site.world.clock.advance(TimeDelta::days(1));
    let cookie = builder_again(&site).await;
    step(&site).await;
    let page = site.get(HERE, Some(&cookie)).await.body;
    assert!(page.contains("Masterclass") && page.contains("180 min") && !page.contains("Old offer"), "{page}");
    assert_eq!(ids().await, before);
    site.sandbox.calendly(|calendly| calendly.add_event_type("Evening", 30, json!({})));
    assert_eq!(
        site.post("/builder/connect/calendly/read", Some(&cookie), "").await.header("location"),
        format!("{HERE}?notice=calendly_read")
    );
    assert!(site.get(HERE, Some(&cookie)).await.body.contains("Evening"));
    // Connected once more, as with a new token: the same account keeps what hangs on it.
    connect(&site, &cookie, CALENDLY_TOKEN).await;
    assert_eq!(ids().await, before);
}

async fn builder_again(site: &Site) -> String {
    let form = format!("email=bruno%40example.com&password={}", domain::testing::PASSWORD);
    site.post("/sign-in", None, &form).await.cookie()
}

#[tokio::test]
async fn a_token_that_cannot_read_is_not_kept_and_each_reason_has_its_words() {
    let site = site().await;
    let cookie = builder(&site, "bruno@example.com").await;
    let refused = async |token: &str, words: &str| {
        let reply = connect(&site, &cookie, token).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(reply.body.contains(words) && !reply.body.contains("sandbox-calendly"), "{words}: {}", reply.body);
    };
    refused("", "Paste the token as Calendly showed it").await;
    refused("two%20words", "Paste the token as Calendly showed it").await;
    refused("unknown-token", "Calendly does not know this token").await;
    site.sandbox.calendly(|calendly| calendly.missing_scopes = vec!["event_types:read"]);
    refused(CALENDLY_TOKEN, "This token may not read what is needed").await;
    site.sandbox.calendly(|calendly| calendly.missing_scopes.clear());
    site.sandbox.inject(failing(Route::CalendlyUser, 429));
    refused(CALENDLY_TOKEN, "Calendly asks to wait").await;
    site.sandbox.heal();
    site.sandbox.inject(Fault { route: Route::CalendlyEventTypes, kind: FaultKind::Garbage, remaining: 9, skip: 0 });
    refused(CALENDLY_TOKEN, "could not be read").await;
    site.sandbox.heal();
    let kept: i64 = sqlx::query_scalar("select count(*) from calendly_accounts").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(kept, 0);
    // Nobody guesses tokens from here without end.
    let mut last = StatusCode::OK;
    for _ in 0..10 {
        last = connect(&site, &cookie, "unknown-token").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_read_that_fails_takes_nothing_away_and_says_what_to_do() {
    let site = site().await;
    let cookie = builder(&site, "bruno@example.com").await;
    connect(&site, &cookie, CALENDLY_TOKEN).await;
    site.sandbox.calendly(|calendly| calendly.is_revoked = true);
    assert_eq!(
        site.post("/builder/connect/calendly/read", Some(&cookie), "").await.header("location"),
        format!("{HERE}?notice=calendly_read_failed")
    );
    let page = site.get(HERE, Some(&cookie)).await.body;
    assert!(
        page.contains("Calendly lets Kairos in no more") && page.contains("Consultation") && page.contains("Connect it again"),
        "{page}"
    );
    // Told of once, however often it fails.
    site.post("/builder/connect/calendly/read", Some(&cookie), "").await;
    step(&site).await;
    let told = || site.world.mails().iter().filter(|mail| mail.subject == "Calendly lets Kairos read your account no more").count();
    assert_eq!(told(), 1);
    // Tried again by itself, and well when it is.
    site.sandbox.calendly(|calendly| calendly.is_revoked = false);
    site.world.clock.advance(TimeDelta::minutes(30));
    step(&site).await;
    let page = site.get(HERE, Some(&cookie)).await.body;
    assert!(!page.contains("Calendly lets Kairos in no more") && page.contains("Read just now"), "{page}");
    let actions: Vec<String> = sqlx::query_scalar("select action from audit_events where action like 'calendly.%' order by action")
        .fetch_all(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(actions, ["calendly.connected", "calendly.read", "calendly.read_failed", "calendly.read_failed"]);
}

#[tokio::test]
async fn an_account_there_serves_one_builder_here_and_is_free_again_when_it_is_given_up() {
    let site = site().await;
    let brunos = builder(&site, "bruno@example.com").await;
    let mayas = builder(&site, "maya@example.com").await;
    connect(&site, &brunos, CALENDLY_TOKEN).await;
    let taken = connect(&site, &mayas, CALENDLY_TOKEN).await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.body.contains("belongs to another builder here"), "{}", taken.body);
    assert!(!site.get(HERE, Some(&mayas)).await.body.contains("Consultation"), "a builder sees only their own");
    let gone = site.post("/builder/connect/calendly/disconnect", Some(&brunos), "").await;
    assert_eq!(gone.header("location"), format!("{HERE}?notice=calendly_disconnected"));
    let left: i64 = sqlx::query_scalar("select (select count(*) from calendly_accounts) + (select count(*) from calendly_event_types)")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(left, 0);
    // The read that was put in finds nothing to do, and is not put in again.
    site.world.clock.advance(TimeDelta::days(2));
    step(&site).await;
    let waiting: i64 = sqlx::query_scalar("select count(*) from graphile_worker.jobs where key like 'calendly:%'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(waiting, 0);
    let mayas = site.post("/sign-in", None, &format!("email=maya%40example.com&password={}", domain::testing::PASSWORD)).await;
    let mayas = mayas.cookie();
    assert_eq!(connect(&site, &mayas, CALENDLY_TOKEN).await.header("location"), format!("{HERE}?notice=calendly_connected"));
}
