//! What replies say of limits, and which other sites and networks are answered.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::TimeDelta;
use kairos::config::Environment;
use kairos::routes::ROUTES;
use kairos::state::AppState;
use serde_json::json;
use tower::ServiceExt;
use types::{Permission, Role, Scope};

use crate::api::{ask, ask_with, json, key, key_named, state_web, token};
use crate::support::{Reply, router, site, state};

fn limits(headers: &HeaderMap) -> (i64, i64, i64) {
    let number = |name: &str| headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap().parse().unwrap();
    (number("x-ratelimit-limit"), number("x-ratelimit-remaining"), number("x-ratelimit-reset"))
}

#[tokio::test]
async fn of_two_hundred_requests_at_once_on_two_replicas_exactly_a_hundred_are_answered() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, other) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let token = token(&site, &key_named(&site, &cookie, "Narrow", &[Scope::CalendarRead]).await).await;
    let replica = router(&site.world, Environment::Development);
    let tries = (0..200).map(|number| {
        let one = if number % 2 == 0 { site.router.clone() } else { replica.clone() };
        // Of one person together, whichever way they ask.
        let (name, value) = if number % 3 == 0 { ("cookie", cookie.clone()) } else { ("authorization", format!("Bearer {token}")) };
        tokio::spawn(async move { ask(&one, "GET", "/api/calendar/status", &[(name, &value)], "").await })
    });
    let mut left = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        let reply = one.await.unwrap();
        let (limit, remaining, reset) = limits(&reply.headers);
        assert!(limit == 100 && (1..=60).contains(&reset), "{limit} {reset}");
        if reply.status == StatusCode::OK {
            left.push(remaining);
            continue;
        }
        assert_eq!((reply.status, remaining), (StatusCode::TOO_MANY_REQUESTS, 0), "{}", reply.body);
        let body = json(&reply);
        assert_eq!((&body["error"], &body["code"]), (&json!("Too many requests"), &json!("too_many")));
        assert_eq!(reply.header("retry-after"), reset.to_string());
    }
    left.sort_unstable();
    assert_eq!(left, (0..100).collect::<Vec<i64>>(), "each was told its own number");
    // Nobody else is kept out: not another person, not somebody who has no token.
    assert_eq!(site.get("/api/calendar/status", Some(&other)).await.status, StatusCode::OK);
    assert_eq!(ask_with(&site.router, "GET", "/api/calendar/status", "nonsense").await.status, StatusCode::UNAUTHORIZED);
    // And of who is nobody, a hundred too.
    let mut nobody = 0;
    while ask(&site.router, "GET", "/api/calendar/status", &[], "").await.status == StatusCode::UNAUTHORIZED {
        nobody += 1;
        assert!(nobody < 200);
    }
    assert!((95..100).contains(&nobody), "{nobody} after a token, an exchange and nonsense from the same place");
    assert_eq!(site.get("/api/calendar/status", Some(&other)).await.status, StatusCode::OK);
    site.world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(site.get("/api/calendar/status", Some(&cookie)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn replies_of_forms_that_are_limited_say_what_is_left() {
    let site = site().await;
    site.world.person("noor@example.com").await;
    for left in [9, 8, 7] {
        let reply = site.post("/sign-in", None, "email=noor%40example.com&password=guess-after-guess").await;
        assert_eq!(limits(&reply.headers), (10, left, 900), "{}", reply.status);
    }
    for left in [99, 98] {
        let reply = site.post("/webhooks/google/wrong", None, "").await;
        assert_eq!((reply.status, limits(&reply.headers)), (StatusCode::NOT_FOUND, (100, left, 3600)));
    }
    assert!(site.get("/sign-in", None).await.headers.get("x-ratelimit-limit").is_none(), "a page is not limited");
}

#[tokio::test]
async fn other_sites_read_replies_only_where_they_are_named_and_never_with_a_cookie() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let key = key(&site, &cookie, &[Scope::CalendarRead]).await;
    let parts = state(&site.world, Environment::Development);
    let web = state_web(vec!["https://app.example".to_owned()], Vec::new());
    let router = kairos::router::build(AppState::new(parts.deps.clone(), parts.hasher.clone(), web));
    let allowed = |reply: &Reply| reply.header("access-control-allow-origin").to_owned();
    let preflight = async |origin: &str, method: &str| {
        let headers = [("origin", origin), ("access-control-request-method", method), ("access-control-request-headers", "authorization")];
        ask(&router, "OPTIONS", "/api/token", &headers, "").await
    };
    let reply = preflight("https://app.example", "POST").await;
    assert_eq!((reply.status, allowed(&reply).as_str()), (StatusCode::OK, "https://app.example"));
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    assert!(!reply.header("access-control-allow-methods").contains("DELETE"));
    for origin in ["https://app.example.evil.example", "http://app.example", "https://APP.example", "null", "https://evil.example"] {
        assert_eq!(allowed(&preflight(origin, "POST").await), "", "{origin}");
    }
    let from_there = [("origin", "https://app.example"), ("sec-fetch-site", "cross-site")];
    let bearer = format!("Bearer {key}");
    let exchanged = ask(&router, "POST", "/api/token", &[&from_there[..], &[("authorization", &bearer)]].concat(), "").await;
    assert_eq!((exchanged.status, allowed(&exchanged).as_str()), (StatusCode::OK, "https://app.example"));
    assert!(exchanged.header("access-control-expose-headers").contains("x-ratelimit-remaining"));
    // What went wrong can be read there too.
    let refused = ask(&router, "GET", "/api/calendar/status", &[&from_there[..], &[("authorization", "Bearer x")]].concat(), "").await;
    assert_eq!((refused.status, allowed(&refused).as_str()), (StatusCode::UNAUTHORIZED, "https://app.example"));
    // Pages are for nobody else, and a change without a token is no program's.
    let page = ask(&router, "GET", "/app", &[&from_there[..], &[("cookie", &cookie)]].concat(), "").await;
    assert_eq!(allowed(&page), "");
    let forged = ask(&router, "DELETE", "/api/calendar/disconnect", &[&from_there[..], &[("cookie", &cookie)]].concat(), "").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    // Without any site that is named nothing is said of sites at all.
    let reply = ask(&site.router, "GET", "/api/calendar/status", &[("origin", "https://app.example"), ("cookie", &cookie)], "").await;
    assert_eq!(allowed(&reply), "");
}

#[tokio::test]
async fn admins_are_answered_only_from_the_networks_that_are_named() {
    let site = site().await;
    let (_, cookie) = site.signed_in("admin@example.com", &[Role::User, Role::Admin]).await;
    let parts = state(&site.world, Environment::Development);
    let web = state_web(Vec::new(), vec!["198.51.100.0/24".parse().unwrap()]);
    let router = kairos::router::build(AppState::new(parts.deps.clone(), parts.hasher.clone(), web));
    let from = async |address: &str, path: &str| {
        let mut request = Request::get(path).header("cookie", &cookie).body(Body::empty()).unwrap();
        let address: SocketAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request).await.unwrap().status()
    };
    for route in ROUTES.iter().filter(|route| route.permission == Permission::Administer && route.method == "GET") {
        let path = route.path.replace("{place}", "0").replace("{id}", "0192e4a0-0000-7000-8000-000000000000");
        assert_eq!(from("203.0.113.9:1", &path).await, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(from("198.51.100.7:1", "/admin/audit").await, StatusCode::OK);
    assert_eq!(from("203.0.113.9:1", "/app").await, StatusCode::OK, "their own pages are everywhere");
}
