//! What somebody who wants to break it tries from outside.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use domain::base::Database;
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::config::Environment;
use kairos::dispatch::Dispatcher;

use crate::support::{exchange, send, site, state};

#[tokio::test]
async fn what_a_provider_sent_along_is_not_copied_into_the_way_to_sign_in() {
    let site = site().await;
    let reply = site.get("/api/calendar/callback/google?code=planted-code&state=planted-state", None).await;
    assert_eq!(reply.header("location"), "/sign-in?notice=sign_in_first&next=%2Fapp%2Fsettings");
    let page = site.get("/app/calendar?view=month&date=2026-11-01", None).await;
    assert_eq!(page.header("location"), "/sign-in?notice=sign_in_first&next=%2Fapp%2Fcalendar%3Fview%3Dmonth%26date%3D2026-11-01");
}

#[tokio::test]
async fn a_browser_that_signed_in_is_known_again_and_one_that_was_signed_in_during_a_reset_is_not_let_in() {
    let site = site().await;
    let user = site.world.person("noor@example.com").await;
    let form = format!("email=noor%40example.com&password={PASSWORD}");
    let reply = site.post("/sign-in", None, &form).await;
    let cookies: Vec<String> = reply.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
    let device = cookies.iter().find(|cookie| cookie.starts_with("kairos_development_device=")).unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(device.contains(part), "{device}");
    }
    let session = reply.cookie();
    assert_eq!(site.get("/app", Some(&session)).await.status, StatusCode::OK);
    // The password changes under a session that was begun with the one before, and that the reset could not have seen.
    sqlx::query("update users set password_number = password_number + 1 where id = $1")
        .bind(user.0)
        .execute(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(site.get("/app", Some(&session)).await.status, StatusCode::SEE_OTHER);
    let again = site.post("/sign-in", None, &form).await;
    let session = again.cookie();
    assert_eq!(site.get("/app", Some(&session)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn one_client_that_asks_for_mail_after_mail_is_told_to_wait_beside_the_form() {
    let site = site().await;
    let ask = async |path: &str, number: u32| {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .extension(ConnectInfo(std::net::SocketAddr::from(([203, 0, 113, 9], 4_000))))
            .body(Body::from(format!("name=A&email=somebody{number}%40example.com&password={PASSWORD}")))
            .unwrap();
        exchange(&site.router, request).await
    };
    for number in 0..20 {
        assert_eq!(ask("/forgot", number).await.status, StatusCode::SEE_OTHER);
    }
    for path in ["/forgot", "/sign-up", "/verify/resend"] {
        let reply = ask(path, 99).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(reply.header("retry-after").parse::<u64>().unwrap() > 0);
        assert!(reply.body.contains("Too many mails were asked for from here"), "{path}: {}", reply.body);
        assert!(reply.body.contains("somebody99@example.com") || path == "/verify/resend", "{path}: what was typed is kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_without_a_worker_is_not_ready() {
    let site = site().await;
    let pool = Database::lazy(site.world.database.server(), 8).pool().clone();
    let recovery = Recovery { first_pause: Duration::from_millis(20), ..Recovery::default() };
    let runner = Arc::new(Runner::new(pool, Arc::new(Dispatcher::new(site.world.deps.clone())), recovery));
    let router = kairos::router::build(state(&site.world, Environment::Development).with_jobs(runner.health()));
    let ready = send(&router, Method::GET, "/readyz", None, None).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.body.contains(r#""jobs":"failing""#) && ready.body.contains(r#""database":"ok""#), "{}", ready.body);
    let working = Arc::clone(&runner);
    let task = tokio::spawn(async move { working.run().await });
    runner.health().until(true).await;
    assert_eq!(send(&router, Method::GET, "/readyz", None, None).await.status, StatusCode::OK);
    runner.stop();
    task.await.unwrap();
    assert_eq!(send(&router, Method::GET, "/readyz", None, None).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
