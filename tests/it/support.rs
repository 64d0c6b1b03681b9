//! The site in memory, and a browser of few words.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use domain::Deps;
use domain::base::{Clock, Database, Settings, SystemClock};
use domain::testing::{TestDatabase, Traffic, Wire, World, WorldOptions};
use kairos::config::Environment;
use kairos::state::{AppState, Web};
use sandbox::{Sandbox, SandboxClock};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tower::ServiceExt;
use types::{Role, UserId};

/// The unguessable part of the addresses that providers push to.
pub const WEBHOOK_TOKEN: &str = "a-path-that-nobody-guesses-01234";

pub struct Site {
    pub world: World,
    pub sandbox: Sandbox,
    pub router: Router,
    /// The router's connections.
    pub pool: PgPool,
    /// Between the router and its database, if somebody listens: then the router has one connection.
    pub wire: Option<Wire>,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    /// The cookie of the session, with its attributes.
    pub fn session_cookie(&self) -> &str {
        let mut cookies = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        cookies.find(|cookie| !cookie.split('=').next().unwrap_or_default().ends_with("device")).unwrap_or_default()
    }

    /// The cookie of the session, as a browser sends it back.
    pub fn cookie(&self) -> String {
        self.session_cookie().split(';').next().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

pub async fn site() -> Site {
    site_at(WorldOptions::default().now, None, false).await
}

/// A site whose router has one connection to the database, which can be listened to.
pub async fn site_on_a_wire() -> Site {
    site_at(WorldOptions::default().now, None, true).await
}

/// A site that listens, where the stand-ins push to it.
pub async fn site_with_push() -> Site {
    listening(false).await
}

/// The same with a wire.
pub async fn site_with_push_on_a_wire() -> Site {
    listening(true).await
}

/// A site that listens, on the clock of this machine.
pub async fn site_now() -> Site {
    listening_at(SystemClock.now(), false).await
}

async fn listening(has_wire: bool) -> Site {
    listening_at(WorldOptions::default().now, has_wire).await
}

async fn listening_at(now: chrono::DateTime<chrono::Utc>, has_wire: bool) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let site = site_at(now, Some(format!("http://{address}/webhooks/{{provider}}/{WEBHOOK_TOKEN}")), has_wire).await;
    site.sandbox.stripe(|stripe| stripe.endpoint = Some(format!("http://{address}/webhooks/stripe/{WEBHOOK_TOKEN}")));
    let service = site.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    site
}

async fn site_at(now: chrono::DateTime<chrono::Utc>, webhooks: Option<String>, has_wire: bool) -> Site {
    let redirects =
        ["api/calendar/callback/google", "api/calendar/callback/outlook", "sign-in/google/callback", "builder/connect/calendly/callback"]
            .map(|path| format!("http://localhost:3000/{path}"));
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), redirects.into(), SandboxClock::new(move || now)).await.unwrap();
    let providers = Some((sandbox.base_url(), sandbox::CLIENT_ID, sandbox::CLIENT_SECRET));
    let database = Arc::new(TestDatabase::new().await);
    let wire = if has_wire { Some(Wire::to(database.server()).await) } else { None };
    let world = World::on(database, WorldOptions { providers, webhooks, now, ..WorldOptions::default() }).await;
    let deps = match &wire {
        Some(wire) => Deps { database: Database::lazy(wire.options(), 1), ..world.deps.clone() },
        None => world.deps.clone(),
    };
    let pool = deps.database.pool().clone();
    let web = Web { sandbox_url: Some(sandbox.base_url()), ..web(Environment::Development) };
    let router = kairos::router::build(AppState::new(deps, world.hasher.clone(), web));
    Site { world, sandbox, router, pool, wire }
}

pub fn router(world: &World, environment: Environment) -> Router {
    kairos::router::build(state(world, environment))
}

/// What every handler of a site on this world can reach.
pub fn state(world: &World, environment: Environment) -> AppState {
    state_with(world.deps.clone(), world, environment)
}

fn state_with(deps: Deps, world: &World, environment: Environment) -> AppState {
    let settings = Settings { admins_need_second_factor: !environment.is_development(), ..deps.settings.as_ref().clone() };
    let deps = Deps { settings: Arc::new(settings), ..deps };
    AppState::new(deps, world.hasher.clone(), web(environment))
}

/// How the edges are told about the web.
pub fn web(environment: Environment) -> Web {
    Web {
        environment,
        public_origin: "http://localhost:3000".to_owned(),
        is_https: environment.is_production(),
        trusted_proxies: Vec::new(),
        allowed_origins: Vec::new(),
        admin_networks: Vec::new(),
        site_root: "target/site".into(),
        outbox: environment.is_development().then(|| "/nonexistent".into()),
        webhook_token: WEBHOOK_TOKEN.to_owned().into(),
        sandbox_url: None,
    }
}

/// What stands between two texts.
pub fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    page.split(before).nth(1).unwrap_or_default().split(after).next().unwrap_or_default()
}

/// One request. `cookie` is a session's; forms are same-origin as a browser's own.
pub async fn send(router: &Router, method: Method, path: &str, cookie: Option<&str>, form: Option<&str>) -> Reply {
    let mut request = Request::builder().method(method).uri(path).header("sec-fetch-site", "same-origin");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    if form.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    exchange(router, request.body(Body::from(form.unwrap_or_default().to_owned())).unwrap()).await
}

pub async fn exchange(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8_lossy(&to_bytes(body, 10 << 20).await.unwrap()).into_owned();
    Reply { status: parts.status, headers: parts.headers, body }
}

impl Site {
    /// How many entries of the audit log say that `action` was done.
    pub async fn entries(&self, action: &str) -> i64 {
        sqlx::query_scalar("select count(*) from audit_events where action = $1")
            .bind(action)
            .fetch_one(&self.world.behind().await)
            .await
            .unwrap()
    }

    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Reply {
        send(&self.router, Method::GET, path, cookie, None).await
    }

    pub async fn post(&self, path: &str, cookie: Option<&str>, form: &str) -> Reply {
        send(&self.router, Method::POST, path, cookie, Some(form)).await
    }

    /// What is sent back for a form, which is no text.
    pub async fn post_bytes(&self, path: &str, cookie: &str) -> Vec<u8> {
        let request =
            Request::builder().method(Method::POST).uri(path).header("sec-fetch-site", "same-origin").header(header::COOKIE, cookie);
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        to_bytes(response.into_body(), 100 << 20).await.unwrap().to_vec()
    }

    /// What the router asked its database since this was last called. Of a site on a wire.
    pub async fn traffic(&self) -> Traffic {
        // A connection is tested on its way back into the pool, which nobody waits for.
        while self.pool.num_idle() < self.pool.size() as usize {
            tokio::task::yield_now().await;
        }
        self.wire.as_ref().unwrap().take()
    }

    /// A person with these roles, signed in; the answer is their cookie.
    pub async fn signed_in(&self, email: &str, roles: &[Role]) -> (UserId, String) {
        let user = self.world.person_with(email, roles).await;
        let form = format!("email={}&password={}", email.replace('@', "%40"), domain::testing::PASSWORD);
        let reply = self.post("/sign-in", None, &form).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        (user, reply.cookie())
    }

    /// Connects Google as this person's browser does.
    pub async fn connect_google(&self, cookie: &str) -> types::ConnectionId {
        self.connect(cookie, "google", "google", "noor.haddad@example.com").await
    }

    /// Connects Outlook as this person's browser does.
    pub async fn connect_outlook(&self, cookie: &str) -> types::ConnectionId {
        self.connect(cookie, "outlook", "microsoft", "mira.okafor@contoso.example").await
    }

    async fn connect(&self, cookie: &str, provider: &str, stand_in: &str, account: &str) -> types::ConnectionId {
        let away = self.get(&format!("/api/calendar/connect/{provider}"), Some(cookie)).await;
        let back = consent(away.header("location"), stand_in, account).await;
        let path = back.strip_prefix("http://localhost:3000").unwrap().to_owned();
        let landed = self.get(&path, Some(cookie)).await;
        assert_eq!(landed.header("location"), "/app/settings?connected=success");
        let status: serde_json::Value = serde_json::from_str(&self.get("/api/calendar/status", Some(cookie)).await.body).unwrap();
        assert_eq!(status["connected"], true);
        let page = self.get("/app/settings", Some(cookie)).await.body;
        page.split("data-connection=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    }
}

/// A token for an API key.
pub async fn token_for(router: &Router, key: &secrecy::SecretString) -> String {
    let authorization = format!("Bearer {}", secrecy::ExposeSecret::expose_secret(key));
    let request = Request::post("/api/token").header(header::AUTHORIZATION, authorization).body(Body::empty()).unwrap();
    let body = exchange(router, request).await.body;
    serde_json::from_str::<serde_json::Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// Allows everything on the stand-in's consent page; the answer is the way back.
pub async fn consent(url: &str, stand_in: &str, account: &str) -> String {
    let url: url::Url = url.parse().unwrap();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(url.query_pairs()).append_pair("account", account).append_pair("decision", "allow");
    providers::outbound::use_ring();
    #[expect(clippy::disallowed_methods, reason = "a browser, not the server")]
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let target = format!("{}/{stand_in}/consent", url.origin().ascii_serialization());
    let answer = client.post(target).header("content-type", "application/x-www-form-urlencoded").body(form.finish()).send().await.unwrap();
    answer.headers()["location"].to_str().unwrap().to_owned()
}
