//! A builder's account at Calendly by consent: the way there and back, and tokens that are renewed.

use std::sync::Arc;

use chrono::TimeDelta;
use domain::base::Op;
use domain::jobs::{Recovery, Runner};
use domain::scheduling::{self, SchedulingError};
use kairos::dispatch::Dispatcher;
use providers::calendly::CalendlyError;
use sandbox::{CALENDLY_TOKEN, Fault, FaultKind, Route};
use types::{Role, UserId};

use crate::support::{Site, consent, site};

const HERE: &str = "/builder/connect";
const BEGIN: &str = "/builder/connect/calendly/begin";

async fn builder(site: &Site, email: &str) -> (UserId, String) {
    site.signed_in(email, &[Role::User, Role::Builder]).await
}

/// To Calendly and as far as its answer: the path of the way back.
async fn way_back(site: &Site, cookie: &str) -> String {
    let away = site.get(BEGIN, Some(cookie)).await;
    let back = consent(away.header("location"), "calendly", "").await;
    back.strip_prefix("http://localhost:3000").unwrap().to_owned()
}

async fn connect(site: &Site, cookie: &str) -> String {
    let path = way_back(site, cookie).await;
    site.get(&path, Some(cookie)).await.header("location").to_owned()
}

fn op(site: &Site, user: UserId) -> Op {
    site.world.as_user(user)
}

async fn step(site: &Site) {
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
    site.world.step(&runner).await;
}

#[tokio::test]
async fn a_builder_allows_it_at_calendly_and_takes_it_back_here() {
    let site = site().await;
    let (_, cookie) = builder(&site, "bruno@example.com").await;
    let before = site.get(HERE, Some(&cookie)).await.body;
    assert!(before.contains("Continue at Calendly") && before.contains("With a personal token instead"), "{before}");
    let away = site.get(BEGIN, Some(&cookie)).await;
    let url: url::Url = away.header("location").parse().unwrap();
    let asked = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default();
    assert_eq!((asked("code_challenge_method").as_str(), asked("response_type").as_str()), ("S256", "code"));
    assert!(asked("scope").contains("scheduled_events:write") && asked("scope").contains("availability:read"), "{url}");
    assert_eq!(connect(&site, &cookie).await, format!("{HERE}?notice=calendly_connected"));
    let page = site.get(HERE, Some(&cookie)).await.body;
    assert!(page.contains("3 of 8 can be sold here") && page.contains("gives the permission back"), "{page}");
    // Neither token is readable at rest, and neither is on a page.
    let rows: Vec<String> =
        sqlx::query_scalar("select a::text from calendly_accounts a").fetch_all(&site.world.behind().await).await.unwrap();
    assert!(rows.iter().all(|row| !row.contains("eyJhbGciOiJIUzI1NiJ9") && !row.contains(&hex::encode("eyJhbGciOiJIUzI1NiJ9"))));
    assert_eq!(site.sandbox.calendly(|calendly| calendly.open_grants()), 1);
    site.post("/builder/connect/calendly/disconnect", Some(&cookie), "").await;
    assert_eq!(site.sandbox.calendly(|calendly| calendly.open_grants()), 0, "it is given back");
    assert_eq!((site.entries("calendly.connected").await, site.entries("calendly.disconnected").await), (1, 1));
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end_and_once_however_many_need_them() {
    let site = site().await;
    let (bruno, cookie) = builder(&site, "bruno@example.com").await;
    connect(&site, &cookie).await;
    let asked = || site.sandbox.calls(Route::CalendlyToken);
    assert_eq!(asked(), 1);
    site.world.clock.advance(TimeDelta::minutes(116));
    let all = (0..12).map(|_| {
        let (deps, op) = (site.world.deps.clone(), op(&site, bruno));
        tokio::spawn(async move { scheduling::read_calendly(&deps, &op, bruno).await })
    });
    for one in futures::future::join_all(all).await {
        one.unwrap().unwrap();
    }
    assert_eq!(asked(), 2, "a second use of the same refresh token would have lost the account");
    assert_eq!(site.entries("calendly.token_refreshed").await, 1);
    // And again with the pair that this gave.
    site.world.clock.advance(TimeDelta::hours(2));
    scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await.unwrap();
    assert_eq!(asked(), 3);
}

#[tokio::test]
async fn a_token_that_is_refused_before_its_time_is_renewed_and_a_consent_that_is_taken_back_is_told() {
    let site = site().await;
    let (bruno, cookie) = builder(&site, "bruno@example.com").await;
    connect(&site, &cookie).await;
    site.sandbox.calendly(|calendly| calendly.end_access());
    scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await.unwrap();
    assert_eq!(site.sandbox.calls(Route::CalendlyToken), 2);
    site.sandbox.calendly(|calendly| calendly.revoke_consents());
    let refused = scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await;
    assert!(matches!(refused, Err(SchedulingError::Calendly(CalendlyError::TokenRefused))), "{refused:?}");
    step(&site).await;
    let page = site.get(HERE, Some(&cookie)).await.body;
    assert!(page.contains("Calendly lets Kairos in no more") && page.contains("Continue at Calendly"), "{page}");
    let told = site.world.mails().iter().filter(|mail| mail.subject == "Calendly lets Kairos read your account no more").count();
    assert_eq!(told, 1);
    // Connected again, it is as before.
    assert_eq!(connect(&site, &cookie).await, format!("{HERE}?notice=calendly_connected"));
    assert!(!site.get(HERE, Some(&cookie)).await.body.contains("Calendly lets Kairos in no more"));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_not_asked_for_again_with_a_token_that_was_used() {
    let site = site().await;
    let (bruno, cookie) = builder(&site, "bruno@example.com").await;
    connect(&site, &cookie).await;
    site.world.clock.advance(TimeDelta::hours(3));
    site.sandbox.inject(Fault::next(Route::CalendlyToken, 1, FaultKind::AnswerLost));
    let lost = scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await;
    assert!(matches!(lost, Err(SchedulingError::Calendly(CalendlyError::Down))), "{lost:?}");
    assert_eq!(site.sandbox.calls(Route::CalendlyToken), 2, "sent once");
    // The next try is told that the token is dead, and says so instead of trying on.
    let dead = scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await;
    assert!(matches!(dead, Err(SchedulingError::Calendly(CalendlyError::TokenRefused))), "{dead:?}");
    // A token server that is down for a while costs nothing.
    let form = format!("email=bruno%40example.com&password={}", domain::testing::PASSWORD);
    let cookie = site.post("/sign-in", None, &form).await.cookie();
    connect(&site, &cookie).await;
    site.world.clock.advance(TimeDelta::hours(3));
    let status = FaultKind::Status { status: 503, reason: String::new(), retry_after: None };
    site.sandbox.inject(Fault::next(Route::CalendlyToken, 1, status));
    assert!(scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await.is_err());
    scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await.unwrap();
}

#[tokio::test]
async fn calendly_is_not_asked_for_more_tokens_than_it_gives() {
    let site = site().await;
    let (bruno, cookie) = builder(&site, "bruno@example.com").await;
    connect(&site, &cookie).await;
    let before = site.sandbox.calls(Route::CalendlyToken);
    site.sandbox.inject(Fault::next(Route::CalendlyToken, 99, FaultKind::Status { status: 503, reason: String::new(), retry_after: None }));
    site.world.clock.advance(TimeDelta::hours(3));
    for _ in 0..20 {
        assert!(scheduling::read_calendly(&site.world.deps, &op(&site, bruno), bruno).await.is_err());
    }
    assert!(site.sandbox.calls(Route::CalendlyToken) - before <= 5, "{}", site.sandbox.calls(Route::CalendlyToken));
}

#[tokio::test]
async fn a_way_back_is_taken_once_in_time_and_by_who_was_sent() {
    let site = site().await;
    let (_, brunos) = builder(&site, "bruno@example.com").await;
    let (_, mayas) = builder(&site, "maya@example.com").await;
    let notice = async |path: &str, cookie: &str| {
        let location = site.get(path, Some(cookie)).await.header("location").to_owned();
        location.split("notice=").nth(1).unwrap_or_default().to_owned()
    };
    let path = way_back(&site, &brunos).await;
    assert_eq!(notice(&path, &mayas).await, "state_foreign", "another's");
    let other = path.replace("state=", "state=x");
    assert_eq!(notice(&other, &brunos).await, "state_foreign", "changed on the way");
    assert_eq!(notice(&path, &brunos).await, "state_foreign", "and then it is over");
    let path = way_back(&site, &brunos).await;
    site.world.clock.advance(TimeDelta::minutes(11));
    assert_eq!(notice(&path, &brunos).await, "state_expired");
    let away = site.get(BEGIN, Some(&brunos)).await;
    let url: url::Url = away.header("location").parse().unwrap();
    let state = url.query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
    let declined = format!("/builder/connect/calendly/callback?error=access_denied&state={state}");
    assert_eq!(notice(&declined, &brunos).await, "calendly_declined");
    let path = way_back(&site, &brunos).await;
    assert_eq!(notice(&path, &brunos).await, "calendly_connected");
    assert_eq!(notice(&path, &brunos).await, "state_foreign", "loaded twice");
    // Two builders would sell the same hours.
    let path = way_back(&site, &mayas).await;
    assert_eq!(notice(&path, &mayas).await, "calendly_taken");
    let page = site.get(&format!("{HERE}?notice=calendly_taken"), Some(&mayas)).await.body;
    assert!(page.contains("belongs to another builder here") && page.contains("Continue at Calendly"), "{page}");
}

#[tokio::test]
async fn a_consent_takes_the_place_of_a_token_made_by_hand_and_keeps_what_hangs_on_the_account() {
    let site = site().await;
    let (_, cookie) = builder(&site, "bruno@example.com").await;
    site.post("/builder/connect/calendly", Some(&cookie), &format!("access_token={CALENDLY_TOKEN}")).await;
    let behind = site.world.behind().await;
    let ids = async || -> Vec<uuid::Uuid> {
        sqlx::query_scalar("select id from calendly_event_types order by id").fetch_all(&behind).await.unwrap()
    };
    let before = ids().await;
    assert_eq!(connect(&site, &cookie).await, format!("{HERE}?notice=calendly_connected"));
    assert_eq!(ids().await, before);
}
