//! A person whose calendars were read, on a database of their own, and a browser that is signed in.

use axum::http::header;
use domain::testing::{PASSWORD, World, WorldOptions};
use kairos::config::Environment;
use kairos::state::{AppState, Web};
use sandbox::{Sandbox, SandboxClock};

/// The keys of [`World`], as the environment has them: of bytes that differ, because Kairos refuses a sample.
pub const KEYS: [(&str, [u8; 32]); 3] =
    [("CALENDAR_ENCRYPTION_KEY", counted(7)), ("SESSION_KEY", counted(9)), ("AUDIT_SIGNING_KEY", counted(11))];

const fn counted(by: u8) -> [u8; 32] {
    let mut key = [0; 32];
    let mut at: u8 = 0;
    while at < 32 {
        key[at as usize] = by.wrapping_mul(at + 1);
        at += 1;
    }
    key
}

pub const WEBHOOK_TOKEN: &str = "0123456789abcdef0123456789abcdef";

pub async fn stand_in() -> Sandbox {
    let now = WorldOptions::default().now;
    let redirect = "http://localhost:3000/api/calendar/callback/google".to_owned();
    Sandbox::start(([127, 0, 0, 1], 0).into(), vec![redirect], SandboxClock::new(move || now)).await.expect("the stand-in")
}

pub fn options(sandbox: &Sandbox) -> WorldOptions {
    WorldOptions {
        providers: Some((sandbox.base_url(), sandbox::CLIENT_ID, sandbox::CLIENT_SECRET)),
        key: KEYS[0].1,
        session_key: KEYS[1].1,
        ..WorldOptions::default()
    }
}

/// On the real clock, because the release build has no other.
pub async fn connected() -> (World, types::UserId) {
    let sandbox = stand_in().await;
    let now = domain::base::Clock::now(&domain::base::SystemClock);
    let world = World::new(WorldOptions { now, ..options(&sandbox) }).await;
    let user = world.person("noor@example.com").await;
    let connection = connect(&world, user).await;
    let op = domain::Op::job(world.deps.new_request_id(), Some(user));
    domain::calendar::sync(&world.deps, &op, connection).await.expect("synced");
    (world, user)
}

pub async fn connect(world: &World, user: types::UserId) -> types::ConnectionId {
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
    let back = providers::oauth::AuthorizeResponse { state: value("state"), code: value("code"), error: None };
    domain::calendar::finish(&world.deps, &op, types::Provider::Google, b"bench", back).await.expect("connected")
}

/// So many people as `user`, each with a connection and a channel of the hash with their number. Nobody's next sync is before tomorrow, so
/// that no server works on what the pushes ask for while they come.
pub async fn channels(world: &World, user: types::UserId, hashes: Vec<Vec<u8>>) {
    let behind = world.behind().await;
    // What keeps a test's jobs for later out of reach is no part of what is measured.
    sqlx::query("drop trigger out_of_reach on graphile_worker._private_jobs").execute(&behind).await.expect("dropped");
    sqlx::query(
        "with wanted as (
             select gen_random_uuid() as person, gen_random_uuid() as connection, gen_random_uuid() as channel, given.hash, given.number
             from unnest($2::bytea[]) with ordinality as given (hash, number)),
         people as (
             insert into users select p.* from wanted w, users u, jsonb_populate_record(null::users,
                 to_jsonb(u) || jsonb_build_object('id', w.person, 'email_hash', w.hash)) p where u.id = $1),
         connections as (
             insert into calendar_connections select p.* from wanted w, calendar_connections c, jsonb_populate_record(
                 null::calendar_connections, to_jsonb(c) || jsonb_build_object('id', w.connection, 'user_id', w.person,
                     'read_began_at', now() + interval '1 day', 'last_sync_at', now() + interval '1 day',
                     'next_attempt_at', now() + interval '1 day', 'asked_at', null)) p where c.user_id = $1)
         insert into calendar_channels (id, user_id, connection_id, status, secret_hash, external_id, created_at, due_at, expires_at)
         select w.channel, w.person, w.connection, 'open', w.hash, 'push-' || (w.number - 1), now(), now() + interval '1 day',
                now() + interval '2 days'
         from wanted w",
    )
    .bind(user.0)
    .bind(hashes)
    .execute(&behind)
    .await
    .expect("people");
    // As on a server that people use, the queue is not empty: its plans are made for what it holds.
    sqlx::query(
        "select count(graphile_worker.add_job('kairos', payload => '{}'::json, queue_name => 'waiting:' || number,
             run_at => now() + interval '1 hour'))
         from generate_series(1, 30000) number",
    )
    .execute(&behind)
    .await
    .expect("jobs that wait");
    sqlx::query("vacuum analyze").execute(&behind).await.expect("known to the planner");
}

/// Kairos in this process.
pub fn router(world: &World) -> axum::Router {
    kairos::router::build(AppState::new(world.deps.clone(), world.hasher.clone(), web()))
}

/// Signs in as a browser does; the answer is the cookie.
pub async fn session(world: &World) -> String {
    use tower::ServiceExt;
    let request = axum::http::Request::post("/sign-in")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(axum::body::Body::from(format!("email=noor%40example.com&password={PASSWORD}")))
        .expect("a request");
    let reply = router(world).oneshot(request).await.expect("an answer");
    let mut cookies = reply.headers().get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    cookies.rfind(|cookie| cookie.starts_with("kairos_development=")).expect("a session").to_owned()
}

/// How both of Kairos' routers here are told about the web.
fn web() -> Web {
    Web {
        environment: Environment::Development,
        public_origin: "http://localhost:3000".to_owned(),
        is_https: false,
        trusted_proxies: Vec::new(),
        allowed_origins: Vec::new(),
        admin_networks: Vec::new(),
        site_root: "target/site".into(),
        outbox: None,
        webhook_token: WEBHOOK_TOKEN.to_owned().into(),
        sandbox_url: None,
    }
}
