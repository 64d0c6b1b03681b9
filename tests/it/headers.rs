//! Security headers, on every reply.

use axum::http::Method;
use kairos::config::Environment;
use types::Role;

use crate::support::{router, send, site};

#[tokio::test]
async fn every_reply_carries_them_errors_too() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let production = router(&site.world, Environment::Production);
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/sign-in"),
        (Method::GET, "/nowhere"),
        (Method::GET, "/api/nowhere"),
        (Method::GET, "/api/calendar/status"),
        (Method::PUT, "/"),
        (Method::GET, "/healthz"),
        (Method::GET, "/favicon.svg"),
        (Method::POST, "/sign-in"),
    ] {
        let reply = send(&production, method.clone(), path, None, None).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("x-xss-protection", "0"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ] {
            assert_eq!(reply.header(name), value, "{method} {path} {name}");
        }
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"), "{method} {path}");
        assert_eq!(reply.header("x-request-id").len(), 36, "{method} {path}");
    }
    assert_eq!(site.get("/app", Some(&cookie)).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn scripts_run_by_a_nonce_that_is_new_each_time() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..3 {
        let reply = site.get("/app", Some(&cookie)).await;
        let policy = reply.header("content-security-policy").to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 16 && !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        for script in reply.body.split("<script").skip(1) {
            assert!(script.split('>').next().unwrap().contains(&nonce), "a script without the nonce");
        }
        assert!(!reply.body.contains(" style=\""), "inline styles are not allowed by the policy");
        assert!(seen.insert(nonce));
    }
}

#[tokio::test]
async fn the_settings_page_stays_below_its_budget() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    let page = site.get("/app/settings", Some(&cookie)).await.body;
    assert!(page.len() <= 13_000, "{} bytes", page.len());
}
