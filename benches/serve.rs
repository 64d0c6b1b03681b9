//! `make bench`: Kairos beside a bare axum + sqlx server that asks the same database the same things with the same pool.
//!
//! Both run in this process, round after round in turn, so that whatever else the machine does meets both. What is reported is
//! the ratio of each round and its median; a difference below 15 % is no finding. Nothing here is a test.

#![expect(clippy::expect_used, reason = "a measurement that cannot go on has failed")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use domain::testing::{PASSWORD, World, WorldOptions};
use kairos::config::Environment;
use kairos::state::{AppState, Web};
use sandbox::{Sandbox, SandboxClock};
use sqlx::{PgPool, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_secs(3);
const CLIENTS: usize = 8;

#[tokio::main]
async fn main() {
    // `cargo bench` passes its own flags; `cargo test` runs benches once and wants them quick.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    providers::outbound::use_ring();
    let world = connected_world().await;
    let user = world.1;
    let world = world.0;
    let cookie = session(&world, user).await;
    let kairos = listen(kairos::router::build(AppState::new(world.deps.clone(), world.hasher.clone(), web()))).await;
    let bare = listen(bare(world.deps.database.pool().clone(), user.0)).await;

    println!("{ROUNDS} rounds of {} s each in turn, {CLIENTS} clients, one process, one database, one pool\n", ROUND.as_secs());
    for (path, budget) in [("/api/calendar/status", 0.8), ("/app/settings", 0.45)] {
        let mut ratios = Vec::new();
        for round in 1..=ROUNDS {
            let (theirs, their_p99) = load(bare, path, &cookie).await;
            let (ours, our_p99) = load(kairos, path, &cookie).await;
            ratios.push(ours / theirs);
            println!(
                "{path} round {round}: bare {theirs:.0}/s (p99/p50 {their_p99:.2}), kairos {ours:.0}/s (p99/p50 {our_p99:.2}), ratio {:.2}",
                ours / theirs
            );
        }
        ratios.sort_by(f64::total_cmp);
        println!(
            "{path}: median ratio {:.2}, from {:.2} to {:.2}; the budget is {budget}\n",
            ratios[ROUNDS / 2],
            ratios[0],
            ratios[ROUNDS - 1]
        );
    }
    first_sync().await;
    println!("memory of this process, both servers and the stand-in in it: {} MB", resident_megabytes());
    std::process::exit(0);
}

/// How both of Kairos' routers here are told about the web.
fn web() -> Web {
    Web {
        environment: Environment::Development,
        public_origin: "http://localhost:3000".to_owned(),
        is_https: false,
        trusted_proxies: Vec::new(),
        site_root: "target/site".into(),
        outbox: None,
        webhook_token: "a-path-that-nobody-guesses-01234".to_owned().into(),
        sandbox_url: None,
    }
}

/// 10,000 events through the whole sync, against one statement that inserts as many rows from arrays.
async fn first_sync() {
    let mut ratios = Vec::new();
    for _ in 0..3 {
        let now = WorldOptions::default().now;
        let sandbox = stand_in().await;
        sandbox.google(|google| google.add_large_account("noor.haddad@example.com", 10_000, now));
        let world = World::new(options(&sandbox)).await;
        let user = world.person("noor@example.com").await;
        let connection = connect(&world, user).await;
        let op = domain::Op::job(world.deps.new_request_id(), Some(user));
        let before = resident_megabytes();
        let began = Instant::now();
        domain::calendar::sync(&world.deps, &op, connection).await.expect("synced");
        let ours = began.elapsed();
        let pool = world.behind().await;
        sqlx::raw_sql("create table copied (like calendar_events including all)").execute(&pool).await.expect("a table");
        let began = Instant::now();
        sqlx::query("insert into copied select e.* from unnest((select array_agg(c) from calendar_events c)) as e")
            .execute(&pool)
            .await
            .expect("inserted");
        let theirs = began.elapsed();
        ratios.push(ours.as_secs_f64() / theirs.as_secs_f64());
        println!(
            "first sync of 10,000 events: {ours:.0?}; one insert of the same rows: {theirs:.0?}; grew by {} MB",
            resident_megabytes().saturating_sub(before)
        );
    }
    ratios.sort_by(f64::total_cmp);
    println!("first sync: median ratio {:.1}; the budget is 3\n", ratios[1]);
}

/// The least a server can do for the same two answers.
fn bare(pool: PgPool, user: uuid::Uuid) -> Router {
    let state = Arc::new((pool, user));
    Router::new().route("/api/calendar/status", get(bare_status)).route("/app/settings", get(bare_settings)).with_state(state)
}

async fn bare_rows(state: &(PgPool, uuid::Uuid), headers: &HeaderMap) -> Vec<(String, String)> {
    let hash = headers.get(header::COOKIE).map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    sqlx::query("select data from sessions where id_hash = $1").bind(hash).fetch_optional(&state.0).await.expect("the database answers");
    let mut tx = state.0.begin().await.expect("a transaction");
    sqlx::query("select set_config('kairos.user_id', $1, true)").bind(state.1.to_string()).execute(&mut *tx).await.expect("set");
    let rows = sqlx::query("select provider, status from calendar_connections where user_id = $1 order by created_at")
        .bind(state.1)
        .fetch_all(&mut *tx)
        .await
        .expect("rows");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn bare_status(State(state): State<Arc<(PgPool, uuid::Uuid)>>, headers: HeaderMap) -> Json<serde_json::Value> {
    let rows = bare_rows(&state, &headers).await;
    Json(
        serde_json::json!({ "connected": !rows.is_empty(), "provider": rows.first().map(|row| &row.0), "status": rows.first().map(|row| &row.1) }),
    )
}

async fn bare_settings(State(state): State<Arc<(PgPool, uuid::Uuid)>>, headers: HeaderMap) -> Html<String> {
    use std::fmt::Write;
    let rows = bare_rows(&state, &headers).await;
    let mut page = "<!DOCTYPE html><html lang=\"en\"><head><title>Connections</title></head><body><h1>Connections</h1><ul>".to_owned();
    for (provider, status) in rows {
        let _ = write!(page, "<li>{provider}: {status}</li>");
    }
    page.push_str("</ul></body></html>");
    // As many bytes as the real page has.
    page.push_str(&"<!-- -->".repeat(1_200));
    Html(page)
}

async fn listen(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await });
    address
}

/// Requests per second, and the ninety-ninth percentile over the median.
async fn load(address: SocketAddr, path: &str, cookie: &str) -> (f64, f64) {
    let request: Arc<str> = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n").into();
    let done = Arc::new(AtomicU64::new(0));
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (request, done) = (Arc::clone(&request), Arc::clone(&done));
            tokio::spawn(async move {
                let mut times = Vec::new();
                let mut stream = tokio::net::TcpStream::connect(address).await.expect("connected");
                let mut buffer = vec![0_u8; 64 * 1024];
                while began.elapsed() < ROUND {
                    let started = Instant::now();
                    stream.write_all(request.as_bytes()).await.expect("sent");
                    read_answer(&mut stream, &mut buffer).await;
                    times.push(started.elapsed());
                    done.fetch_add(1, Ordering::Relaxed);
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.expect("a client"));
    }
    times.sort_unstable();
    let quantile = |part: usize| times[times.len() * part / 100].as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests")]
    let rate = done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    (rate, quantile(99) / quantile(50))
}

/// Reads one answer to its end, by its length or its last chunk.
async fn read_answer(stream: &mut tokio::net::TcpStream, buffer: &mut [u8]) {
    let mut read = 0;
    loop {
        let count = stream.read(&mut buffer[read..]).await.expect("an answer");
        assert!(count > 0, "the connection was closed");
        read += count;
        let text = &buffer[..read];
        let Some(head) = text.windows(4).position(|part| part == b"\r\n\r\n") else { continue };
        let headers = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
        assert!(headers.starts_with("http/1.1 200"), "{headers}");
        let whole = match headers.split("content-length: ").nth(1) {
            Some(rest) => {
                rest.split("\r\n").next().and_then(|text| text.parse::<usize>().ok()).is_some_and(|length| read >= head + 4 + length)
            }
            None => text.ends_with(b"0\r\n\r\n"),
        };
        if whole {
            return;
        }
    }
}

async fn stand_in() -> Sandbox {
    let now = WorldOptions::default().now;
    let redirect = "http://localhost:3000/api/calendar/callback/google".to_owned();
    Sandbox::start(([127, 0, 0, 1], 0).into(), vec![redirect], SandboxClock::new(move || now)).await.expect("the stand-in")
}

fn options(sandbox: &Sandbox) -> WorldOptions {
    WorldOptions { providers: Some((sandbox.base_url(), sandbox::CLIENT_ID, sandbox::CLIENT_SECRET)), ..WorldOptions::default() }
}

async fn connected_world() -> (World, types::UserId) {
    let sandbox = stand_in().await;
    let world = World::new(options(&sandbox)).await;
    let user = world.person("noor@example.com").await;
    let connection = connect(&world, user).await;
    let op = domain::Op::job(world.deps.new_request_id(), Some(user));
    domain::calendar::sync(&world.deps, &op, connection).await.expect("synced");
    (world, user)
}

async fn connect(world: &World, user: types::UserId) -> types::ConnectionId {
    let op = world.as_user(user);
    let away: url::Url =
        domain::calendar::start(&world.deps, &op, types::Provider::Google, b"bench", None).await.expect("begun").parse().expect("a URL");
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(away.query_pairs()).append_pair("account", "noor.haddad@example.com").append_pair("decision", "allow");
    #[expect(clippy::disallowed_methods, reason = "a browser, not the server")]
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let answer = client
        .post(format!("{}/google/consent", away.origin().ascii_serialization()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish())
        .send()
        .await
        .expect("an answer");
    let back: url::Url = answer.headers()["location"].to_str().expect("text").parse().expect("a URL");
    let value = |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let back = domain::calendar::Return { state: value("state"), code: value("code"), error: None };
    domain::calendar::finish(&world.deps, &op, types::Provider::Google, b"bench", back).await.expect("connected")
}

/// Signs in as a browser does; the answer is the cookie.
async fn session(world: &World, _user: types::UserId) -> String {
    use tower::ServiceExt;
    let router = kairos::router::build(AppState::new(world.deps.clone(), world.hasher.clone(), web()));
    let request = axum::http::Request::post("/sign-in")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(format!("email=noor%40example.com&password={PASSWORD}")))
        .expect("a request");
    let reply = router.oneshot(request).await.expect("an answer");
    reply.headers()[header::SET_COOKIE].to_str().expect("text").split(';').next().expect("a cookie").to_owned()
}

fn resident_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}
