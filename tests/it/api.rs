//! Keys and tokens of programs: what they open, when they end, how often they may ask, and from which sites.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use domain::Deps;
use domain::base::Settings;
use kairos::config::Environment;
use kairos::http::openapi::OPENAPI;
use kairos::routes::{Kind, Proof, ROUTES};
use kairos::state::{AppState, Web};
use serde_json::{Value, json};
use types::{Permission, Role, Scope};

use crate::support::{self, Reply, Site, between, router, site, state};

const KEYS: &str = "/app/settings/security/keys";

/// Sends a request as a program does.
pub async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body.to_owned())).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([203, 0, 113, 9], 40_000))));
    support::exchange(router, request).await
}

pub async fn ask_with(router: &Router, method: &str, path: &str, token: &str) -> Reply {
    ask(router, method, path, &[("authorization", &format!("Bearer {token}"))], "").await
}

/// Makes a key on the page, as a person does.
pub async fn key(site: &Site, cookie: &str, scopes: &[Scope]) -> String {
    let name = scopes.iter().map(|scope| scope.as_str().split(':').next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
    key_named(site, cookie, &format!("Backup script {name}"), scopes).await
}

pub async fn key_named(site: &Site, cookie: &str, name: &str, scopes: &[Scope]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([("name", name), ("days", "30")]);
    form.extend_pairs(scopes.iter().map(|scope| ("scope", scope.as_str())));
    let reply = site.post(KEYS, Some(cookie), &form.finish()).await;
    assert_eq!(reply.status, StatusCode::OK, "{} {}", reply.header("location"), reply.body);
    let key = between(&reply.body, "<code class=\"fingerprint\">", "<").to_owned();
    assert!(key.starts_with("kairos_key_") && key.len() > 50, "{key}");
    key
}

async fn exchange(router: &Router, key: &str, scope: &str) -> Reply {
    let headers = [("authorization", format!("Bearer {key}")), ("content-type", "application/x-www-form-urlencoded".to_owned())];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = if scope.is_empty() { String::new() } else { format!("scope={}", scope.replace(':', "%3A").replace(' ', "+")) };
    ask(router, "POST", "/api/token", &headers, &body).await
}

pub async fn token(site: &Site, key: &str) -> String {
    let reply = exchange(&site.router, key, "").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    json(&reply)["access_token"].as_str().unwrap().to_owned()
}

pub fn json(reply: &Reply) -> Value {
    serde_json::from_str(&reply.body).unwrap_or_else(|error| panic!("{error}: {}", reply.body))
}

fn code(reply: &Reply) -> String {
    json(reply)["code"].as_str().unwrap_or_default().to_owned()
}

/// The same site under other settings.
fn under(site: &Site, settings: Settings) -> Router {
    let state = state(&site.world, Environment::Development);
    let deps = Deps { settings: Arc::new(settings), ..state.deps.clone() };
    kairos::router::build(AppState::new(deps, state.hasher.clone(), state_web(Vec::new(), Vec::new())))
}

pub fn state_web(allowed_origins: Vec<String>, admin_networks: Vec<ipnet::IpNet>) -> Web {
    Web { allowed_origins, admin_networks, ..crate::support::web(Environment::Development) }
}

async fn entries(site: &Site, action: &str) -> Vec<(Option<uuid::Uuid>, Value)> {
    sqlx::query_as("select subject_user_id, detail from audit_events where action = $1 order by id")
        .bind(action)
        .fetch_all(&site.world.behind().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_route_answers_a_token_only_where_it_names_a_scope_of_it() {
    let site = site().await;
    let (_, mut cookie) = site.signed_in("noor@example.com", &[Role::User, Role::Builder, Role::Admin]).await;
    let mut opened = 0;
    for scope in Scope::ALL {
        // A proof of a quarter of an hour ago makes no key.
        let form = format!("email=noor%40example.com&password={}", domain::testing::PASSWORD);
        cookie = site.post("/sign-in", None, &form).await.cookie();
        let token = token(&site, &key(&site, &cookie, &[*scope]).await).await;
        for route in ROUTES {
            site.world.clock.advance(TimeDelta::seconds(1));
            let path =
                route.path.replace("{id}", "0192e4a0-0000-7000-8000-000000000000").replace("{provider}", "google").replace("{place}", "0");
            let path = path.replace("{*file}", "x").replace("{file}", "x.ics").replace("{token}", "x");
            let reply = ask(
                &site.router,
                route.method,
                &path,
                &[("authorization", &format!("Bearer {token}")), ("content-type", "application/x-www-form-urlencoded")],
                "",
            )
            .await;
            let what = format!("{} {} with {scope}: {} {}", route.method, route.path, reply.status, reply.body);
            if route.permission == Permission::Public {
                assert!(!reply.status.is_server_error(), "{what}");
            } else if route.scope == Some(*scope) {
                assert_eq!(reply.status, StatusCode::OK, "{what}");
                opened += 1;
            } else if route.is_counted() {
                assert_eq!((reply.status, code(&reply).as_str()), (StatusCode::FORBIDDEN, "scope_missing"), "{what}");
                assert!(reply.header("www-authenticate").starts_with("Bearer error=\"insufficient_scope\""), "{what}");
            } else {
                // Pages know no tokens: this is nobody.
                let is_led = reply.status == StatusCode::SEE_OTHER && reply.header("location").starts_with("/sign-in");
                assert!(is_led || reply.status == StatusCode::UNAUTHORIZED, "{what}");
            }
        }
    }
    assert_eq!(opened, 6);
    // A cookie that comes along adds nothing to a token.
    let narrow = token(&site, &key_named(&site, &cookie, "Narrow", &[Scope::CalendarRead]).await).await;
    let both = ask(&site.router, "GET", "/api/events", &[("authorization", &format!("Bearer {narrow}")), ("cookie", &cookie)], "").await;
    assert_eq!(both.status, StatusCode::FORBIDDEN);
}

#[test]
fn every_route_for_programs_names_its_scope_and_none_of_them_asks_for_a_proof_that_no_program_can_give() {
    for route in ROUTES.iter().filter(|route| route.is_counted()) {
        let is_for_browsers = ["/api/calendar/connect/{provider}", "/api/calendar/callback/{provider}", "/api/calendar/disconnect"];
        assert_eq!(
            route.scope.is_some(),
            route.permission != Permission::Public && !is_for_browsers.contains(&route.path),
            "{} {}",
            route.method,
            route.path
        );
        if let Some(scope) = route.scope {
            // A browser is asked for one before it takes everything; the key of a program was made with one.
            let proof = if route.path == "/api/me/export" { Proof::Fresh } else { Proof::Session };
            assert_eq!((route.proof, route.kind, route.permission), (proof, Kind::Api, scope.permission()), "{}", route.path);
        }
    }
}

#[tokio::test]
async fn a_key_that_is_ended_takes_its_tokens_with_it_and_their_use_is_kept() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, other) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let key = key(&site, &cookie, &[Scope::EventsRead, Scope::FreeBusyRead]).await;
    let narrowed = exchange(&site.router, &key, "events:read").await;
    assert_eq!(json(&narrowed)["scope"], "events:read");
    assert_eq!(json(&narrowed)["expires_in"], 1800);
    assert_eq!(exchange(&site.router, &key, "audit:read").await.status, StatusCode::FORBIDDEN, "beyond the key");
    assert_eq!(exchange(&site.router, &key, "everything").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let token = token(&site, &key).await;
    let replica = router(&site.world, Environment::Development);
    for one in [&site.router, &replica] {
        assert_eq!(ask_with(one, "GET", "/api/events", &token).await.status, StatusCode::OK);
    }
    let page = site.get(KEYS, Some(&cookie)).await.body;
    assert!(!page.contains(&key) && page.contains("Backup script"), "shown once, by its name from then on");
    let id = between(&page, "name=\"key\" value=\"", "\"").to_owned();
    // Somebody else ends nothing.
    site.post("/app/settings/security/keys/end", Some(&other), &format!("key={id}")).await;
    assert_eq!(ask_with(&site.router, "GET", "/api/events", &token).await.status, StatusCode::OK);
    let ended = site.post("/app/settings/security/keys/end", Some(&cookie), &format!("key={id}")).await;
    assert_eq!(ended.header("location"), "/app/settings/security/keys?notice=api_key_ended");
    for one in [&site.router, &replica] {
        let refused = ask_with(one, "GET", "/api/events", &token).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    }
    assert_eq!(exchange(&site.router, &key, "").await.status, StatusCode::UNAUTHORIZED);
    let refusals = entries(&site, "api_key.refused").await;
    let mut because: Vec<&str> = refusals.iter().map(|(_, detail)| detail["because"].as_str().unwrap()).collect();
    because.sort_unstable();
    assert_eq!(because, ["ended", "scope", "token_after_end", "token_after_end"]);
    assert!(refusals.iter().all(|(subject, _)| *subject == Some(noor.0)));
    for (action, count) in [("api_key.made", 1), ("api_key.exchanged", 2), ("api_key.ended", 1)] {
        assert_eq!(entries(&site, action).await.len(), count, "{action}");
    }
    // No key and no token is kept anywhere.
    let dump: Vec<String> = sqlx::query_scalar("select k::text from api_keys k union all select e::text from audit_events e")
        .fetch_all(&site.world.behind().await)
        .await
        .unwrap();
    assert!(dump.iter().all(|row| !row.contains(&key) && !row.contains(&token) && !row.contains("Backup script")));
}

#[tokio::test]
async fn a_token_holds_half_an_hour_and_is_read_only_as_what_it_is() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let token = token(&site, &key_named(&site, &cookie, "Narrow", &[Scope::CalendarRead]).await).await;
    let status = async |token: &str| ask_with(&site.router, "GET", "/api/calendar/status", token).await.status;
    assert_eq!(status(&token).await, StatusCode::OK);
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let parts: Vec<&str> = token.split('.').collect();
    let decoded = |part: &str| serde_json::from_slice::<Value>(&BASE64.decode(part).unwrap()).unwrap();
    let (head, claims) = (decoded(parts[0]), decoded(parts[1]));
    assert_eq!((&head["alg"], &head["typ"]), (&json!("HS256"), &json!("at+jwt")));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    let with = |head: &Value, claims: &Value, signature: &str| {
        format!("{}.{}.{signature}", BASE64.encode(head.to_string()), BASE64.encode(claims.to_string()))
    };
    let mut none = head.clone();
    none["alg"] = json!("none");
    let mut more = claims.clone();
    more["scope"] = json!("events:read calendar:read");
    for (what, forged) in [
        ("no algorithm", with(&none, &claims, "")),
        ("no algorithm, signed", with(&none, &claims, parts[2])),
        ("more scopes", with(&head, &more, parts[2])),
        ("cut", token[..token.len() - 2].to_owned()),
        ("nothing", String::new()),
        ("rubbish", "a.b.c".to_owned()),
        ("long", "x".repeat(10_000)),
    ] {
        assert_eq!(status(&forged).await, StatusCode::UNAUTHORIZED, "{what}");
    }
    // Of another installation that shares the keys.
    let settings = Settings { public_url: "https://elsewhere.example".to_owned(), ..site.world.deps.settings.as_ref().clone() };
    assert_eq!(ask_with(&under(&site, settings), "GET", "/api/calendar/status", &token).await.status, StatusCode::UNAUTHORIZED);
    site.world.clock.advance(TimeDelta::minutes(29));
    assert_eq!(status(&token).await, StatusCode::OK);
    site.world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(status(&token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_ends_on_its_day_and_with_the_role_it_needs() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User, Role::Admin]).await;
    let key = key(&site, &cookie, &[Scope::AuditRead]).await;
    let token = token(&site, &key).await;
    let log = ask_with(&site.router, "GET", "/api/audit?what=api_key", &token).await;
    assert_eq!(json(&log)["entries"].as_array().unwrap().len(), 2, "{}", log.body);
    let behind = site.world.behind().await;
    sqlx::query("update users set roles = '{user}' where id = $1").bind(noor.0).execute(&behind).await.unwrap();
    assert_eq!(ask_with(&site.router, "GET", "/api/audit", &token).await.status, StatusCode::NOT_FOUND, "no admin any more");
    site.world.clock.advance(TimeDelta::days(30));
    assert_eq!(exchange(&site.router, &key, "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(entries(&site, "api_key.refused").await.last().unwrap().1["because"], "expired");
}

#[tokio::test]
async fn what_is_not_acceptable_is_said_beside_its_field_and_what_was_typed_stays() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    for (form, field, kept) in [
        ("name=+&scope=events%3Aread&days=365", "error-name", "value=\"365\" selected"),
        (&*format!("name={}&scope=events%3Aread", "x".repeat(61)), "error-name", "xxx"),
        ("name=Kitchen+display&days=30", "error-scope", "Kitchen display"),
        // Not theirs to give.
        ("name=Kitchen+display&scope=audit%3Aread", "error-scope", "Kitchen display"),
        ("name=Kitchen+display&scope=everything", "error-scope", "Kitchen display"),
    ] {
        let reply = site.post(KEYS, Some(&cookie), form).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(reply.body.contains(&format!("id=\"{field}\"")) && reply.body.contains(kept), "{form}: {}", reply.body);
    }
    assert!(!site.get(KEYS, Some(&cookie)).await.body.contains("audit:read"), "an admin's scope is not offered");
    // Sent twice at once and once more, as by a page that is loaded again: one key.
    let form = "name=Kitchen+display&days=30&scope=events%3Aread";
    let (first, second) = tokio::join!(
        site.post(KEYS, Some(&cookie), form),
        site.post(KEYS, Some(&cookie), "name=+Kitchen+display&days=30&scope=events%3Aread")
    );
    let again = site.post(KEYS, Some(&cookie), form).await;
    let refused: Vec<_> = [first, second, again].into_iter().filter(|reply| reply.status == StatusCode::UNPROCESSABLE_ENTITY).collect();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|reply| reply.body.contains("id=\"error-name\"") && reply.body.contains("a key of this name")));
    for number in 1..20 {
        key_named(&site, &cookie, &format!("Display {number}"), &[Scope::EventsRead]).await;
    }
    let full = site.post(KEYS, Some(&cookie), "name=One+more&scope=events%3Aread").await;
    assert!(full.status == StatusCode::UNPROCESSABLE_ENTITY && full.body.contains("as many as there may be"), "{}", full.body);
    // Made with a proof only that is not too old.
    site.world.clock.advance(TimeDelta::minutes(16));
    let late = site.post(KEYS, Some(&cookie), "name=Late&scope=events%3Aread").await;
    assert!(late.header("location").starts_with("/app/settings/security/confirm"), "{}", late.header("location"));
}

#[tokio::test]
async fn the_document_names_every_route_for_programs_and_real_replies_are_as_it_says() {
    let document: Value = serde_json::from_str(OPENAPI).unwrap();
    let mut described = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let route = kairos::routes::find(&method.to_uppercase(), path).unwrap_or_else(|| panic!("{method} {path}"));
            let scope = operation["security"][0]["token"][0].as_str().map(str::to_owned);
            assert_eq!(scope, route.scope.map(|scope| scope.to_string()), "{path}");
            described.push((route.method, route.path));
        }
    }
    for route in ROUTES.iter().filter(|route| route.is_counted() && (route.scope.is_some() || route.permission == Permission::Public)) {
        assert!(described.contains(&(route.method, route.path)), "{} is not described", route.path);
    }

    let site = site().await;
    let (user, cookie) = site.signed_in("noor@example.com", &[Role::User, Role::Builder, Role::Admin]).await;
    let check = |path: &str, method: &str, reply: &Reply| {
        let status = reply.status.as_u16().to_string();
        let found = &document["paths"][path][method]["responses"][&status];
        let found = match found["$ref"].as_str() {
            Some(name) => document.pointer(name.trim_start_matches('#')).unwrap(),
            None => found,
        };
        let content = found["content"].as_object().unwrap_or_else(|| panic!("{method} {path} {status}: {}", reply.body));
        let (kind, shape) = content.iter().next().unwrap();
        assert!(reply.header("content-type").starts_with(kind.as_str()), "{path} {status}");
        let mut schema = shape["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        let wrong: Vec<String> =
            validator.iter_errors(&json(reply)).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        assert!(wrong.is_empty(), "{method} {path} {status}: {wrong:?} in {}", reply.body);
    };
    let key = key(&site, &cookie, Scope::ALL).await;
    check("/api/token", "post", &exchange(&site.router, &key, "").await);
    check("/api/token", "post", &exchange(&site.router, "kairos_key_x", "").await);
    check("/api/token", "post", &exchange(&site.router, &key, "x").await);
    let token = token(&site, &key).await;
    domain::audit::seal(&site.world.deps).await.unwrap();
    for path in ["/api/calendar/status", "/api/events", "/api/free-busy", "/api/bookings", "/api/audit", "/api/openapi.json"] {
        check(path, "get", &ask_with(&site.router, "GET", path, &token).await);
    }
    for _ in 0..2 {
        site.connect_google(&cookie).await;
    }
    let connections: Vec<uuid::Uuid> =
        sqlx::query_scalar("select id from calendar_connections").fetch_all(&site.world.behind().await).await.unwrap();
    for connection in connections {
        let op = domain::Op::job(site.world.deps.new_request_id(), Some(user));
        domain::calendar::sync(&site.world.deps, &op, types::ConnectionId(connection)).await.unwrap();
    }
    for path in ["/api/calendar/status", "/api/events", "/api/free-busy", "/api/audit?when=all"] {
        let reply = ask_with(&site.router, "GET", path, &token).await;
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        check(path, "get", &reply);
        check(path, "get", &ask_with(&site.router, "GET", path, "x").await);
    }
    check("/api/events", "get", &ask_with(&site.router, "GET", "/api/events?limit=0", &token).await);
    let narrow = exchange(&site.router, &key, "calendar:read").await;
    let narrow = json(&narrow)["access_token"].as_str().unwrap().to_owned();
    check("/api/events", "get", &ask_with(&site.router, "GET", "/api/events", &narrow).await);
    let mut last = ask_with(&site.router, "GET", "/api/free-busy", &token).await;
    while last.status == StatusCode::OK {
        last = ask_with(&site.router, "GET", "/api/free-busy", &token).await;
    }
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    check("/api/free-busy", "get", &last);
    assert!(!last.headers.contains_key(header::SET_COOKIE));
}
