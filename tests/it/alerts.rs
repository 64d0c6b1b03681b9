//! Alerts that leave the house: what arrives, signed, and where they never go.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use providers::alerts::{AlertError, AlertWebhook, Alerts, SentryProject};
use providers::outbound::{AllowedAddresses, Outbound, OutboundError};
use serde_json::{Value, json};

type Arrived = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

/// Somebody who takes alerts, and refuses those at `/refused`.
async fn receiver() -> (String, Arrived) {
    let arrived = Arrived::default();
    async fn take(State(arrived): State<Arrived>, uri: Uri, headers: HeaderMap, body: String) -> StatusCode {
        arrived.lock().unwrap().push((uri.path().to_owned(), headers, body));
        if uri.path() == "/refused" { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }
    }
    let router = Router::new().fallback(take).with_state(arrived.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, arrived)
}

fn alerts(allowed: &[&str]) -> Alerts {
    providers::outbound::use_ring();
    Alerts::new(Outbound::new(AllowedAddresses::parse(allowed), Arc::new(|| 0.0)).unwrap())
}

fn webhook(url: &str) -> AlertWebhook {
    AlertWebhook { url: url.parse().unwrap(), secret: Some("a-secret".to_owned().into()) }
}

#[tokio::test]
async fn a_webhook_arrives_once_with_its_signature_and_a_refusal_is_told() {
    let (base, arrived) = receiver().await;
    let alerts = Alerts { webhook: Some(webhook(&format!("{base}/hook"))), ..alerts(&["127.0.0.1", "http://127.0.0.1"]) };
    let body = json!({ "type": "incident.opened", "name": "INC-1" });
    alerts.post_webhook(&body, 1_700_000_000).await.unwrap();
    let seen = arrived.lock().unwrap().clone();
    assert_eq!(seen.len(), 1);
    let (path, headers, text) = &seen[0];
    assert_eq!((path.as_str(), serde_json::from_str::<Value>(text).unwrap()), ("/hook", body.clone()));
    let signature = headers["kairos-signature"].to_str().unwrap();
    assert!(signature.starts_with("t=1700000000,v1=") && signature.len() == 80, "{signature}");
    let refused = Alerts { webhook: Some(webhook(&format!("{base}/refused"))), ..alerts.clone() };
    assert_eq!(refused.post_webhook(&body, 1).await, Err(AlertError::Refused(500)));
}

#[tokio::test]
async fn an_error_tracker_gets_an_envelope_and_its_key_in_a_header_only() {
    let (base, arrived) = receiver().await;
    let dsn = format!("{}/7", base.replace("http://", "http://abc123@"));
    let alerts = Alerts { sentry: SentryProject::parse(&dsn), ..alerts(&[]) };
    let event = json!({ "event_id": "0192e4a0000070008000000000000000", "level": "error" });
    alerts.post_sentry(&event, 1_700_000_000).await.unwrap();
    let (path, headers, text) = arrived.lock().unwrap()[0].clone();
    assert_eq!(path, "/api/7/envelope/");
    assert!(headers["x-sentry-auth"].to_str().unwrap().ends_with("sentry_key=abc123"));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["event_id"], &lines[1]["type"], &lines[2]), (&event["event_id"], &json!("event"), &event));
}

#[tokio::test]
async fn an_alert_goes_to_no_private_address_that_was_not_allowed() {
    let (base, arrived) = receiver().await;
    let alerts = Alerts { webhook: Some(webhook(&base.replace("http", "https"))), ..alerts(&[]) };
    assert_eq!(alerts.post_webhook(&json!({}), 1).await, Err(AlertError::Outbound(OutboundError::AddressRefused)));
    assert!(arrived.lock().unwrap().is_empty());
}
