//! The least that a server can do: axum and sqlx, one connection a request, the questions asked one after another.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Json, Router};
use sha2::{Digest as _, Sha256};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgPool, Row};

struct Bare {
    pool: PgPool,
    session: Vec<u8>,
}

/// Answers until it is killed. `options` are the owner's, to whom every row is visible without being asked.
pub async fn serve(options: PgConnectOptions, session: Vec<u8>) {
    let pool = PgPoolOptions::new().max_connections(20).test_before_acquire(false).connect_lazy_with(options);
    let router = Router::new()
        .route("/api/calendar/status", get(status))
        .route("/app/settings", get(settings))
        .route(crate::shop::PAGE, get(session_page))
        .route("/stripe", post(stripe))
        .route("/push", post(push))
        .route("/push-in-two", post(push_in_two))
        .with_state(Arc::new(Bare { pool, session }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // One that cannot be set is only slower.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await.expect("served");
}

/// The session, and the connections of whose it is.
async fn rows(connection: &mut sqlx::PgConnection, session: &[u8]) -> (uuid::Uuid, Vec<sqlx::postgres::PgRow>) {
    let row = sqlx::query(
        "select user_id, data from sessions
         where id_hash = $1 and created_at > now() - interval '24 hours' and last_seen_at > now() - interval '2 hours'",
    )
    .bind(session)
    .fetch_one(&mut *connection)
    .await
    .expect("a session");
    let user: uuid::Uuid = row.get(0);
    let connections = sqlx::query(
        "select id, provider, status, last_sync_at, health_reason from calendar_connections where user_id = $1 order by created_at",
    )
    .bind(user)
    .fetch_all(connection)
    .await
    .expect("rows");
    (user, connections)
}

async fn status(State(bare): State<Arc<Bare>>) -> Json<serde_json::Value> {
    let mut connection = bare.pool.acquire().await.expect("a connection");
    let (_, rows) = rows(&mut connection, &bare.session).await;
    let first = rows.first().expect("one is connected");
    let read: Option<chrono::DateTime<chrono::Utc>> = first.get("last_sync_at");
    Json(serde_json::json!({
        "connected": true,
        "provider": first.get::<String, _>("provider"),
        "status": first.get::<String, _>("status"),
        "last_sync_at": read,
    }))
}

async fn settings(State(bare): State<Arc<Bare>>) -> Html<String> {
    let mut connection = bare.pool.acquire().await.expect("a connection");
    let (user, connections) = rows(&mut connection, &bare.session).await;
    let person = sqlx::query("select time_zone, roles from users where id = $1").bind(user).fetch_one(&mut *connection).await.expect("one");
    let calendars = sqlx::query("select name_sealed, selected, last_sync_at from calendars where user_id = $1 order by created_at")
        .bind(user)
        .fetch_all(&mut *connection)
        .await
        .expect("rows");
    drop(connection);
    let mut page = "<!DOCTYPE html><html lang=\"en\"><head><title>Connections</title></head><body><h1>Connections</h1><ul>".to_owned();
    for row in &connections {
        let _ = write!(page, "<li>{}: {}</li>", row.get::<String, _>("provider"), row.get::<String, _>("status"));
    }
    for row in &calendars {
        let read: Option<chrono::DateTime<chrono::Utc>> = row.get("last_sync_at");
        let _ = write!(page, "<li>{} {read:?}</li>", row.get::<bool, _>("selected"));
    }
    let _ = write!(page, "</ul><p>{}</p></body></html>", person.get::<String, _>("time_zone"));
    // As many bytes as the real page has.
    page.push_str(&"<!-- -->".repeat(1_300));
    Html(page)
}

/// The page of a session as most would write it: a question each for the page, the session, the times, what is booked and what the calendars say.
async fn session_page(State(bare): State<Arc<Bare>>) -> Html<String> {
    let mut connection = bare.pool.acquire().await.expect("a connection");
    let page =
        sqlx::query("select user_id, name from builder_pages where slug = 'bruno-costa'").fetch_one(&mut *connection).await.expect("one");
    let builder: uuid::Uuid = page.get(0);
    let session =
        sqlx::query("select title, price, currency, event_type_hash from session_types where builder_id = $1 and slug = 'pricing-review'")
            .bind(builder)
            .fetch_one(&mut *connection)
            .await
            .expect("one");
    let times: Vec<chrono::DateTime<chrono::Utc>> = sqlx::query(
        "select t.starts from calendly_times t join calendly_event_types e on e.id = t.event_type_id where e.user_id = $1 and e.uri_hash = $2",
    )
    .bind(builder)
    .bind(session.get::<Vec<u8>, _>("event_type_hash"))
    .fetch_one(&mut *connection)
    .await
    .expect("times")
    .get(0);
    let booked = sqlx::query("select starts_at, ends_at from bookings where builder_id = $1 and ends_at > now() and status in ('held', 'awaiting_payment', 'paid', 'confirmed')")
        .bind(builder)
        .fetch_all(&mut *connection)
        .await
        .expect("rows");
    let busy = sqlx::query(
        "select starts_at, ends_at from calendar_events where user_id = $1 and starts_at < now() + interval '32 days' and ends_at > now()",
    )
    .bind(builder)
    .fetch_all(&mut *connection)
    .await
    .expect("rows");
    drop(connection);
    let taken: Vec<(chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>)> =
        booked.iter().chain(&busy).map(|row| (row.get(0), row.get(1))).collect();
    let hour = chrono::TimeDelta::hours(1);
    let free = times.iter().filter(|at| !taken.iter().any(|(from, to)| **at < *to && **at + hour > *from));
    let mut body = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>{0}</title></head><body><h1>{0}</h1><ul>",
        session.get::<String, _>("title")
    );
    for at in free.take(40) {
        let _ = write!(body, "<li>{}</li>", at.to_rfc3339());
    }
    let _ = write!(body, "</ul><p>{} {}</p></body></html>", session.get::<i64, _>("price"), session.get::<String, _>("currency"));
    // About as many bytes as the real page has.
    body.push_str(&"<!-- -->".repeat(5_000));
    Html(body)
}

/// Verified over the bytes that came; then the delivery and its job, a statement each, in one durable transaction.
async fn stripe(State(bare): State<Arc<Bare>>, headers: HeaderMap, body: String) -> StatusCode {
    let given = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some((at, signature)) = given.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")) else { return StatusCode::BAD_REQUEST };
    if crate::shop::signature(at.parse().unwrap_or_default(), &body) != signature {
        return StatusCode::BAD_REQUEST;
    }
    let event: serde_json::Value = serde_json::from_str(&body).expect("JSON");
    let mut tx = bare.pool.begin().await.expect("begun");
    let done = sqlx::query(
        "insert into webhook_deliveries (id, source, event_key, kind, object_id, payload, verdict, happened_at, received_at)
         values (gen_random_uuid(), 'stripe', $1, $2, $3, $4, 'accepted', now(), now()) on conflict do nothing",
    )
    .bind(event["id"].as_str())
    .bind(event["type"].as_str())
    .bind(event["data"]["object"]["id"].as_str())
    .bind(&event)
    .execute(&mut *tx)
    .await
    .expect("written down");
    if done.rows_affected() == 1 {
        let payload = serde_json::json!({ "kind": "open_delivery", "delivery": event["id"] });
        let (payload, queue) = (payload.to_string(), event["id"].as_str());
        sqlx::query("select graphile_worker.add_job('kairos', payload => $1::json, queue_name => $2, run_at => now() + interval '1 day')")
            .bind(payload)
            .bind(queue)
            .execute(&mut *tx)
            .await
            .expect("put in");
    }
    tx.commit().await.expect("durable");
    StatusCode::OK
}

/// The channel that a secret is of, or nothing. Secrets are kept hashed.
async fn channel(connection: &mut sqlx::PgConnection, headers: &HeaderMap) -> Option<(uuid::Uuid, uuid::Uuid, uuid::Uuid)> {
    let secret = headers.get("x-goog-channel-token")?;
    let row = sqlx::query(
        "select c.id, c.user_id, c.connection_id from calendar_channels c join calendar_connections n on n.id = c.connection_id
         where c.secret_hash = $1 and n.provider = 'google'",
    )
    .bind(Sha256::digest(secret.as_bytes()).as_slice())
    .fetch_optional(connection)
    .await
    .expect("an answer")?;
    Some((row.get(0), row.get(1), row.get(2)))
}

const HEARD: &str = "with heard as (update calendar_channels set last_message_at = now() where id = $1)
     update calendar_connections set asked_at = now() where id = $2";
const JOB: &str =
    "select graphile_worker.add_job('kairos', payload => $1::json, queue_name => $2, run_at => now() + interval '1 day', job_key => $3)";
const AUDIT: &str = "insert into audit_events
     (id, occurred_at, actor_kind, subject_user_id, action, resource_kind, resource_id, outcome, request_id, detail)
     values (gen_random_uuid(), now(), 'job', $1, 'channel.heard', 'channel', $2, 'succeeded', gen_random_uuid(), '{\"provider\": \"google\"}')";

fn job(user: uuid::Uuid, connection: uuid::Uuid) -> (String, String, String) {
    let payload = serde_json::json!({ "kind": "sync_connection", "user": user, "connection": connection });
    (payload.to_string(), format!("person:{user}"), format!("sync:{connection}"))
}

/// As most would write it: who it is of, then message, job and audit entry in one durable transaction, a statement each.
async fn push(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> StatusCode {
    let mut held = bare.pool.acquire().await.expect("a connection");
    let Some((channel, user, connection)) = channel(&mut held, &headers).await else { return StatusCode::NOT_FOUND };
    let (payload, queue, key) = job(user, connection);
    let mut tx = held.begin().await.expect("begun");
    sqlx::query(HEARD).bind(channel).bind(connection).execute(&mut *tx).await.expect("noted");
    sqlx::query(JOB).bind(payload).bind(queue).bind(key).execute(&mut *tx).await.expect("put in");
    sqlx::query(AUDIT).bind(user).bind(channel).execute(&mut *tx).await.expect("appended");
    tx.commit().await.expect("durable");
    StatusCode::OK
}

/// The same by somebody who spares every round trip.
async fn push_in_two(State(bare): State<Arc<Bare>>, headers: HeaderMap) -> StatusCode {
    let mut held = bare.pool.acquire().await.expect("a connection");
    let Some((channel, user, connection)) = channel(&mut held, &headers).await else { return StatusCode::NOT_FOUND };
    let (payload, queue, key) = job(user, connection);
    sqlx::query(
        "with heard as (update calendar_channels set last_message_at = now() where id = $1),
              asked as (update calendar_connections set asked_at = now() where id = $2),
              appended as (insert into audit_events
                  (id, occurred_at, actor_kind, subject_user_id, action, resource_kind, resource_id, outcome, request_id, detail)
                  values (gen_random_uuid(), now(), 'job', $3, 'channel.heard', 'channel', $1, 'succeeded', gen_random_uuid(),
                          '{\"provider\": \"google\"}'))
         select graphile_worker.add_job('kairos', payload => $4::json, queue_name => $5, run_at => now() + interval '1 day', job_key => $6)",
    )
    .bind(channel)
    .bind(connection)
    .bind(user)
    .bind(payload)
    .bind(queue)
    .bind(key)
    .execute(&mut *held)
    .await
    .expect("taken");
    StatusCode::OK
}
