//! Signing in with a second factor, and being asked again before what matters.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::config::Environment;
use kairos::dispatch::Dispatcher;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use types::Role;

use crate::support::{Reply, Site, between, router, send, site};

const HERE: &str = "/app/settings/security";

/// A phone.
pub struct App {
    totp: Totp,
    recovery_codes: Vec<String>,
}

impl App {
    pub fn code(&self, site: &Site) -> String {
        self.totp.generate(u64::try_from(site.world.deps.now().timestamp()).unwrap()).to_string()
    }
}

/// Sets an app up on the page, as a person does.
pub async fn set_up(site: &Site, cookie: &str) -> App {
    let (mut app, confirmed) = begin_and_confirm(site, cookie).await;
    let list = between(&confirmed.body, "<ul class=\"codes\">", "</ul>");
    app.recovery_codes = list.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(app.recovery_codes.len(), 10);
    assert!(!site.get(HERE, Some(cookie)).await.body.contains(&app.recovery_codes[0]), "shown once");
    app
}

/// A phone that waits to show its first code.
pub async fn begin(site: &Site, cookie: &str) -> App {
    let begun = site.post("/app/settings/security/totp", Some(cookie), "").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.header("location"));
    let page = site.get(HERE, Some(cookie)).await.body;
    assert!(page.contains("otpauth://totp/localhost%203000:") && page.contains("class=\"qr\""), "{page}");
    let secret = between(&page, "<code class=\"fingerprint\">", "<").replace(' ', "");
    let secret = Secret::try_from_base32(&secret).unwrap();
    let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_step_duration(30).with_secret(secret).build().unwrap();
    App { totp, recovery_codes: Vec::new() }
}

/// The same, with the page that answers the first code.
pub async fn begin_and_confirm(site: &Site, cookie: &str) -> (App, Reply) {
    let app = begin(site, cookie).await;
    let wrong = site.post("/app/settings/security/totp/confirm", Some(cookie), "code=000000").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("code={}", app.code(site));
    let confirmed = site.post("/app/settings/security/totp/confirm", Some(cookie), &form).await;
    assert_eq!(confirmed.status, StatusCode::OK, "{}", confirmed.body);
    site.world.clock.advance(TimeDelta::seconds(60));
    (app, confirmed)
}

/// The password, and where that leads to.
async fn first_step(site: &Site) -> (String, String) {
    let reply = site.post("/sign-in", None, &format!("email=noor%40example.com&password={PASSWORD}&next=%2Fapp%2Fcalendar")).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    (reply.cookie(), reply.header("location").to_owned())
}

async fn second_step(site: &Site, waiting: &str, code: &str) -> Reply {
    site.post("/sign-in/code", Some(waiting), &format!("code={code}&next=%2Fapp%2Fcalendar")).await
}

#[tokio::test]
async fn a_password_alone_opens_nothing_and_each_code_works_once() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let app = set_up(&site, &here).await;
    // The codes of setting it up are in a span of their own.
    site.world.clock.advance(TimeDelta::minutes(9));
    let (waiting, location) = first_step(&site).await;
    assert_eq!(location, "/sign-in/code?next=%2Fapp%2Fcalendar");
    assert_eq!(site.get("/app", Some(&waiting)).await.status, StatusCode::SEE_OTHER, "nobody is signed in yet");
    assert_eq!(site.get(&location, Some(&waiting)).await.status, StatusCode::OK);
    let wrong = second_step(&site, &waiting, "123456").await;
    assert!(wrong.body.contains("This code is not right") && !wrong.body.contains("123456"), "{}", wrong.body);
    let code = app.code(&site);
    let done = second_step(&site, &waiting, &code).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/app/calendar"));
    let signed_in = done.cookie();
    assert_eq!(site.get("/app", Some(&signed_in)).await.status, StatusCode::OK);
    assert_ne!(signed_in, waiting);
    assert_eq!(site.get("/app", Some(&waiting)).await.status, StatusCode::SEE_OTHER, "the id before is dead");
    let (again, _) = first_step(&site).await;
    assert_eq!(second_step(&site, &again, &code).await.status, StatusCode::UNPROCESSABLE_ENTITY, "it was used");
    site.world.clock.advance(TimeDelta::minutes(5));
    // A recovery code, however it is typed; and not twice.
    let recovery = app.recovery_codes[3].to_lowercase().replace('-', "%20");
    assert_eq!(second_step(&site, &again, &recovery).await.status, StatusCode::SEE_OTHER);
    let (again, _) = first_step(&site).await;
    site.world.clock.advance(TimeDelta::minutes(10) - TimeDelta::seconds(1));
    assert_eq!(second_step(&site, &again, &recovery).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(site.get(HERE, Some(&signed_in)).await.body.contains("9 recovery codes left"));
}

#[tokio::test]
async fn one_code_sent_by_two_browsers_at_once_lets_one_in() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let app = set_up(&site, &here).await;
    let ((one, _), (other, _)) = (first_step(&site).await, first_step(&site).await);
    let code = app.code(&site);
    let (first, second) = tokio::join!(second_step(&site, &one, &code), second_step(&site, &other, &code));
    let let_in = |replies: [&Reply; 2]| replies.into_iter().filter(|reply| reply.status == StatusCode::SEE_OTHER).count();
    assert_eq!(let_in([&first, &second]), 1);
    let ((one, _), (other, _)) = (first_step(&site).await, first_step(&site).await);
    let code = &app.recovery_codes[0];
    let (first, second) = tokio::join!(second_step(&site, &one, code), second_step(&site, &other, code));
    assert_eq!(let_in([&first, &second]), 1);
}

#[tokio::test]
async fn a_password_waits_ten_minutes_for_its_code_and_not_longer_than_the_password_holds() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let app = set_up(&site, &here).await;
    let (waiting, _) = first_step(&site).await;
    site.world.clock.advance(TimeDelta::minutes(11));
    let late = second_step(&site, &waiting, &app.code(&site)).await;
    assert_eq!(late.header("location"), "/sign-in?notice=sign_in_again");
    let (waiting, _) = first_step(&site).await;
    sqlx::query("update users set password_number = password_number + 1 where id = $1")
        .bind(user.0)
        .execute(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(second_step(&site, &waiting, &app.code(&site)).await.header("location"), "/sign-in?notice=sign_in_again");
    assert_eq!(second_step(&site, "kairos_development=nothing", "1").await.header("location"), "/sign-in?notice=sign_in_again");
}

#[tokio::test]
async fn somebody_who_has_the_password_guesses_few_codes() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    set_up(&site, &here).await;
    site.world.clock.advance(TimeDelta::minutes(20));
    let (waiting, _) = first_step(&site).await;
    let mut statuses = Vec::new();
    for code in 100_000..100_008 {
        statuses.push(second_step(&site, &waiting, &code.to_string()).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count(), 5, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&StatusCode::TOO_MANY_REQUESTS));
}

#[tokio::test]
async fn what_matters_asks_again_after_fifteen_minutes_and_leads_back() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let connection = site.connect_google(&here).await;
    let sync = format!("/app/settings/connections/{connection}/sync");
    site.world.clock.advance(TimeDelta::minutes(16));
    assert!(site.post(&sync, Some(&here), "").await.header("location").contains("notice=sync"), "without a second factor nobody is asked");
    // Setting one up asks everybody.
    let asked = site.post("/app/settings/security/totp", Some(&here), "").await;
    assert_eq!(asked.header("location"), "/app/settings/security/confirm?next=%2Fapp%2Fsettings");
    let page = site.get(asked.header("location"), Some(&here)).await.body;
    assert!(page.contains("name=\"password\"") && !page.contains("name=\"code\""));
    let wrong = site.post("/app/settings/security/confirm", Some(&here), "password=nonsense-of-mine&next=%2Fapp").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("password={PASSWORD}&next=https%3A%2F%2Fevil.example");
    let proved = site.post("/app/settings/security/confirm", Some(&here), &form).await;
    assert_eq!(proved.header("location"), "/app", "nobody is led elsewhere");
    let app = set_up(&site, &here).await;
    assert!(site.post(&sync, Some(&here), "").await.header("location").contains("notice=sync"));
    site.world.clock.advance(TimeDelta::minutes(16));
    for (method, path) in [
        ("POST", sync.clone()),
        ("POST", format!("/app/settings/connections/{connection}/disconnect")),
        ("GET", "/api/calendar/connect/google".to_owned()),
        ("POST", "/app/settings/caldav".to_owned()),
        ("POST", "/app/settings/security/totp/remove".to_owned()),
    ] {
        let form = (method == "POST").then_some("");
        let reply = send(&site.router, method.parse().unwrap(), &path, Some(&here), form).await;
        assert!(reply.header("location").starts_with("/app/settings/security/confirm?next="), "{method} {path}: {}", reply.status);
    }
    let refused = send(&site.router, axum::http::Method::DELETE, "/api/calendar/disconnect", Some(&here), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("\"code\":\"proof_needed\""), "{}", refused.body);
    let form = format!("code={}&next=%2Fapp%2Fsettings", app.code(&site));
    let proved = site.post("/app/settings/security/confirm", Some(&here), &form).await;
    assert_eq!(proved.header("location"), "/app/settings");
    assert!(site.post(&sync, Some(&here), "").await.header("location").contains("notice=sync"));
    let renewed = site.post("/app/settings/security/recovery-codes", Some(&here), "").await;
    assert!(renewed.body.contains("<ul class=\"codes\">") && !renewed.body.contains(&app.recovery_codes[0]));
    let removed = site.post("/app/settings/security/totp/remove", Some(&here), "").await;
    assert_eq!(removed.header("location"), format!("{HERE}?notice=second_factor_removed"));
    site.world.clock.advance(TimeDelta::minutes(16));
    let page = site.get("/app/settings/security/confirm", Some(&here)).await.body;
    assert!(
        page.contains("name=\"password\"") && !page.contains("name=\"code\""),
        "it is asked for no more, also in the session that showed it"
    );
    assert!(site.post(&sync, Some(&here), "").await.header("location").contains("notice=sync"));
    let reply = site.post("/sign-in", None, &format!("email=noor%40example.com&password={PASSWORD}")).await;
    assert_eq!(reply.header("location"), "/app");
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default()).step().await.unwrap();
    let subjects: Vec<String> = site.world.mails().into_iter().map(|mail| mail.subject).collect();
    let actions: Vec<String> = sqlx::query_scalar("select action from audit_events").fetch_all(&site.world.behind().await).await.unwrap();
    for action in ["second_factor_begun", "second_factor_added", "second_factor_removed", "proved_again", "code_refused"] {
        assert!(actions.contains(&format!("user.{action}")) || action == "code_refused", "{action}");
    }
    for subject in ["An authenticator app was added", "You have new recovery codes", "Your authenticator app was removed"] {
        assert!(subjects.iter().any(|other| other == subject), "{subject} is not in {subjects:?}");
    }
}

#[tokio::test]
async fn a_session_that_was_begun_without_it_ends_when_it_is_added_and_so_does_a_password_of_an_older_release() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let before = site.post("/sign-in", None, &format!("email=noor%40example.com&password={PASSWORD}")).await.cookie();
    set_up(&site, &here).await;
    assert_eq!(site.get("/app", Some(&here)).await.status, StatusCode::OK);
    assert_eq!(site.get("/app", Some(&before)).await.status, StatusCode::SEE_OTHER);
    // As an older replica begins one: a password, and no word of a second factor.
    let deps = &site.world.deps;
    let data = serde_json::json!({ "user": user, "password_number": 0 });
    domain::accounts::create_session(deps, &[7; 16], Some(user), &data).await.unwrap();
    let viewer = domain::accounts::Viewer::Session(domain::accounts::session_hash(deps, &[7; 16]));
    assert_eq!(domain::accounts::identify(deps, &site.world.visitor(), &viewer).await.unwrap().user, None);
}

#[tokio::test]
async fn a_password_alone_is_no_proof_for_who_has_a_second_factor_and_a_proof_of_one_is_none_of_another() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    set_up(&site, &here).await;
    site.world.clock.advance(TimeDelta::minutes(16));
    let form = format!("current_password={PASSWORD}&password=openings-between-threads");
    let asked = site.post("/app/settings/security/password", Some(&here), &form).await;
    assert!(asked.header("location").starts_with("/app/settings/security/confirm"), "{}", asked.header("location"));
    // Two cookies of nearly one name, which the two readers of cookies take apart differently.
    let (_, brunos) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let both = format!("{brunos}; {}", here.replacen('=', " =", 1));
    site.post("/app/settings/security/confirm", Some(&both), &format!("password={PASSWORD}")).await;
    let asked = site.post("/app/settings/security/totp/remove", Some(&here), "").await;
    assert!(asked.header("location").starts_with("/app/settings/security/confirm"), "{}", asked.header("location"));
}

#[tokio::test]
async fn a_key_that_waits_for_its_first_code_is_shown_to_who_proved_it_is_them_and_forgotten_soon() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.post("/app/settings/security/totp", Some(&here), "").await;
    assert!(site.get(HERE, Some(&here)).await.body.contains("otpauth://"));
    site.world.clock.advance(TimeDelta::minutes(16));
    assert!(!site.get(HERE, Some(&here)).await.body.contains("otpauth://"));
    site.post("/app/settings/security/confirm", Some(&here), &format!("password={PASSWORD}")).await;
    assert!(!site.get(HERE, Some(&here)).await.body.contains("otpauth://"), "it is begun anew");
    site.post("/app/settings/security/totp", Some(&here), "").await;
    site.post("/app/settings/security/password", Some(&here), &format!("current_password={PASSWORD}&password=openings-between-threads"))
        .await;
    let left: i64 = sqlx::query_scalar("select count(*) from totp_authenticators").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn outside_of_development_admins_need_one() {
    let site = site().await;
    let (_, adas) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let staging = router(&site.world, Environment::Staging);
    let get = async |path: &str| send(&staging, axum::http::Method::GET, path, Some(&adas), None).await;
    assert_eq!(get("/admin/audit").await.header("location"), "/app/settings/security?notice=second_factor_needed");
    assert_eq!(get("/admin/audit/export").await.status, StatusCode::FORBIDDEN);
    assert_eq!(get("/app").await.status, StatusCode::OK);
    set_up(&site, &adas).await;
    assert_eq!(get("/admin/audit").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nothing_of_it_is_readable_at_rest() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let app = set_up(&site, &here).await;
    let behind = site.world.behind().await;
    let rows: Vec<String> = sqlx::query_scalar(
        "select t::text from totp_authenticators t union all select c::text from recovery_codes c union all select s::text from sessions s union all select e::text from audit_events e",
    )
    .fetch_all(&behind)
    .await
    .unwrap();
    assert!(rows.len() > 11);
    for code in &app.recovery_codes {
        let plain = code.replace('-', "");
        assert!(
            rows.iter().all(|row| !row.contains(code.as_str()) && !row.contains(&hex::encode(code)) && !row.contains(&hex::encode(&plain)))
        );
    }
}

#[tokio::test]
async fn a_stranger_who_knows_the_password_keeps_nobody_out_of_a_browser_of_theirs() {
    let site = site().await;
    let (_, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let app = set_up(&site, &here).await;
    site.world.clock.advance(TimeDelta::minutes(10));
    // Once with a code, and the browser is known from then on.
    let (waiting, _) = first_step(&site).await;
    let entered = second_step(&site, &waiting, &app.code(&site)).await;
    let device = entered.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()?.split(';').next());
    let device = device.filter(|cookie| cookie.split('=').next().unwrap().ends_with("device")).collect::<Vec<_>>().join("; ");
    assert!(!device.is_empty());
    let (stranger, _) = first_step(&site).await;
    let mut tries = 0;
    while second_step(&site, &stranger, "000000").await.status == StatusCode::UNPROCESSABLE_ENTITY {
        tries += 1;
        assert!(tries < 10);
    }
    assert_eq!(tries, 4, "with the one that was right");
    site.world.clock.advance(TimeDelta::seconds(60));
    let form = format!("email=noor%40example.com&password={PASSWORD}");
    let own = site.post("/sign-in", Some(&device), &form).await.cookie();
    assert_eq!(second_step(&site, &own, &app.code(&site)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_account_that_is_locked_between_password_and_code_is_not_entered() {
    let site = site().await;
    let (user, here) = site.signed_in("noor@example.com", &[Role::User]).await;
    let app = set_up(&site, &here).await;
    let (waiting, _) = first_step(&site).await;
    let behind = site.world.behind().await;
    sqlx::query("update users set locked_at = $2 where id = $1").bind(user.0).bind(site.world.deps.now()).execute(&behind).await.unwrap();
    let reply = second_step(&site, &waiting, &app.code(&site)).await;
    assert_eq!(reply.header("location"), "/sign-in?notice=sign_in_again");
    sqlx::query("update users set locked_at = null").execute(&behind).await.unwrap();
    let sessions: i64 =
        sqlx::query_scalar("select count(*) from sessions where user_id = $1").bind(user.0).fetch_one(&behind).await.unwrap();
    assert_eq!(sessions, 1, "none but the one that set the app up");
}
