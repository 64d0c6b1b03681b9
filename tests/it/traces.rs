//! What a collector of traces is told, and what it is not.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use domain::jobs::{Recovery, Runner};
use kairos::config::TracesConfig;
use kairos::dispatch::Dispatcher;
use kairos::traces::Traces;
use providers::outbound::{AllowedAddresses, Outbound};
use serde_json::Value;
use tokio::net::TcpListener;
use tracing::instrument::WithSubscriber;
use tracing_subscriber::layer::SubscriberExt;
use types::Role;

use crate::support::site;

type Received = Arc<Mutex<Vec<(String, Value)>>>;

/// A collector that keeps what it is sent, with the key it was sent with.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let take = async |State(received): State<Received>, headers: HeaderMap, body: String| {
        let key = headers.get("x-key").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        received.lock().unwrap().push((key, serde_json::from_str(&body).unwrap()));
        "{}"
    };
    let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/v1/traces"), received)
}

fn spans(received: &Received) -> Vec<Value> {
    let exports = received.lock().unwrap();
    let of_export = |(_, export): &(String, Value)| export["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone();
    exports.iter().flat_map(of_export).collect()
}

fn attribute<'span>(span: &'span Value, name: &str) -> &'span Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["key"] == name).map_or(&Value::Null, |attribute| &attribute["value"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_its_calls_and_its_jobs_are_spans_that_say_nothing_of_anybody() {
    let site = site().await;
    let (url, received) = collector().await;
    let config = TracesConfig { url: url.parse().unwrap(), headers: vec![("x-key".to_owned(), "the-collectors-own".to_owned().into())] };
    let outbound = Outbound::new(AllowedAddresses::parse(&[]), Arc::new(|| 0.0)).unwrap();
    let traces = Traces::new(&config, outbound).unwrap();
    // Of the whole process, as in a server: a call may be made by a task of its own.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(traces.layer())).unwrap();
    let (_, cookie) = site.signed_in("noor.haddad@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    site.get("/verify?token=a-token-that-opens-something", Some(&cookie)).await;
    site.get("/no/such/page/of-noor", Some(&cookie)).await;
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default()).step().await.unwrap();
    traces.end().await;

    let spans = spans(&received);
    let named = |name: &str| spans.iter().filter(|span| span["name"] == name).collect::<Vec<_>>();
    let callback = named("GET /api/calendar/callback/{provider}");
    let callback = callback.first().unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!(attribute(callback, "http.response.status_code")["intValue"], "303");
    assert_eq!(callback["kind"], 2, "a server's");
    let calls: Vec<_> = named("google").into_iter().filter(|call| call["parentSpanId"] == callback["spanId"]).collect();
    assert!(calls.len() >= 2, "its code was traded and its calendars were read: {spans:#?}");
    assert!(calls.iter().all(|call| call["traceId"] == callback["traceId"] && call["kind"] == 3), "{calls:#?}");
    assert!(!named("sync_connection").is_empty() && !named("send_link").is_empty());
    assert!(spans.iter().all(|span| span["name"] != "opentelemetry"), "what is sent is no reason to send");

    let text = serde_json::to_string(&*received.lock().unwrap()).unwrap();
    assert!(text.contains("the-collectors-own") && text.contains("kairos"));
    let session = cookie.split('=').nth(1).unwrap();
    for personal in
        ["noor", "Noor", "127.0.0.1", "localhost", "a-token-that-opens-something", "state=", "code=", session, domain::testing::PASSWORD]
    {
        assert!(!text.contains(personal), "{personal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_never_answers_keeps_nobody_waiting() {
    let site = site().await;
    // Takes every connection and never answers: whoever waited for it would wait for ever.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let outbound = Outbound::new(AllowedAddresses::parse(&[]), Arc::new(|| 0.0)).unwrap();
    let traces = Traces::new(&TracesConfig { url: url.parse().unwrap(), headers: Vec::new() }, outbound).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(traces.layer()));
    let reply = site.get("/healthz", None).with_subscriber(dispatch).await;
    assert_eq!(reply.status, 200);
    drop((traces, listener));
}
