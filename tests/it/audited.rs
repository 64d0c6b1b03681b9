//! Every state-changing route writes an audit entry.

use axum::http::Method;
use kairos::routes::ROUTES;
use types::Role;

use crate::support::{send, site};

#[tokio::test]
async fn every_state_changing_route_writes_an_entry() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User, Role::Admin]).await;
    let connection = site.connect_google(&cookie).await;
    let behind = site.world.behind().await;
    let calendar: uuid::Uuid = sqlx::query_scalar("select id from calendars where is_primary").fetch_one(&behind).await.unwrap();
    let verify = token(&site, "verify_email").await;
    let password = domain::testing::PASSWORD;
    // In an order in which each works: what ends sessions or connections comes last.
    let cases: Vec<(&str, &str, String)> = vec![
        ("POST", "/sign-up", format!("name=A&email=new%40example.com&password={password}")),
        ("POST", "/sign-in", format!("email=noor%40example.com&password={password}")),
        ("POST", "/verify", format!("token={verify}")),
        ("POST", "/verify/resend", "email=new%40example.com".to_owned()),
        ("POST", "/forgot", "email=noor%40example.com".to_owned()),
        (
            "POST",
            "/app/settings/profile",
            "name=B&zone=Europe%2FLisbon&hours-0=9%3A00-12%3A00%2C+13%3A00-17%3A00&hours-1=&hours-2=&hours-3=&hours-4=&hours-5=&hours-6="
                .to_owned(),
        ),
        ("POST", "/app/settings/profile/days", "date=2026-12-25&day-hours=".to_owned()),
        ("POST", "/app/settings/profile/days/remove", "date=2026-12-25".to_owned()),
        ("POST", "/app/settings/profile/feed", String::new()),
        ("POST", "/app/settings/profile/feed/end", String::new()),
        ("POST", "/app/settings/connections/{id}/calendars", format!("calendar={calendar}")),
        ("POST", "/app/settings/connections/{id}/sync", String::new()),
        ("POST", "/app/settings/connections/{id}/report", String::new()),
        ("POST", "/app/settings/connections/{id}/disconnect", String::new()),
        ("POST", "/app/settings/caldav", String::new()),
        ("POST", "/webhooks/google/{token}", String::new()),
        ("POST", "/webhooks/outlook/{token}", String::new()),
        ("DELETE", "/api/calendar/disconnect", String::new()),
        ("POST", "/admin/audit/verify", String::new()),
        ("POST", "/app/settings/security/sessions/end", "session=0192e4a0-0000-7000-8000-000000000000".to_owned()),
        ("POST", "/app/settings/security/sessions/end-others", String::new()),
        ("POST", "/app/settings/security/confirm", format!("password={password}")),
        ("POST", "/app/settings/security/totp", String::new()),
        ("POST", "/app/settings/security/keys", "name=Script&days=30&scope=events%3Aread".to_owned()),
        ("POST", "/app/settings/security/password", format!("current_password={password}&password=a-thread-of-daylight")),
        ("POST", "/sign-out", String::new()),
        ("POST", "/reset", "password=openings-between-threads&token=".to_owned()),
    ];
    // A second factor is set up and used in `second_factor.rs` and `passkeys.rs`, which count the entries of each step.
    let elsewhere = [
        "/sign-in/code",
        // In `privacy.rs`, where what each writes is counted.
        "/app/settings/privacy/erase",
        "/app/settings/privacy/erase/cancel",
        "/app/settings/privacy/export",
        "/app/settings/privacy/consents/withdraw",
        "/app/settings/connections/{id}/export",
        // In `breaches.rs`.
        "/admin/incidents/{id}/breach",
        // In `keys.rs`.
        "/admin/keys/{purpose}/{fingerprint}/revoke",
        "/admin/privacy/letters",
        "/admin/privacy/letters/{id}",
        "/admin/privacy/holds",
        "/admin/privacy/holds/{id}",
        "/app/settings/privacy/export/{id}",
        "/privacy/requests/{token}/cancel",
        // In `calendly.rs`, by a builder.
        "/builder/connect/calendly",
        "/builder/connect/calendly/read",
        "/builder/connect/calendly/disconnect",
        // In `selling/`, with a session and a booking that are there.
        "/builder/profile",
        "/builder/sessions/new",
        "/builder/sessions/{id}",
        "/builder/sessions/{id}/open",
        "/builder/bookings/{id}/cancel",
        "/builder/bookings/{id}/refund",
        "/builder/bookings/{id}/retry",
        "/builder/bookings/{id}/no-show",
        // Reads, and what it mends writes its own entries.
        "/builder/bookings/{id}/compare",
        "/builder/reconciliation",
        "/b/{builder}/{session}",
        "/bookings/{token}/cancel",
        // Written down where nobody changes it; what is done about it is in `selling/webhooks.rs`.
        "/webhooks/stripe/{token}",
        "/webhooks/calendly/{token}",
        // In `google.rs`.
        "/app/settings/security/google/unlink",
        "/sign-in/passkey",
        "/app/settings/security/confirm/passkey",
        "/app/settings/security/passkeys",
        "/app/settings/security/passkeys/remove",
        // Challenges: nothing has happened yet.
        "/sf/passkey/register",
        "/sf/passkey/authenticate",
        "/app/settings/security/totp/confirm",
        "/app/settings/security/totp/remove",
        "/app/settings/security/recovery-codes",
        // In `api.rs`, with a key that is there.
        "/app/settings/security/keys/end",
        "/api/token",
        // In `administration.rs`, with somebody else's account, a job and an incident that are there.
        "/admin/users/{id}/open",
        "/admin/users/{id}/act",
        "/admin/webhooks/rerun",
        "/admin/jobs/rerun",
        "/admin/jobs/remove",
        "/admin/incidents/{id}/measure",
        "/admin/incidents/{id}/note",
        "/admin/incidents/{id}/advance",
        "/admin/incidents/{id}/check",
    ];
    for route in ROUTES.iter().filter(|route| route.method != "GET" && !elsewhere.contains(&route.path)) {
        assert!(
            cases.iter().any(|(method, path, _)| (*method, *path) == (route.method, route.path)),
            "{} {} has no case",
            route.method,
            route.path
        );
    }
    let mut cookie = cookie;
    for (method, path, form) in cases {
        if path == "/api/calendar/disconnect" {
            site.connect_google(&cookie).await;
        }
        if path.starts_with("/webhooks/") {
            // Only the stand-in knows the secret of a channel; `push/` counts the entries of what it delivers.
            continue;
        }
        if path == "/app/settings/caldav" {
            // Changes nothing when it is refused; what it does when it is not is tested against a real server.
            continue;
        }
        // Another password ends links that wait, so this one is made when it is used.
        let form = if path == "/reset" { form + &token(&site, "reset_password").await } else { form };
        let count = async || sqlx::query_scalar::<_, i64>("select count(*) from audit_events").fetch_one(&behind).await.unwrap();
        let before = count().await;
        let method: Method = method.parse().unwrap();
        // Signing in again would end the session that the other cases use.
        let sent = (path != "/sign-in").then_some(cookie.as_str());
        let reply = send(&site.router, method.clone(), &path.replace("{id}", &connection.to_string()), sent, Some(&form)).await;
        assert!(reply.status.is_success() || reply.status.is_redirection(), "{method} {path}: {} {}", reply.status, reply.body);
        assert!(count().await > before, "{method} {path} wrote nothing");
        if path.ends_with("/password") {
            // It goes on under a new id.
            cookie = reply.cookie();
        }
    }
}

/// A link that waits to be used.
pub async fn token(site: &crate::support::Site, purpose: &str) -> String {
    use domain::accounts;
    use domain::jobs::LinkPurpose;

    if purpose == "reset_password" {
        let (deps, op) = (&site.world.deps, site.world.visitor());
        accounts::request_reset(deps, &op, "noor@example.com").await.unwrap();
        let user: uuid::Uuid = sqlx::query_scalar("select id from users limit 1").fetch_one(&site.world.behind().await).await.unwrap();
        accounts::make_link(deps, &op.as_user(types::UserId(user)), Some(types::UserId(user)), LinkPurpose::ResetPassword).await.unwrap();
    }
    let (id, user): (uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select id, user_id from user_tokens where purpose = $1 and used_at is null order by created_at desc limit 1")
            .bind(purpose)
            .fetch_one(&site.world.behind().await)
            .await
            .unwrap();
    let purpose = if purpose == "reset_password" { LinkPurpose::ResetPassword } else { LinkPurpose::VerifyEmail };
    accounts::link_text(&site.world.deps, types::UserId(user), types::UserTokenId(id), purpose)
}
