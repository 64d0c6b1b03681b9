//! Passkeys: adding one, signing in with it alone, showing once more who one is, and what a dishonest authenticator or browser tries.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use domain::Deps;
use domain::base::Settings;
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::dispatch::Dispatcher;
use serde_json::{Value, json};
use types::Role;

use crate::authenticator::{Authenticator, add, challenge, form, sign_in};
use crate::second_factor::{begin, begin_and_confirm};
use crate::support::{Reply, Site, between, send, site};

const HERE: &str = "/app/settings/security";

async fn actions(site: &Site) -> Vec<(String, Value)> {
    let rows = sqlx::query_as("select action, detail from audit_events order by id");
    rows.fetch_all(&site.world.behind().await).await.unwrap()
}

async fn password_leads_to(site: &Site) -> String {
    let reply = site.post("/sign-in", None, &format!("email=noor%40example.com&password={PASSWORD}")).await;
    reply.header("location").to_owned()
}

#[tokio::test]
async fn a_passkey_opens_the_account_alone_and_is_a_second_factor_to_the_password() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let elsewhere = site.post("/sign-in", None, &format!("email=noor%40example.com&password={PASSWORD}")).await.cookie();
    let mut laptop = Authenticator::new(b"laptop");
    let added = add(&site, &here, &mut laptop, "Noor%27s+laptop").await;
    assert_eq!(added.status, StatusCode::OK, "{} {}", added.header("location"), added.body);
    assert_eq!(between(&added.body, "<ul class=\"codes\">", "</ul>").matches("<code>").count(), 10, "{}", added.body);
    assert_eq!(site.get("/app", Some(&elsewhere)).await.status, StatusCode::SEE_OTHER, "it was begun without it");
    let page = site.get(HERE, Some(&here)).await.body;
    assert!(page.contains("Noor&#x27;s laptop") || page.contains("Noor's laptop"), "{page}");
    assert!(page.contains("not used yet") && page.contains("Passkey added") && page.contains("10 recovery codes left"), "{page}");

    let done = sign_in(&site, &mut laptop).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/app/calendar"), "{}", done.body);
    let signed_in = done.cookie();
    let page = site.get(HERE, Some(&signed_in)).await.body;
    assert!(page.contains("Signed in with a passkey") && !page.contains("not used yet"), "{page}");
    // A proof that is fresh comes with it.
    assert_eq!(site.post("/app/settings/security/recovery-codes", Some(&signed_in), "").await.status, StatusCode::OK);

    assert_eq!(password_leads_to(&site).await, "/sign-in/code?next=%2Fapp");
    let waiting = site.post("/sign-in", None, &format!("email=noor%40example.com&password={PASSWORD}")).await.cookie();
    let (options, session) = challenge(&site, "/sf/passkey/authenticate", Some(&waiting)).await;
    let finished = site.post("/sign-in/passkey", Some(&session), &form(&laptop.get(&options), "next=")).await;
    assert_eq!(finished.header("location"), "/app", "{}", finished.body);

    // A second one changes nothing of the rest.
    let mut phone = Authenticator::new(b"phone");
    assert_eq!(add(&site, &here, &mut phone, "").await.header("location"), format!("{HERE}?notice=passkey_added"));
    assert_eq!(site.get("/app", Some(&signed_in)).await.status, StatusCode::OK);
    assert_eq!(sign_in(&site, &mut phone).await.status, StatusCode::SEE_OTHER);
    assert_eq!(sign_in(&site, &mut laptop).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_matters_is_confirmed_with_a_passkey_of_the_person_and_of_nobody_else() {
    let site = site().await;
    let (_, noors) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, brunos) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let (mut noors_key, mut brunos_key) = (Authenticator::new(b"noor"), Authenticator::new(b"bruno"));
    add(&site, &noors, &mut noors_key, "A").await;
    add(&site, &brunos, &mut brunos_key, "B").await;
    site.world.clock.advance(TimeDelta::minutes(16));
    let asked = site.post("/app/settings/security/recovery-codes", Some(&noors), "").await;
    assert!(asked.header("location").starts_with("/app/settings/security/confirm"), "{}", asked.header("location"));
    let refused = send(&site.router, Method::POST, "/sf/passkey/register", Some(&noors), None).await;
    assert!(refused.body.contains("proof_needed"), "{}", refused.body);
    let prove = async |key: &mut Authenticator| {
        let (options, _) = challenge(&site, "/sf/passkey/authenticate", Some(&noors)).await;
        site.post("/app/settings/security/confirm/passkey", Some(&noors), &form(&key.get(&options), "next=%2Fapp%2Fsettings")).await
    };
    let foreign = prove(&mut brunos_key).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(foreign.body.contains("This is no passkey of your account"), "{}", foreign.body);
    // With her handle in it, too.
    let brunos_handle = std::mem::replace(&mut brunos_key.handle, noors_key.handle.clone());
    assert_eq!(prove(&mut brunos_key).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    brunos_key.handle = brunos_handle;
    assert!(site.post("/app/settings/security/recovery-codes", Some(&noors), "").await.header("location").contains("confirm"));
    assert_eq!(prove(&mut noors_key).await.header("location"), "/app/settings");
    assert_eq!(site.post("/app/settings/security/recovery-codes", Some(&noors), "").await.status, StatusCode::OK);
    let actions = actions(&site).await;
    assert_eq!(actions.iter().filter(|(action, detail)| action == "user.proof_refused" && detail["by"] == "passkey").count(), 2);
    assert_eq!(actions.iter().filter(|(action, detail)| action == "user.proved_again" && detail["by"] == "passkey").count(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_the_persons_own_to_this_challenge_on_this_site_opens_nothing() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut key = Authenticator::new(b"laptop");
    add(&site, &here, &mut key, "A").await;
    let post = async |session: &str, answer: &Value| site.post("/sign-in/passkey", Some(session), &form(answer, "")).await;
    let refused = |reply: &Reply, why: &str| {
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}: {}", reply.header("location"));
        assert!(reply.body.contains("This passkey opens no account here"), "{why}");
    };

    key.origin = "https://kairos.example.evil.example";
    refused(&sign_in(&site, &mut key).await, "another site passed the challenge on");
    key.origin = "http://localhost:3000";
    key.verifies_user = false;
    refused(&sign_in(&site, &mut key).await, "nobody was asked for a finger or a PIN");
    key.verifies_user = true;

    let (options, session) = challenge(&site, "/sf/passkey/authenticate", None).await;
    let (_, another) = challenge(&site, "/sf/passkey/authenticate", None).await;
    let answer = key.get(&options);
    refused(&post(&another, &answer).await, "the challenge of another session");
    refused(&post("kairos_development=nothing", &answer).await, "no session at all");
    assert_eq!(post(&session, &answer).await.status, StatusCode::SEE_OTHER);
    refused(&post(&session, &answer).await, "the same answer again");

    let (options, session) = challenge(&site, "/sf/passkey/authenticate", None).await;
    site.world.clock.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    refused(&post(&session, &key.get(&options)).await, "too late");

    key.count = 1;
    refused(&sign_in(&site, &mut key).await, "a copy counts what was counted before");
    key.count = 40;

    let mut forged = Authenticator::new(b"laptop");
    (forged.handle, forged.count) = (key.handle.clone(), 50);
    refused(&sign_in(&site, &mut forged).await, "another key under the same name");
    let mut unknown = Authenticator::new(b"never added");
    unknown.handle.clone_from(&key.handle);
    refused(&sign_in(&site, &mut unknown).await, "a credential nobody added");
    unknown.handle = vec![7; 16];
    refused(&sign_in(&site, &mut unknown).await, "nobody's handle");
    for rubbish in [json!("rubbish"), json!({}), json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": {} })] {
        let (_, session) = challenge(&site, "/sf/passkey/authenticate", None).await;
        refused(&post(&session, &rubbish).await, "rubbish");
    }
    // A challenge for making one is none for using one.
    let (options, _) = challenge(&site, "/sf/passkey/register", Some(&here)).await;
    let answer = key.get(&options);
    let swapped = site.post("/app/settings/security/confirm/passkey", Some(&here), &form(&answer, "")).await;
    assert_eq!(swapped.status, StatusCode::UNPROCESSABLE_ENTITY);
    let refusals = actions(&site).await.into_iter().filter(|(action, _)| action == "user.sign_in_refused").count();
    assert_eq!(refusals, 11, "each that answers a challenge is on the record");
}

#[tokio::test]
async fn a_credential_belongs_to_one_account_and_a_registration_to_its_challenge() {
    let site = site().await;
    let (_, noors) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, brunos) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let mut key = Authenticator::new(b"laptop");
    add(&site, &noors, &mut key, "A").await;
    let taken = add(&site, &brunos, &mut Authenticator::new(b"laptop"), "My+laptop").await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("belongs to an account already") && taken.body.contains("My laptop"), "{}", taken.body);
    assert_eq!(sign_in(&site, &mut key).await.status, StatusCode::SEE_OTHER, "it is still hers");

    let mut other = Authenticator::new(b"phone");
    let (options, _) = challenge(&site, "/sf/passkey/register", Some(&brunos)).await;
    let made = other.create(&options);
    let foreign = site.post("/app/settings/security/passkeys", Some(&noors), &form(&made, "name=A")).await;
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY, "her session has no challenge");
    let rubbish = site.post("/app/settings/security/passkeys", Some(&brunos), "credential=%7B&name=A").await;
    assert_eq!(rubbish.status, StatusCode::UNPROCESSABLE_ENTITY);
    let spent = site.post("/app/settings/security/passkeys", Some(&brunos), &form(&made, "name=A")).await;
    assert_eq!(spent.status, StatusCode::UNPROCESSABLE_ENTITY, "the challenge was answered, with rubbish");
    other.verifies_user = false;
    assert_eq!(add(&site, &brunos, &mut other, "A").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(password_leads_to(&site).await, "/sign-in/code?next=%2Fapp");
}

#[tokio::test]
async fn the_last_one_takes_the_recovery_codes_with_it_and_an_app_that_is_left_does_not() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut key = Authenticator::new(b"laptop");
    add(&site, &here, &mut key, "A").await;
    set_up_beside(&site, &here).await;
    let remove = async || {
        let page = site.get(HERE, Some(&here)).await.body;
        let id = between(&page, "name=\"passkey\" value=\"", "\"").to_owned();
        site.post("/app/settings/security/passkeys/remove", Some(&here), &format!("passkey={id}")).await
    };
    assert_eq!(remove().await.header("location"), format!("{HERE}?notice=passkey_removed"));
    assert_eq!(sign_in(&site, &mut key).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(password_leads_to(&site).await, "/sign-in/code?next=%2Fapp", "the app is asked for");
    assert!(site.get(HERE, Some(&here)).await.body.contains("recovery codes left"));
    add(&site, &here, &mut key, "A").await;
    site.post("/app/settings/security/totp/remove", Some(&here), "").await;
    assert_eq!(password_leads_to(&site).await, "/sign-in/code?next=%2Fapp", "the passkey is asked for");
    remove().await;
    assert_eq!(password_leads_to(&site).await, "/app");
    let page = site.get(HERE, Some(&here)).await.body;
    assert!(!page.contains("recovery code"), "{page}");
    let codes: i64 = sqlx::query_scalar("select count(*) from recovery_codes").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(codes, 0);
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default()).step().await.unwrap();
    let subjects: Vec<String> = site.world.mails().into_iter().map(|mail| mail.subject).collect();
    for subject in ["A passkey was added to your account", "A passkey was removed from your account"] {
        assert!(subjects.iter().any(|other| other == subject), "{subject} is not in {subjects:?}");
    }
}

/// An app beside a passkey: there are recovery codes already, and they stay.
async fn set_up_beside(site: &Site, here: &str) {
    let before: i64 = sqlx::query_scalar("select count(*) from recovery_codes").fetch_one(&site.world.behind().await).await.unwrap();
    let (_, confirmed) = begin_and_confirm(site, here).await;
    assert!(!confirmed.body.contains("<ul class=\"codes\">"), "{}", confirmed.body);
    let after: i64 = sqlx::query_scalar("select count(*) from recovery_codes").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!((before, after), (10, 10));
}

#[tokio::test]
async fn who_is_locked_is_not_let_in_by_a_passkey_either() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut key = Authenticator::new(b"laptop");
    add(&site, &here, &mut key, "A").await;
    let behind = site.world.behind().await;
    sqlx::query("update users set locked_at = now() where id = $1").bind(user.0).execute(&behind).await.unwrap();
    let locked = sign_in(&site, &mut key).await;
    assert!(locked.status == StatusCode::UNPROCESSABLE_ENTITY && locked.body.contains("This account is locked"), "{}", locked.body);
}

#[tokio::test]
async fn nothing_of_it_is_readable_at_rest() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut key = Authenticator::new(b"credential-id-of-noor");
    add(&site, &here, &mut key, "Noors-secret-phone").await;
    sign_in(&site, &mut key).await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select p::text from passkeys p union all select s::text from sessions s union all select e::text from audit_events e",
    )
    .fetch_all(&site.world.behind().await)
    .await
    .unwrap();
    assert!(rows.len() > 4);
    for plain in ["credential-id-of-noor", "Noors-secret-phone"] {
        assert!(rows.iter().all(|row| !row.contains(plain) && !row.contains(&hex::encode(plain))), "{plain}");
    }
}

#[tokio::test]
async fn a_site_that_is_reached_by_the_number_of_a_machine_has_none() {
    let site = site().await;
    let settings = Settings { public_url: "http://192.0.2.7:3000".to_owned(), ..site.world.deps.settings.as_ref().clone() };
    let deps = Deps { settings: Arc::new(settings), ..site.world.deps.clone() };
    assert!(!domain::accounts::has_passkeys(&deps));
    assert!(domain::accounts::begin_authentication(&deps, &site.world.visitor()).await.unwrap().is_none());
}

#[tokio::test]
async fn one_answer_that_is_sent_ten_times_at_once_opens_one_session() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut key = Authenticator::new(b"synchronised");
    key.counts = false;
    add(&site, &here, &mut key, "A").await;
    let (options, session) = challenge(&site, "/sf/passkey/authenticate", None).await;
    let answer = form(&key.get(&options), "");
    let sent = (0..10).map(|_| site.post("/sign-in/passkey", Some(&session), &answer));
    let replies = futures::future::join_all(sent).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == StatusCode::SEE_OTHER).count(), 1);
}

#[tokio::test]
async fn after_a_new_password_by_mail_a_passkey_comes_after_that_password_once() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (mut hers, mut planted) = (Authenticator::new(b"hers"), Authenticator::new(b"planted"));
    add(&site, &here, &mut hers, "A").await;
    add(&site, &here, &mut planted, "B").await;
    site.post("/forgot", None, "email=noor%40example.com").await;
    let link = crate::audited::token(&site, "reset_password").await;
    let form = format!("password=openings-between-threads&token={link}");
    assert_eq!(site.post("/reset", None, &form).await.status, StatusCode::SEE_OTHER);
    for key in [&mut hers, &mut planted] {
        let alone = sign_in(&site, key).await;
        assert!(alone.body.contains("Sign in with that password; the passkey comes after it"), "{}", alone.body);
    }
    let waiting = site.post("/sign-in", None, "email=noor%40example.com&password=openings-between-threads").await.cookie();
    let (options, session) = challenge(&site, "/sf/passkey/authenticate", Some(&waiting)).await;
    let done = site.post("/sign-in/passkey", Some(&session), &crate::authenticator::form(&hers.get(&options), "")).await;
    assert_eq!(done.header("location"), "/app", "{}", done.body);
    assert_eq!(sign_in(&site, &mut hers).await.status, StatusCode::SEE_OTHER, "alone again");
    assert_eq!(sign_in(&site, &mut planted).await.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody who knows the password used it");
}

#[tokio::test]
async fn a_session_that_was_begun_with_a_passkey_ends_when_it_is_removed() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut phone = Authenticator::new(b"phone");
    add(&site, &here, &mut phone, "A").await;
    let lost = sign_in(&site, &mut phone).await.cookie();
    let id = between(&site.get(HERE, Some(&here)).await.body, "name=\"passkey\" value=\"", "\"").to_owned();
    site.post("/app/settings/security/passkeys/remove", Some(&here), &format!("passkey={id}")).await;
    assert_eq!(site.get("/app", Some(&lost)).await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/app", Some(&here)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_app_that_is_confirmed_while_the_last_passkey_goes_is_asked_for() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let behind = site.world.behind().await;
    for round in 0..6_u8 {
        add(&site, &here, &mut Authenticator::new(&[round; 8]), "A").await;
        let app = begin(&site, &here).await;
        let id = between(&site.get(HERE, Some(&here)).await.body, "name=\"passkey\" value=\"", "\"").to_owned();
        let (code, passkey) = (format!("code={}", app.code(&site)), format!("passkey={id}"));
        let confirmed = site.post("/app/settings/security/totp/confirm", Some(&here), &code);
        let removed = site.post("/app/settings/security/passkeys/remove", Some(&here), &passkey);
        let (confirmed, removed) = tokio::join!(confirmed, removed);
        assert!(confirmed.status == StatusCode::OK && removed.status == StatusCode::SEE_OTHER, "{} {}", confirmed.status, removed.status);
        let is_asked: bool =
            sqlx::query_scalar("select has_second_factor from users where id = $1").bind(user.0).fetch_one(&behind).await.unwrap();
        assert!(is_asked, "round {round}");
        site.post("/app/settings/security/totp/remove", Some(&here), "").await;
        // The tries of setting apps up are few.
        site.world.clock.advance(TimeDelta::minutes(10));
        site.post("/app/settings/security/confirm", Some(&here), &format!("password={PASSWORD}")).await;
    }
}
