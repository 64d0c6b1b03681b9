//! The least that a server can do: axum and sqlx, one connection a request, the questions asked one after another.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgPool, Row};

struct Bare {
    pool: PgPool,
    session: Vec<u8>,
}

/// Serves both answers until it is killed. `options` are the owner's, to whom every row is visible without being asked.
pub async fn serve(options: PgConnectOptions, session: Vec<u8>) {
    let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect_lazy_with(options);
    let router = Router::new()
        .route("/api/calendar/status", get(status))
        .route("/app/settings", get(settings))
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
