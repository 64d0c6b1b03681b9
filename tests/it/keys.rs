//! The encryption key is rotated while people use the server, and it is computed when the old one can go.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use domain::Deps;
use domain::base::{Clock as _, KnownSecret, Settings, SystemClock};
use domain::testing::{PASSWORD, World, WorldOptions};
use domain::vault::Key;
use domain::{administration, upkeep};
use kairos::config::Environment;
use types::Role;

use crate::process::{Serving, kairos, until};
use crate::selling::scene::{SLOT, stall};
use crate::support::{Site, router, send, site};

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

/// The one that rotates, as a program of its own.
async fn rotating(site: &Site, folder: &std::path::Path) -> Serving {
    let mut command = kairos(&site.world.database, folder);
    command.env("CALENDAR_ENCRYPTION_KEY", STANDARD.encode(NEW)).env("CALENDAR_ENCRYPTION_KEYS_OLD", STANDARD.encode(OLD));
    Serving::start(command, folder).await
}

#[tokio::test]
async fn a_hundred_thousand_keys_are_rotated_while_people_read_by_a_server_that_is_killed_twice() {
    const MANY: i64 = 100_000;
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    site.world.person("noor@example.com").await;
    site.world.crowd(usize::try_from(MANY).unwrap()).await;
    // By the clock of the program, which removes sessions that are too old.
    let options = WorldOptions { key: NEW, older_keys: vec![OLD], now: SystemClock.now(), ..WorldOptions::default() };
    let next = World::on(Arc::clone(&site.world.database), options).await;
    let there = router(&next, Environment::Development);
    let (ada, noor) = (sign_in(&there, "ada@example.com").await, sign_in(&there, "noor@example.com").await);
    let behind = site.world.behind().await;
    let left = async || {
        sqlx::query_scalar::<_, i64>("select count(*) from data_keys where master_key_id <> $1")
            .bind(id(NEW))
            .fetch_one(&behind)
            .await
            .unwrap()
    };
    // A run that has ended puts itself in for later; here later is now.
    let hurry = async || {
        sqlx::query(
            "update graphile_worker._private_jobs set run_at = now() where payload::text like '%rewrap_keys%' and locked_at is null",
        )
        .execute(&behind)
        .await
        .unwrap();
    };
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let reading = tokio::spawn({
        let there = there.clone();
        async move {
            let mut pages = 0;
            while stopped.try_recv().is_err() {
                let page = send(&there, Method::GET, "/app", Some(&noor), None).await;
                assert!(page.status == StatusCode::OK && page.body.contains("noor@example.com"), "{}", page.body);
                pages += 1;
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            pages
        }
    });
    let verdict = async || send(&there, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    let folder = tempfile::tempdir().unwrap();
    let mut before = MANY;
    for _ in 0..2 {
        let mut server = rotating(&site, folder.path()).await;
        until("some are wrapped anew", async || {
            hurry().await;
            let left = left().await;
            left < before && left > 0
        })
        .await;
        server.kill();
        before = left().await;
        assert!(before > 0, "there is something left to go on with");
        assert!(verdict().await.contains("retiring: not safe to remove yet"));
        // What the dead one held is given back by its lease; nobody waits for that here.
        sqlx::query("update graphile_worker._private_jobs set locked_at = null, locked_by = null").execute(&behind).await.unwrap();
        sqlx::query("update graphile_worker._private_job_queues set locked_at = null, locked_by = null").execute(&behind).await.unwrap();
    }
    let server = rotating(&site, folder.path()).await;
    until("all are wrapped anew", async || {
        hurry().await;
        left().await == 0
    })
    .await;
    drop(server);
    let page = verdict().await;
    assert!(page.contains(" safe to remove<") && !page.contains("not safe to remove"), "{page}");
    stop.send(()).unwrap();
    assert!(reading.await.unwrap() > 10, "people went on reading");
    let entered: i64 = sqlx::query_scalar("select sum((detail->>'keys')::int)::bigint from audit_events where action = 'keys.rewrapped'")
        .fetch_one(&behind)
        .await
        .unwrap();
    assert!(entered <= MANY + 2, "none was counted twice: {entered}");
    // The removed key's absence breaks nothing.
    let after = replica(&site.world, NEW, Vec::new()).await;
    let there = router(&after, Environment::Development);
    let cookie = sign_in(&there, "noor@example.com").await;
    assert!(send(&there, Method::GET, "/app", Some(&cookie), None).await.body.contains("noor@example.com"));
    assert_eq!(send(&there, Method::GET, "/readyz", None, None).await.status, StatusCode::OK);
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

/// What a server of these secrets has, written down as at its start: what for, the fingerprint, and whether it is the one in use.
async fn with_secrets(deps: &Deps, secrets: &[(&'static str, &str, bool)]) -> Deps {
    let secrets = secrets
        .iter()
        .map(|(purpose, fingerprint, is_current)| KnownSecret { purpose, fingerprint: (*fingerprint).to_owned(), is_current: *is_current })
        .collect();
    let settings = Arc::new(Settings { secrets, ..deps.settings.as_ref().clone() });
    let deps = Deps { settings, ..deps.clone() };
    upkeep::note_secrets(&deps).await.unwrap();
    deps
}

fn serving(site: &Site, deps: &Deps) -> Router {
    let web = crate::support::web(Environment::Development);
    kairos::router::build(kairos::state::AppState::new(deps.clone(), site.world.hasher.clone(), web))
}

#[tokio::test]
async fn a_secret_is_pending_then_active_then_retiring_then_retired_and_another_is_revoked_after_it_was_said_what_stops() {
    const WEBHOOK: &str = "STRIPE_WEBHOOK_SECRET";
    const KEY: &str = "CALENDAR_ENCRYPTION_KEY";
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let page = async |deps: &Deps, path: &str| {
        let there = serving(&site, deps);
        let ada = sign_in(&there, "ada@example.com").await;
        send(&there, Method::GET, path, Some(&ada), None).await
    };
    let state = async |deps: &Deps, fingerprint: &str| {
        let page = page(deps, &format!("/admin/keys/{WEBHOOK}/{fingerprint}")).await.body;
        ["pending:", "active", "retiring:", "retired", "revoked"]
            .into_iter()
            .find(|word| page.contains(&format!(" {word}")) || page.contains(&format!(">{word}")))
    };
    let (old, new) = ("0123456789ab", "cdef01234567");
    let first = with_secrets(&site.world.deps, &[(WEBHOOK, old, true), (WEBHOOK, new, false)]).await;
    assert_eq!((state(&first, old).await, state(&first, new).await), (Some("active"), Some("pending:")));
    let second = with_secrets(&first, &[(WEBHOOK, new, true), (WEBHOOK, old, false)]).await;
    assert_eq!((state(&second, old).await, state(&second, new).await), (Some("retiring:"), Some("active")));
    let third = with_secrets(&second, &[(WEBHOOK, new, true), (KEY, &id(OLD), true)]).await;
    assert_eq!(state(&third, old).await, Some("retired"));
    // What stops is said before; the one that nothing goes on without is not taken back.
    let about = page(&third, &format!("/admin/keys/{WEBHOOK}/{new}")).await;
    assert!(about.body.contains("What is signed by it is refused") && about.body.contains("Revoke it now"), "{}", about.body);
    let needed = page(&third, &format!("/admin/keys/{KEY}/{}", id(OLD))).await;
    assert!(needed.body.contains("nothing goes on without one") && !needed.body.contains("Revoke it now"), "{}", needed.body);
    assert_eq!(page(&third, &format!("/admin/keys/{KEY}/{old}")).await.status, StatusCode::NOT_FOUND);
    let there = serving(&site, &third);
    let ada = sign_in(&there, "ada@example.com").await;
    let revoke = async |purpose: &str, fingerprint: &str, cookie: &str| {
        send(&there, Method::POST, &format!("/admin/keys/{purpose}/{fingerprint}/revoke"), Some(cookie), Some("")).await
    };
    let refused = revoke(KEY, &id(OLD), &ada).await;
    assert!(refused.body.contains("Put another in first"), "{}", refused.body);
    assert_eq!(revoke(WEBHOOK, new, &ada).await.status, StatusCode::SEE_OTHER);
    assert_eq!(revoke(WEBHOOK, new, &ada).await.status, StatusCode::NOT_FOUND, "it is revoked once");
    assert_eq!(state(&third, new).await, Some("revoked"));
    let revoked = upkeep::RevokedSecrets::read(&site.world.deps.database).await.unwrap();
    assert!(revoked.has(WEBHOOK, new) && !revoked.has(WEBHOOK, old));
    assert_eq!(site.entries("secret.revoked").await, 1);
    // Somebody who is no admin revokes nothing, and does not learn that there is something to revoke.
    let (_, noor) = site.signed_in("noor@example.com", &[Role::User]).await;
    assert_eq!(revoke(WEBHOOK, old, &noor).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_session_key_that_is_revoked_signs_everybody_out() {
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let (_, noor) = site.signed_in("noor@example.com", &[Role::User]).await;
    let deps = with_secrets(&site.world.deps, &[("SESSION_KEY", "01234567", true), ("SESSION_KEY", "89abcdef", false)]).await;
    let there = serving(&site, &deps);
    let ada = sign_in(&there, "ada@example.com").await;
    assert_eq!(send(&there, Method::GET, "/app", Some(&noor), None).await.status, StatusCode::OK);
    let answer = send(&there, Method::POST, "/admin/keys/SESSION_KEY/89abcdef/revoke", Some(&ada), Some("")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    for (cookie, path) in [(&noor, "/app"), (&ada, "/admin/keys")] {
        assert_eq!(send(&there, Method::GET, path, Some(cookie), None).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    let ended: i64 = sqlx::query_scalar("select (detail->>'sessions')::bigint from audit_events where action = 'secret.revoked'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(ended, 2);
}

#[tokio::test]
async fn app_passwords_are_listed_by_person_and_age_and_their_person_is_asked_for_another_after_a_year() {
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let connection = site.connect_google(&cookie).await;
    let behind = site.world.behind().await;
    sqlx::query("update calendar_connections set provider = 'caldav', password_sealed = access_token_sealed")
        .execute(&behind)
        .await
        .unwrap();
    let ada = sign_in(&site.router, "ada@example.com").await;
    let page = send(&site.router, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    assert!(page.contains(&format!("/admin/users/{noor}")) && page.contains(" in its time"), "{page}");
    let own = format!("/app/settings/connections/{connection}");
    let theirs = send(&site.router, Method::GET, &own, Some(&cookie), None).await.body;
    assert!(theirs.contains("App password given on") && !theirs.contains("more than a year old"), "{theirs}");
    site.world.clock.advance(TimeDelta::days(366));
    let ada = sign_in(&site.router, "ada@example.com").await;
    let page = send(&site.router, Method::GET, "/admin/keys", Some(&ada), None).await.body;
    assert!(page.contains("due: they are asked for another"), "{page}");
    let cookie = sign_in(&site.router, "noor@example.com").await;
    let theirs = send(&site.router, Method::GET, &own, Some(&cookie), None).await.body;
    assert!(theirs.contains("more than a year old") && theirs.contains("Connect again with a new app password"), "{theirs}");
}

#[tokio::test]
async fn secrets_are_known_by_fingerprint_and_are_due_after_their_time() {
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let deps =
        with_secrets(&site.world.deps, &[("STRIPE_WEBHOOK_SECRET", "0123456789ab", true), ("GOOGLE_CLIENT_SECRET", "ba9876543210", true)])
            .await;
    let there = serving(&site, &deps);
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
