//! Signing in with Google: whose account it opens, whose it makes, what it never does, and what a forged answer gets.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::accounts::SignUp;
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::dispatch::Dispatcher;
use sandbox::{Fault, FaultKind, IdTokenFault, Route};
use types::Role;

use crate::authenticator::{Authenticator, add};
use crate::second_factor::begin_and_confirm;
use crate::support::{Reply, Site, consent, site};

const HERE: &str = "/app/settings/security";
/// With a Workspace domain, which Google vouches for.
const NOOR: &str = "noor.haddad@example.com";
/// A private account with an address of somebody else's.
const QUIET: &str = "quiet@example.com";

/// Away to Google and back: the path of the way back, and the session.
async fn away(site: &Site, path: &str, session: Option<&str>, account: &str) -> (String, String) {
    let reply = site.get(path, session).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    let kept = reply.cookie();
    let session = if kept.is_empty() { session.unwrap_or_default().to_owned() } else { kept };
    let back = consent(reply.header("location"), "google", account).await;
    (back.strip_prefix("http://localhost:3000").unwrap().to_owned(), session)
}

async fn with_google(site: &Site, account: &str) -> Reply {
    let (back, session) = away(site, "/sign-in/google?next=%2Fapp%2Fcalendar", None, account).await;
    site.get(&back, Some(&session)).await
}

async fn link(site: &Site, here: &str, account: &str) -> Reply {
    let (back, _) = away(site, "/app/settings/security/google", Some(here), account).await;
    site.get(&back, Some(here)).await
}

/// Here and at Google.
fn pass(site: &Site, time: TimeDelta) {
    site.world.clock.advance(time);
    site.sandbox.clock().advance(time);
}

async fn count(site: &Site, table: &str) -> i64 {
    let text = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
    sqlx::query_scalar(text).fetch_one(&site.world.behind().await).await.unwrap()
}

#[tokio::test]
async fn somebody_new_gets_an_account_without_a_password_and_comes_back_to_it() {
    let site = site().await;
    let first = with_google(&site, NOOR).await;
    assert_eq!(first.header("location"), "/app/settings/profile?notice=account_made", "{}", first.body);
    assert!(site.get(first.header("location"), Some(&first.cookie())).await.body.contains("Your account is made"));
    let page = site.get(HERE, Some(&first.cookie())).await.body;
    for text in ["Noor Haddad", NOOR, "Signed in with Google", "No password opens this account"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    // Asked for nothing but who they are.
    let away = site.get("/sign-in/google", None).await;
    assert!(away.header("location").contains("scope=openid+email+profile&"), "{}", away.header("location"));
    assert_eq!(with_google(&site, NOOR).await.header("location"), "/app/calendar");
    assert_eq!((count(&site, "users").await, count(&site, "openid_identities").await), (1, 1));
    let guess = site.post("/sign-in", None, "email=noor.haddad%40example.com&password=%21").await;
    assert_eq!(guess.status, StatusCode::UNPROCESSABLE_ENTITY, "what stands for no password is none");
    // Shows again who they are with Google, for they have nothing else.
    let here = first.cookie();
    pass(&site, TimeDelta::minutes(16));
    let asked = site.post("/app/settings/security/totp", Some(&here), "").await;
    let page = site.get(asked.header("location"), Some(&here)).await.body;
    assert!(page.contains("/app/settings/security/confirm/google?next=%2Fapp%2Fsettings") && !page.contains("name=\"password\""), "{page}");
    let confirm = "/app/settings/security/confirm/google?next=%2Fapp%2Fsettings%2Fsecurity";
    let (back, _) = self::away(&site, confirm, Some(&here), "sofia.almeida@example.com").await;
    let other = site.get(&back, Some(&here)).await;
    assert_eq!(other.header("location"), "/app/settings/security/confirm?next=%2Fapp%2Fsettings%2Fsecurity&notice=google_taken");
    assert!(site.get(other.header("location"), Some(&here)).await.body.contains("does not open your account here"));
    assert_eq!(count(&site, "users").await, 1, "and nobody is made of it");
    let (back, _) = self::away(&site, confirm, Some(&here), NOOR).await;
    assert_eq!(site.get(&back, Some(&here)).await.header("location"), HERE);
    let begun = site.post("/app/settings/security/totp", Some(&here), "").await;
    assert_eq!(begun.header("location"), "/app/settings/security#h-factor");
}

#[tokio::test]
async fn ten_windows_at_once_make_one_account() {
    let site = site().await;
    let mut backs = Vec::new();
    for _ in 0..10 {
        backs.push(away(&site, "/sign-in/google", None, NOOR).await);
    }
    let replies = futures::future::join_all(backs.iter().map(|(back, session)| site.get(back, Some(session)))).await;
    let led_to = |place: &str| replies.iter().filter(|reply| reply.header("location") == place).count();
    assert_eq!((led_to("/app/settings/profile?notice=account_made"), led_to("/app")), (1, 9));
    assert_eq!((count(&site, "users").await, count(&site, "openid_identities").await), (1, 1));
}

#[tokio::test]
async fn an_account_of_the_same_address_is_opened_where_google_gives_the_address_out_and_nowhere_else() {
    let site = site().await;
    site.world.person_with(NOOR, &[Role::User]).await;
    let made = with_google(&site, QUIET).await;
    assert_eq!(made.header("location"), "/sign-in?notice=google_sign_in_first", "none is made for an address that may be another's by now");
    assert_eq!(count(&site, "users").await, 1);
    site.world.person_with(QUIET, &[Role::User]).await;
    assert_eq!(with_google(&site, NOOR).await.header("location"), "/app/calendar");
    let refused = with_google(&site, QUIET).await;
    assert_eq!(refused.header("location"), "/sign-in?notice=google_sign_in_first");
    assert_eq!(count(&site, "users").await, 2);
    // Signed in by password, she links it herself.
    let form = format!("email=quiet%40example.com&password={PASSWORD}");
    let here = site.post("/sign-in", None, &form).await.cookie();
    assert_eq!(link(&site, &here, QUIET).await.header("location"), format!("{HERE}?notice=google_linked"));
    assert_eq!(with_google(&site, QUIET).await.header("location"), "/app/calendar");
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default()).step().await.unwrap();
    let told: Vec<String> =
        site.world.mails().into_iter().filter(|mail| mail.subject.starts_with("Google signs you in")).map(|mail| mail.to).collect();
    assert_eq!(told.len(), 2, "{told:?}");
}

#[tokio::test]
async fn whoever_made_an_account_with_an_address_that_is_not_theirs_keeps_no_way_into_it() {
    let site = site().await;
    let deps = &site.world.deps;
    let form = SignUp {
        name: "Somebody Else".to_owned(),
        email: NOOR.to_owned(),
        password: "planted-by-a-stranger".to_owned().into(),
        zone: None,
    };
    domain::accounts::sign_up(deps, &site.world.visitor(), &site.world.hasher, form).await.unwrap();
    let signed_in = with_google(&site, NOOR).await;
    assert_eq!(signed_in.header("location"), "/app/calendar");
    let page = site.get(HERE, Some(&signed_in.cookie())).await.body;
    assert!(page.contains("Noor Haddad") && !page.contains("Somebody Else"), "{page}");
    let planted = site.post("/sign-in", None, "email=noor.haddad%40example.com&password=planted-by-a-stranger").await;
    assert_eq!(planted.status, StatusCode::UNPROCESSABLE_ENTITY);
    let links: i64 =
        sqlx::query_scalar("select count(*) from user_tokens where used_at is null").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(links, 0, "the link that was mailed at the time confirms nothing");
}

#[tokio::test]
async fn an_answer_that_google_did_not_give_to_this_sign_in_opens_nothing() {
    let site = site().await;
    for fault in [
        IdTokenFault::ForeignKey,
        IdTokenFault::Unsigned,
        IdTokenFault::UnknownKey,
        IdTokenFault::OtherAudience,
        IdTokenFault::OtherIssuer,
        IdTokenFault::OtherNonce,
        IdTokenFault::Expired,
        IdTokenFault::Missing,
    ] {
        site.sandbox.google(|google| google.id_token_fault = Some(fault));
        let reply = with_google(&site, NOOR).await;
        assert_eq!(reply.header("location"), "/sign-in?notice=google_refused", "{fault:?}");
    }
    site.sandbox.google(|google| google.id_token_fault = Some(IdTokenFault::Unverified));
    assert_eq!(with_google(&site, NOOR).await.header("location"), "/sign-in?notice=google_not_verified");
    site.sandbox.google(|google| google.id_token_fault = None);
    assert_eq!(count(&site, "users").await, 0);

    let (back, session) = away(&site, "/sign-in/google", None, NOOR).await;
    let (_, another) = away(&site, "/sign-in/google", None, NOOR).await;
    let refused = "/sign-in?notice=google_refused";
    assert_eq!(site.get(&back, Some(&another)).await.header("location"), refused, "another browser");
    assert_eq!(site.get(&back, None).await.header("location"), refused, "no session at all");
    let forged = back.replace("state=", "state=x");
    let (_, third) = away(&site, "/sign-in/google", None, NOOR).await;
    assert_eq!(site.get(&forged, Some(&third)).await.header("location"), refused, "another state");
    assert_eq!(site.get(&back, Some(&session)).await.header("location"), "/app/settings/profile?notice=account_made");
    assert_eq!(site.get(&back, Some(&session)).await.header("location"), refused, "twice");
    let (late, session) = away(&site, "/sign-in/google", None, NOOR).await;
    site.world.clock.advance(TimeDelta::minutes(10) + TimeDelta::seconds(1));
    assert_eq!(site.get(&late, Some(&session)).await.header("location"), "/sign-in?notice=sign_in_again");
}

#[tokio::test]
async fn google_that_fails_is_told_and_begun_again() {
    let site = site().await;
    let down = "/sign-in?notice=google_down";
    for route in [Route::GoogleToken, Route::GoogleKeys] {
        for kind in [FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: None }, FaultKind::Garbage] {
            site.sandbox.inject(Fault { route, kind, remaining: 9, skip: 0 });
            assert_eq!(with_google(&site, NOOR).await.header("location"), down, "{route:?}");
            site.sandbox.heal();
            // The breaker of the origin closes again.
            pass(&site, TimeDelta::minutes(5));
        }
    }
    let away = site.get("/sign-in/google", None).await;
    let session = away.cookie();
    let state = away.header("location").split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let declined = site.get(&format!("/sign-in/google/callback?error=access_denied&state={state}"), Some(&session)).await;
    assert_eq!(declined.header("location"), "/sign-in?notice=google_declined");
    assert!(site.get(declined.header("location"), None).await.body.contains("You turned back at Google"));
}

#[tokio::test]
async fn a_second_factor_is_asked_for_whatever_google_asked() {
    let site = site().await;
    let (_, here) = site.signed_in(NOOR, &[Role::User]).await;
    begin_and_confirm(&site, &here).await;
    let unlinked = with_google(&site, NOOR).await;
    assert_eq!(unlinked.header("location"), "/sign-in?notice=google_sign_in_first", "nothing is linked before the second factor was shown");
    link(&site, &here, NOOR).await;
    let reply = with_google(&site, NOOR).await;
    assert_eq!(reply.header("location"), "/sign-in/code?next=%2Fapp%2Fcalendar");
    assert_eq!(site.get("/app", Some(&reply.cookie())).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_account_there_opens_one_here_and_is_unlinked_again() {
    let site = site().await;
    let (_, noors) = site.signed_in("noor@example.org", &[Role::User]).await;
    let (_, brunos) = site.signed_in("bruno@example.org", &[Role::User]).await;
    assert_eq!(link(&site, &noors, NOOR).await.header("location"), format!("{HERE}?notice=google_linked"));
    assert_eq!(link(&site, &noors, NOOR).await.header("location"), format!("{HERE}?notice=google_linked"), "twice is once");
    assert_eq!(link(&site, &brunos, NOOR).await.header("location"), format!("{HERE}?notice=google_taken"));
    // Sent away by one, come back as the other.
    let (back, _) = away(&site, "/app/settings/security/google", Some(&noors), QUIET).await;
    assert_eq!(site.get(&back, Some(&brunos)).await.header("location"), "/sign-in?notice=google_refused");
    let signed_in = with_google(&site, NOOR).await;
    assert!(site.get(HERE, Some(&signed_in.cookie())).await.body.contains("noor@example.org"), "known by subject, not by address");
    // Another in its place.
    assert_eq!(link(&site, &noors, QUIET).await.header("location"), format!("{HERE}?notice=google_linked"));
    assert_eq!(count(&site, "openid_identities").await, 1);
    let unlinked = site.post("/app/settings/security/google/unlink", Some(&noors), "").await;
    assert_eq!(unlinked.header("location"), format!("{HERE}?notice=google_unlinked"));
    // Not again by itself: its owner links it when they want to, and anybody else may.
    assert_eq!(with_google(&site, QUIET).await.header("location"), "/sign-in?notice=google_sign_in_first");
    assert_eq!(link(&site, &brunos, QUIET).await.header("location"), format!("{HERE}?notice=google_linked"));
    assert_eq!(count(&site, "openid_identities").await, 1);
    site.world.clock.advance(TimeDelta::minutes(16));
    let asked = site.get("/app/settings/security/google", Some(&noors)).await;
    assert!(asked.header("location").starts_with("/app/settings/security/confirm"), "{}", asked.header("location"));
    let actions: Vec<String> = sqlx::query_scalar("select action from audit_events").fetch_all(&site.world.behind().await).await.unwrap();
    let times = |action: &str| actions.iter().filter(|other| *other == action).count();
    assert_eq!((times("user.google_linked"), times("user.google_unlinked")), (3, 1));
}

#[tokio::test]
async fn an_address_that_google_gives_out_is_not_linked_again_after_its_owner_unlinked_it_and_the_only_way_in_stays() {
    let site = site().await;
    let here = with_google(&site, NOOR).await.cookie();
    let only = site.post("/app/settings/security/google/unlink", Some(&here), "").await;
    assert_eq!(only.header("location"), format!("{HERE}?notice=google_last_way"));
    add(&site, &here, &mut Authenticator::new(b"phone"), "A").await;
    let gone = site.post("/app/settings/security/google/unlink", Some(&here), "").await;
    assert_eq!(gone.header("location"), format!("{HERE}?notice=google_unlinked"));
    assert_eq!(with_google(&site, NOOR).await.header("location"), "/sign-in?notice=google_sign_in_first");
}

#[tokio::test]
async fn what_google_says_is_no_fresh_proof_for_somebody_who_has_a_password() {
    let site = site().await;
    site.world.person_with(NOOR, &[Role::User]).await;
    let here = with_google(&site, NOOR).await.cookie();
    let asked = site.post("/app/settings/security/totp", Some(&here), "").await;
    assert!(asked.header("location").starts_with("/app/settings/security/confirm"), "{}", asked.header("location"));
    assert!(site.get(asked.header("location"), Some(&here)).await.body.contains("name=\"password\""));
    let (back, _) = away(&site, "/app/settings/security/confirm/google", Some(&here), NOOR).await;
    assert_eq!(site.get(&back, Some(&here)).await.header("location"), "/app/settings/security/confirm?next=%2Fapp&notice=google_taken");
}

#[tokio::test]
async fn a_new_password_by_mail_and_one_that_is_forced_leave_no_account_at_google_that_opens_theirs() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.org", &[Role::User]).await;
    // Whoever had the password linked an account of their own.
    link(&site, &here, QUIET).await;
    site.post("/forgot", None, "email=noor%40example.org").await;
    let token = crate::audited::token(&site, "reset_password").await;
    let form = format!("password=openings-between-threads&token={token}");
    assert_eq!(site.post("/reset", None, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(with_google(&site, QUIET).await.header("location"), "/sign-in?notice=google_sign_in_first");
    let here = site.post("/sign-in", None, "email=noor%40example.org&password=openings-between-threads").await.cookie();
    link(&site, &here, QUIET).await;
    let (_, admin) = site.signed_in("ada@example.org", &[Role::User, Role::Admin]).await;
    site.post(&format!("/admin/users/{user}/act"), Some(&admin), "act=force_reset").await;
    assert_eq!(with_google(&site, QUIET).await.header("location"), "/sign-in?notice=google_sign_in_first");
    assert_eq!(count(&site, "openid_identities").await, 0);
}

#[tokio::test]
async fn nothing_at_rest_says_which_account_it_is_or_finishes_a_sign_in_that_was_begun() {
    let site = site().await;
    with_google(&site, NOOR).await;
    let waiting = site.get("/sign-in/google", None).await;
    let location = waiting.header("location").to_owned();
    let rows: Vec<String> = sqlx::query_scalar(
        "select i::text from openid_identities i union all select s::text from sessions s union all select e::text from audit_events e",
    )
    .fetch_all(&site.world.behind().await)
    .await
    .unwrap();
    assert!(rows.len() > 3);
    let of = |name: &str| location.split(&format!("{name}=")).nth(1).unwrap().split('&').next().unwrap().to_owned();
    for plain in [NOOR.to_owned(), "Noor Haddad".to_owned(), of("state"), of("nonce")] {
        assert!(rows.iter().all(|row| !row.contains(&plain) && !row.contains(&hex::encode(&plain))), "{plain}");
    }
}
