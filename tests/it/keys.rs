//! The encryption key is rotated while people use the server, and it is computed when the old one can go.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use chrono::TimeDelta;
use domain::testing::{PASSWORD, World, WorldOptions};
use domain::vault::Key;
use domain::{administration, upkeep};
use kairos::config::Environment;
use types::Role;

use crate::selling::scene::{SLOT, stall};
use crate::support::{router, send, site};

const OLD: [u8; 32] = [7; 32];
const NEW: [u8; 32] = [8; 32];

/// A replica on the same database, with other keys.
async fn replica(world: &World, key: [u8; 32], older_keys: Vec<[u8; 32]>) -> World {
    World::on(Arc::clone(&world.database), WorldOptions { key, older_keys, now: world.deps.now(), ..WorldOptions::default() }).await
}

async fn rewrap(world: &World) {
    let op = domain::Op::job(world.deps.new_request_id(), None);
    administration::rewrap_keys(&world.deps, &op).await.unwrap();
}

async fn sign_in(router: &Router, email: &str) -> String {
    let form = format!("email={}&password={PASSWORD}", email.replace('@', "%40"));
    send(router, Method::POST, "/sign-in", None, Some(&form)).await.cookie()
}

fn id(key: [u8; 32]) -> String {
    Key::new(key).id().to_owned()
}

#[tokio::test]
async fn a_key_is_rotated_under_people_who_go_on_working_and_the_old_one_can_go_when_it_says_so() {
    let stall = stall().await;
    let site = &stall.site;
    stall.sold(SLOT, "tomasz@example.com").await;
    for number in 0..12 {
        site.world.person(&format!("person{number}@example.com")).await;
    }
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    // Both replicas have both keys: the one that was there, and the new one.
    let next = replica(&site.world, NEW, vec![OLD]).await;
    let there = router(&next, Environment::Development);
    let ada = sign_in(&there, "ada@example.com").await;
    let page = send(&there, Method::GET, "/admin/keys", Some(&ada), None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("retiring: not safe to remove yet") && !page.body.contains("safe to remove<"), "{}", page.body);
    // People read their pages, and book, while it goes on; two replicas do it at once.
    let reading = tokio::spawn({
        let (there, cookie) = (there.clone(), sign_in(&there, "person1@example.com").await);
        async move {
            for _ in 0..40 {
                let page = send(&there, Method::GET, "/app", Some(&cookie), None).await;
                assert!(page.status == StatusCode::OK && page.body.contains("person1@example.com"), "{}", page.body);
            }
        }
    });
    let other = replica(&site.world, NEW, vec![OLD]).await;
    tokio::join!(rewrap(&next), rewrap(&other));
    reading.await.unwrap();
    let left = stall
        .count("select (select count(*) from data_keys where master_key_id <> (select master_key_id from booking_clients limit 1))")
        .await;
    assert_eq!(left, 0);
    let page = send(&there, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    assert!(page.contains(" safe to remove<") && page.contains(&id(OLD)) && page.contains(&id(NEW)), "{page}");
    // Taken out, nothing is missing: everybody's rows open, and so does the client of the booking.
    let after = replica(&site.world, NEW, Vec::new()).await;
    let there = router(&after, Environment::Development);
    let cookie = sign_in(&there, "person1@example.com").await;
    assert!(send(&there, Method::GET, "/app", Some(&cookie), None).await.body.contains("person1@example.com"));
    let bruno = sign_in(&there, "bruno@example.com").await;
    let list = send(&there, Method::GET, "/builder/bookings", Some(&bruno), None).await.body;
    assert!(list.contains("Tomasz Wrona"), "{list}");
    assert_eq!(send(&there, Method::GET, "/readyz", None, None).await.status, StatusCode::OK);
    let entries = stall.count("select sum((detail->>'keys')::int)::bigint from audit_events where action = 'keys.rewrapped'").await;
    assert_eq!(entries, 15, "each key once: thirteen people, the builder, and a client");
}

#[tokio::test]
async fn a_key_that_is_missing_is_named_and_keeps_nothing_else_from_being_rotated() {
    let site = site().await;
    let lost = site.world.person("lost@example.com").await;
    site.world.person("kept@example.com").await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    sqlx::query("update data_keys set master_key_id = 'deadbeef' where user_id = $1")
        .bind(lost.0)
        .execute(&site.world.behind().await)
        .await
        .unwrap();
    let next = replica(&site.world, NEW, vec![OLD]).await;
    rewrap(&next).await;
    rewrap(&next).await;
    let there = router(&next, Environment::Development);
    let ada = sign_in(&there, "ada@example.com").await;
    let page = send(&there, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    assert!(page.contains("deadbeef") && page.contains("missing here: add it to CALENDAR_ENCRYPTION_KEYS_OLD"), "{page}");
    assert!(page.contains(" safe to remove<"), "the key that wraps nothing any more: {page}");
    assert_ne!(send(&there, Method::GET, "/readyz", None, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn secrets_are_known_by_fingerprint_and_are_due_after_their_time() {
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let mut deps = site.world.deps.clone();
    let known = |purpose, fingerprint: &str| domain::base::KnownSecret { purpose, fingerprint: fingerprint.to_owned() };
    let secrets = vec![known("STRIPE_WEBHOOK_SECRET", "0123456789ab"), known("GOOGLE_CLIENT_SECRET", "ba9876543210")];
    deps.settings = Arc::new(domain::base::Settings { secrets, ..deps.settings.as_ref().clone() });
    upkeep::note_secrets(&deps).await.unwrap();
    let there = kairos::router::build(kairos::state::AppState::new(
        deps.clone(),
        site.world.hasher.clone(),
        crate::support::web(Environment::Development),
    ));
    let ada = sign_in(&there, "ada@example.com").await;
    let page = send(&there, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    assert!(page.contains("STRIPE_WEBHOOK_SECRET") && page.contains("0123456789ab") && page.contains("23 May 2027"), "{page}");
    assert!(!page.contains("overdue"), "{page}");
    // Half a year later the webhook's is due, and the client's is not; a restart makes neither younger.
    site.world.clock.advance(TimeDelta::days(181));
    upkeep::note_secrets(&deps).await.unwrap();
    let ada = sign_in(&there, "ada@example.com").await;
    let page = send(&there, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    assert_eq!(page.matches("overdue: make another").count(), 1, "{page}");
    // And somebody hears of it, once a day; so they do of a request that is past the month of the law.
    let op = domain::Op::job(deps.new_request_id(), None);
    let behind = site.world.behind().await;
    sqlx::query("insert into privacy_requests (id, user_id, kind, status, token_hash, asked_at, due_at, runs_at) select gen_random_uuid(), id, 'erasure', 'running', 'x', $1, $1, $1 from users limit 1")
        .bind(deps.now() - TimeDelta::days(1))
        .execute(&behind)
        .await
        .unwrap();
    for _ in 0..2 {
        upkeep::look_after(&deps, &op).await.unwrap();
    }
    assert_eq!((site.entries("secret.overdue").await, site.entries("privacy.overdue").await), (1, 1));
    let named: Vec<String> =
        sqlx::query_scalar("select jsonb_array_elements_text(detail->'secrets') from audit_events where action = 'secret.overdue'")
            .fetch_all(&behind)
            .await
            .unwrap();
    assert_eq!(named, ["STRIPE_WEBHOOK_SECRET"]);
    domain::incidents::detect(&deps, &op).await.unwrap();
    let incidents = send(&there, Method::GET, "/admin/incidents", Some(&ada), None).await.body;
    assert!(incidents.contains("Another secret is overdue") && incidents.contains("A request about privacy is overdue"), "{incidents}");
    // Nobody else sees the page.
    let (_, noor) = site.signed_in("noor@example.com", &[Role::User]).await;
    assert_eq!(send(&there, Method::GET, "/admin/keys", Some(&noor), None).await.status, StatusCode::NOT_FOUND);
}
