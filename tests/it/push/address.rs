//! The addresses themselves: who may use them, and what they answer.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::TimeDelta;
use domain::jobs::{Recovery, Runner};
use kairos::dispatch::Dispatcher;
use sandbox::Route;
use types::Role;

use crate::support::{WEBHOOK_TOKEN, exchange, send, site};

#[tokio::test]
async fn without_an_address_that_can_be_reached_there_are_no_channels_and_reads_go_on_at_intervals() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
    site.world.step(&runner).await;
    assert_eq!(site.sandbox.calls(Route::GoogleWatch), 0);
    site.world.clock.advance(TimeDelta::minutes(6));
    site.world.step(&runner).await;
    let reads: i64 = sqlx::query_scalar("select count(*) from calendar_sync_logs").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(reads, 2);
}

fn handshake() -> Request<Body> {
    let uri = format!("/webhooks/outlook/{WEBHOOK_TOKEN}?validationToken=Validation%3A+a%2Fb%3D%3Cscript%3E");
    Request::post(uri).header("content-type", "text/plain").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_handshake_is_answered_also_while_the_database_is_away() {
    let site = site().await;
    site.world.database.cut().await;
    let reply = exchange(&site.router, handshake()).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "Validation: a/b=<script>"));
    assert_eq!((reply.header("content-type"), reply.header("x-content-type-options")), ("text/plain", "nosniff"));
    site.world.database.restore().await;
}

#[tokio::test]
async fn who_does_not_know_the_address_is_told_nothing_and_stopped_after_a_hundred() {
    let site = site().await;
    for (path, body) in
        [("/webhooks/google/guess", ""), ("/webhooks/outlook/guess", "{}"), ("/webhooks/outlook/guess?validationToken=x", "")]
    {
        let reply = send(&site.router, Method::POST, path, None, Some(body)).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"), "{path}");
    }
    for _ in 0..97 {
        send(&site.router, Method::POST, "/webhooks/google/guess", None, Some("")).await;
    }
    let reply = send(&site.router, Method::POST, "/webhooks/google/guess", None, Some("")).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(exchange(&site.router, handshake()).await.status, StatusCode::OK, "who knows it is not stopped");
}

#[tokio::test]
async fn rubbish_is_answered_plainly() {
    let site = site().await;
    let post = async |body: &'static str| {
        let request = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from(body)).unwrap();
        exchange(&site.router, request).await.status
    };
    assert_eq!(post("not json").await, StatusCode::BAD_REQUEST);
    assert_eq!(post("{}").await, StatusCode::BAD_REQUEST);
    assert_eq!(post(r#"{"value":[]}"#).await, StatusCode::ACCEPTED);
    assert_eq!(post(r#"{"value":[{"clientState":"x","subscriptionId":"y"},{}]}"#).await, StatusCode::ACCEPTED);
    let large = format!(r#"{{"value":[{{"clientState":"{}"}}]}}"#, "x".repeat(900_000));
    let request = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from(large)).unwrap();
    assert_eq!(exchange(&site.router, request).await.status, StatusCode::ACCEPTED);
    let larger = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from("x".repeat(2 << 20))).unwrap();
    assert_eq!(exchange(&site.router, larger).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let guess = Request::post("/webhooks/outlook/guess").body(Body::from("x".repeat(900_000))).unwrap();
    assert_eq!(exchange(&site.router, guess).await.status, StatusCode::NOT_FOUND);
    let bare = Request::post(format!("/webhooks/google/{WEBHOOK_TOKEN}")).body(Body::empty()).unwrap();
    assert_eq!(exchange(&site.router, bare).await.status, StatusCode::NOT_FOUND);
}
