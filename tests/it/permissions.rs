//! Every route × every role.

use axum::http::{Method, StatusCode};
use kairos::config::Environment;
use kairos::routes::{Kind, ROUTES};
use types::Role;

use crate::support::{router, send, site};

#[tokio::test]
async fn every_route_answers_exactly_the_roles_its_permission_names() {
    let site = site().await;
    let mut callers: Vec<(&[Role], Option<String>)> = vec![(&[], None)];
    for (email, roles) in
        [("user@example.com", &[Role::User][..]), ("builder@example.com", &[Role::Builder]), ("admin@example.com", &[Role::Admin])]
    {
        callers.push((roles, Some(site.signed_in(email, roles).await.1)));
    }
    for route in ROUTES {
        for (roles, cookie) in &callers {
            // Signing out would end the caller's session for the rest of the walk.
            if route.path == "/sign-out" && cookie.is_some() {
                continue;
            }
            let path = route
                .path
                .replace("{id}", "0192e4a0-0000-7000-8000-000000000000")
                .replace("{provider}", "google")
                .replace("{place}", "0")
                .replace("{*file}", "x")
                .replace("{file}", "x.ics");
            let method: Method = route.method.parse().unwrap();
            let form = (method == Method::POST).then_some("");
            let reply = send(&site.router, method, &path, cookie.as_deref(), form).await;
            let what = format!("{} {} as {roles:?}: {} {}", route.method, route.path, reply.status, reply.header("location"));
            let led_to_sign_in = reply.header("location").starts_with("/sign-in?notice=sign_in_first");
            if route.path == "/api/token" {
                // Whoever brings no key.
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}");
            } else if route.permission.allows(roles) {
                assert!(reply.status != StatusCode::UNAUTHORIZED && !led_to_sign_in, "{what}");
                assert!(!reply.status.is_server_error(), "{what}");
            } else if roles.is_empty() {
                match route.kind {
                    Kind::Api => assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{what}"),
                    Kind::Page | Kind::Asset => assert!(led_to_sign_in, "{what}"),
                }
            } else {
                assert_eq!(reply.status, StatusCode::NOT_FOUND, "{what}");
            }
        }
    }
}

#[tokio::test]
async fn every_page_of_the_app_is_in_the_table_and_every_page_of_the_table_is_in_the_app() {
    let site = site().await;
    let in_app: std::collections::BTreeSet<String> = app::routes::PAGES.iter().map(|page| page.path.to_owned()).collect();
    let in_table: std::collections::BTreeSet<String> =
        ROUTES.iter().filter(|route| route.is_shown()).map(|route| route.path.to_owned()).collect();
    assert_eq!(in_app, in_table);
    drop(site);
}

#[tokio::test]
async fn what_is_for_development_is_not_there_in_production() {
    let site = site().await;
    let production = router(&site.world, Environment::Production);
    for route in ROUTES.iter().filter(|route| route.development_only) {
        assert_eq!(send(&production, Method::GET, route.path, None, None).await.status, StatusCode::NOT_FOUND, "{}", route.path);
    }
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_the_next_request() {
    let site = site().await;
    let (user, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    assert_eq!(site.get("/app", Some(&cookie)).await.status, StatusCode::OK);
    sqlx::query("update users set roles = '{builder}' where id = $1").bind(user.0).execute(&site.world.behind().await).await.unwrap();
    assert_eq!(site.get("/app", Some(&cookie)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn signing_in_makes_a_new_session_id_and_signing_out_kills_it() {
    let site = site().await;
    let (_, first) = site.signed_in("noor@example.com", &[Role::User]).await;
    let form = format!("email=noor%40example.com&password={}", domain::testing::PASSWORD);
    let reply = site.post("/sign-in", Some(&first), &form).await;
    let second = reply.cookie();
    assert_ne!(first, second);
    assert_eq!(site.get("/app", Some(&first)).await.status, StatusCode::SEE_OTHER, "the old id is dead");
    assert_eq!(site.get("/app", Some(&second)).await.status, StatusCode::OK);
    site.post("/sign-out", Some(&second), "").await;
    assert_eq!(site.get("/app", Some(&second)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_cookie_is_host_bound_secure_and_out_of_reach_of_scripts_over_https() {
    let site = site().await;
    site.world.person("noor@example.com").await;
    let production = router(&site.world, Environment::Production);
    let form = format!("email=noor%40example.com&password={}", domain::testing::PASSWORD);
    let reply = send(&production, Method::POST, "/sign-in", None, Some(&form)).await;
    let cookie = reply.session_cookie();
    for part in ["__Host-kairos=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn every_route_that_asks_for_a_fresh_proof_is_shut_to_an_old_one_and_no_other_is() {
    use kairos::routes::Proof;

    let site = site().await;
    let everything = [Role::User, Role::Builder, Role::Admin];
    let (_, plain) = site.signed_in("plain@example.com", &everything).await;
    let (_, with_app) = site.signed_in("app@example.com", &everything).await;
    crate::second_factor::set_up(&site, &with_app).await;
    site.world.clock.advance(chrono::TimeDelta::minutes(16));
    let mut asked = 0;
    for route in ROUTES.iter().filter(|route| route.path != "/sign-out") {
        for (cookie, has_second_factor) in [(&plain, false), (&with_app, true)] {
            let path = route
                .path
                .replace("{id}", "0192e4a0-0000-7000-8000-000000000000")
                .replace("{provider}", "google")
                .replace("{place}", "0")
                .replace("{*file}", "x")
                .replace("{file}", "x.ics");
            let method: Method = route.method.parse().unwrap();
            let form = (method == Method::POST).then_some("");
            let reply = send(&site.router, method, &path, Some(cookie), form).await;
            let is_shut = reply.header("location").starts_with("/app/settings/security/confirm") || reply.body.contains("\"proof_needed\"");
            let is_asked = match route.proof {
                Proof::Session => false,
                Proof::FreshWithSecondFactor => has_second_factor,
                Proof::Fresh => true,
            };
            assert_eq!(is_shut, is_asked, "{} {}: {} {}", route.method, route.path, reply.status, reply.header("location"));
            asked += usize::from(is_asked);
        }
    }
    assert!(asked > 20, "{asked}");
    // What matters most is among them.
    for path in
        ["/app/settings/security/keys", "/admin/users/{id}/act", "/admin/incidents/{id}/measure", "/app/settings/security/totp/remove"]
    {
        assert_eq!(kairos::routes::find("POST", path).unwrap().proof, Proof::Fresh, "{path}");
    }
}
