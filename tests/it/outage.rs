//! The database is away: the process stays, says so, and shows nobody its insides.

use axum::http::StatusCode;
use domain::base::Database;
use kairos::config::Environment;
use types::Role;

use crate::support::{router, send, site};

#[tokio::test]
async fn pages_answer_plainly_and_readyz_says_which_part() {
    let mut site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    // The same site, on a database that is not there.
    let nowhere = "postgres://kairos_server@127.0.0.1:9/nothing".parse().unwrap();
    site.world.deps.database = Database::lazy(nowhere, 2);
    let router = router(&site.world, Environment::Production);
    let cookie = cookie.replace("kairos_development", "__Host-kairos");
    let reply = send(&router, axum::http::Method::GET, "/app", Some(&cookie), None).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(reply.body.contains("Kairos cannot answer right now") && reply.body.contains(reply.header("x-request-id")), "{}", reply.body);
    for inside in ["sqlx", "postgres", "Connection refused", "panicked", "src/"] {
        assert!(!reply.body.contains(inside), "{inside}");
    }
    let ready = send(&router, axum::http::Method::GET, "/readyz", None, None).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.body.contains(r#""database":"failing""#), "{}", ready.body);
    assert_eq!(send(&router, axum::http::Method::GET, "/healthz", None, None).await.status, StatusCode::OK);
    assert_eq!(
        send(&router, axum::http::Method::GET, "/", None, None).await.status,
        StatusCode::OK,
        "what needs no database is still there"
    );
}

#[tokio::test]
async fn a_database_cut_in_the_middle_is_said_plainly_changes_nothing_and_is_used_again_when_it_is_back() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    let before = site.get("/app/settings", Some(&cookie)).await;
    assert_eq!(before.status, StatusCode::OK);
    site.world.database.cut().await;
    let page = site.get("/app/settings", Some(&cookie)).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("Kairos cannot answer right now"), "{}", page.body);
    let form = "name=Somebody+else&zone=Europe%2FLisbon&hours-0=&hours-1=&hours-2=&hours-3=&hours-4=&hours-5=&hours-6=";
    assert_eq!(site.post("/app/settings/profile", Some(&cookie), form).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(site.get("/readyz", None).await.status, StatusCode::SERVICE_UNAVAILABLE);
    // As often as the pool has connections: each that was cut is found out by being used.
    for _ in 0..8 {
        assert_eq!(site.get("/api/calendar/status", Some(&cookie)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    site.world.database.restore().await;
    let after = site.get("/app/settings", Some(&cookie)).await;
    assert_eq!(after.status, StatusCode::OK, "{}", after.body);
    assert!(after.body.contains("noor.haddad@example.com") && !after.body.contains("Somebody else"));
    assert_eq!(site.get("/readyz", None).await.status, StatusCode::OK);
}
