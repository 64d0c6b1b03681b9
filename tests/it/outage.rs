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
