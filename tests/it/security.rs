//! What a person can do about their own sessions and password, and what they see of who was at the door.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::dispatch::Dispatcher;
use std::sync::Arc;
use types::Role;

use crate::support::{Reply, Site, exchange, site};

const HERE: &str = "/app/settings/security";
const NEW: &str = "openings-between-threads";

/// Signs in from a browser that says it is this one.
async fn sign_in(site: &Site, password: &str, program: &str) -> Reply {
    let request = Request::post("/sign-in")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::USER_AGENT, program)
        .body(Body::from(format!("email=noor%40example.com&password={password}")))
        .unwrap();
    exchange(&site.router, request).await
}

async fn is_alive(site: &Site, cookie: &str) -> bool {
    site.get(HERE, Some(cookie)).await.status == StatusCode::OK
}

/// The label of the session that is not this one.
fn other_label(page: &str) -> String {
    page.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_is_recognised_and_ended_from_another_at_once_and_only_by_its_person() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, brunos) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let there = sign_in(&site, PASSWORD, "Mozilla/5.0 (iPhone) Version/19.0 Safari/604.1").await.cookie();
    let page = site.get(HERE, Some(&here)).await.body;
    assert!(page.contains("Safari on iPhone") && page.contains("this one") && page.contains("Sign out everywhere else (1)"), "{page}");
    let form = format!("session={}", other_label(&page));
    site.post("/app/settings/security/sessions/end", Some(&brunos), &form).await;
    assert!(is_alive(&site, &there).await, "it is nothing of Bruno's");
    let ended = site.post("/app/settings/security/sessions/end", Some(&here), &form).await;
    assert_eq!(ended.header("location"), format!("{HERE}?notice=sessions_ended"));
    assert!(!is_alive(&site, &there).await && is_alive(&site, &here).await && is_alive(&site, &brunos).await);
    for _ in 0..2 {
        sign_in(&site, PASSWORD, "curl/8.0").await.cookie();
    }
    site.post("/app/settings/security/sessions/end-others", Some(&here), "").await;
    let alive: i64 = sqlx::query_scalar("select count(*) from sessions").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(alive, 2, "this one and Bruno's");
    for form in ["session=", "session=x", "session=0192e4a0-0000-7000-8000-000000000000"] {
        assert_eq!(site.post("/app/settings/security/sessions/end", Some(&here), form).await.status, StatusCode::SEE_OTHER);
    }
    assert!(is_alive(&site, &here).await);
}

#[tokio::test]
async fn the_password_is_changed_with_the_present_one_and_everybody_else_is_signed_out() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let there = sign_in(&site, PASSWORD, "curl/8.0").await.cookie();
    let change = async |cookie: &str, present: &str, new: &str| {
        site.post("/app/settings/security/password", Some(cookie), &format!("current_password={present}&password={new}")).await
    };
    let wrong = change(&here, "not-my-password-7", NEW).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("This is not your current password.") && !wrong.body.contains("not-my-password-7"));
    let common = change(&here, PASSWORD, "password1").await;
    assert!(common.body.contains("among those that are guessed first"), "{}", common.body);
    assert!(is_alive(&site, &there).await, "nothing was changed so far");
    let changed = change(&here, PASSWORD, NEW).await;
    assert_eq!(changed.header("location"), format!("{HERE}?notice=own_password_changed"));
    let after = changed.cookie();
    assert!(is_alive(&site, &after).await);
    assert!(!is_alive(&site, &here).await, "the id before is dead");
    assert!(!is_alive(&site, &there).await);
    assert_eq!(sign_in(&site, PASSWORD, "curl/8.0").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sign_in(&site, NEW, "curl/8.0").await.status, StatusCode::SEE_OTHER);
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default()).step().await.unwrap();
    let mail = site.world.mails().into_iter().find(|mail| mail.subject == "Your Kairos password was changed").unwrap();
    assert_eq!(mail.to, "noor@example.com");
    let entries: i64 = sqlx::query_scalar("select count(*) from audit_events where action = 'user.password_changed' and actor_id = $1")
        .bind(user.0)
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(entries, 1);
    let page = site.get(HERE, Some(&after)).await.body;
    for what in ["Password changed", "A wrong password", "Signed in"] {
        assert!(page.contains(what), "{what} is not in the history");
    }
}

#[tokio::test]
async fn a_browser_that_signs_in_for_the_first_time_is_told_of_by_mail_and_the_first_of_all_is_not() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
    let mails = || site.world.mails().into_iter().filter(|mail| mail.subject == "A new browser signed in to Kairos").collect::<Vec<_>>();
    runner.step().await.unwrap();
    assert_eq!(mails().len(), 0, "there is nobody to tell");
    sign_in(&site, PASSWORD, "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0").await;
    runner.step().await.unwrap();
    let told = mails();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("Firefox on Windows") && told[0].text.contains("/forgot"), "{}", told[0].text);
    // Over before the mail is written: it is written all the same.
    sign_in(&site, PASSWORD, "curl/8.0").await;
    site.post("/app/settings/security/sessions/end-others", Some(&here), "").await;
    runner.step().await.unwrap();
    assert_eq!(mails().len(), 2);
}

#[tokio::test]
async fn the_same_change_sent_twice_at_once_is_done_once() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let form = |new: &str| format!("current_password={PASSWORD}&password={new}");
    let (one, other) = (form(NEW), form("another-thread-of-light"));
    let path = "/app/settings/security/password";
    let (one, other) = tokio::join!(site.post(path, Some(&here), &one), site.post(path, Some(&here), &other));
    let done = [&one, &other]
        .iter()
        .filter(|reply| reply.status == StatusCode::SEE_OTHER && reply.header("location").contains("own_password"))
        .count();
    assert_eq!(done, 1, "{} {}", one.status, other.status);
    let number: i32 = sqlx::query_scalar("select password_number from users").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(number, 1);
}

#[tokio::test]
async fn guessing_the_present_password_in_a_session_that_was_left_open_ends_soon() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut replies = Vec::new();
    for guess in 0..12 {
        let form = format!("current_password=a-guess-number-{guess}&password={NEW}");
        replies.push(site.post("/app/settings/security/password", Some(&here), &form).await);
    }
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::UNPROCESSABLE_ENTITY).count(), 10);
    let limited = replies.last().unwrap();
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!limited.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_link_for_another_password_works_on_after_one_that_is_too_short() {
    let site = site().await;
    site.signed_in("noor@example.com", &[Role::User]).await;
    site.post("/forgot", None, "email=noor%40example.com").await;
    let token = crate::audited::token(&site, "reset_password").await;
    let short = site.post("/reset", None, &format!("token={token}&password=short")).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let kept = crate::support::between(&short.body, "name=\"token\" value=\"", "\"").to_owned();
    let set = site.post("/reset", None, &format!("token={kept}&password=openings-between-threads")).await;
    assert_eq!(set.header("location"), "/sign-in?notice=password_changed", "{}", set.body);
}
