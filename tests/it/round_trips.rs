//! What a route asks the database, counted on the wire; and what stays on a connection that people share.

use axum::http::{Method, StatusCode};
use domain::testing::Traffic;
use kairos::routes::{Kind, ROUTES, Reads};
use sqlx::{Connection as _, PgConnection};
use types::Role;

use crate::support::{Site, send, site_on_a_wire};

/// On the one connection of a site on a wire. Where there are more, it is kept and the release is spared (`crates/domain/tests/it/lent.rs`).
const ONE: Traffic = Traffic { statements: 1, releases: 1, prepared: 0 };

/// A person whose calendars have been read.
async fn connected(site: &Site, email: &str) -> String {
    let (user, cookie) = site.signed_in(email, &[Role::User, Role::Admin]).await;
    let connection = site.connect_google(&cookie).await;
    let op = domain::Op::job(site.world.deps.new_request_id(), Some(user));
    domain::calendar::sync(&site.world.deps, &op, connection).await.unwrap();
    cookie
}

#[tokio::test]
async fn every_page_costs_one_statement_and_one_release_with_its_rows_held_or_not() {
    let site = site_on_a_wire().await;
    let cookie = connected(&site, "noor@example.com").await;
    let connection = site.get("/app/settings", Some(&cookie)).await.body;
    let connection = connection.split("data-connection=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    domain::audit::seal(&site.world.deps).await.unwrap();
    let behind = site.world.behind().await;
    let mut counted = 0;
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        // What a provider answers on the way costs what it costs.
        if (route.kind == Kind::Page && !route.is_shown())
            || route.path.contains("{token}")
            || route.path.contains("{file")
            || route.path == "/readyz"
            // Downloads, which are read in pieces.
            || route.path.ends_with("/proof")
            || route.path.ends_with("/export")
        {
            continue;
        }
        let path = route.path.replace("{id}", &connection).replace("{place}", "0");
        let costs = if route.reads == Reads::Nothing { Traffic::default() } else { ONE };
        // The first prepares the statement; the second finds its rows held, the third anew.
        let first = site.get(&path, Some(&cookie)).await;
        site.traffic().await;
        let second = site.get(&path, Some(&cookie)).await;
        let held = site.traffic().await;
        sqlx::query("update users set page_version = gen_random_uuid()").execute(&behind).await.unwrap();
        let third = site.get(&path, Some(&cookie)).await;
        let anew = site.traffic().await;
        assert_eq!((held, anew), (costs, costs), "{path}");
        assert_eq!((second.status, third.status), (first.status, first.status), "{path}");
        counted += 1;
    }
    assert!(counted > 12, "{counted} routes");
    // Somebody without a session asks nothing.
    for path in ["/", "/sign-in", "/app", "/api/calendar/status"] {
        site.get(path, None).await;
        assert_eq!(site.traffic().await, Traffic::default(), "{path}");
    }
}

#[tokio::test]
async fn on_one_connection_each_sees_their_own_rows_and_a_dead_session_none() {
    let site = site_on_a_wire().await;
    let noor = connected(&site, "noor@example.com").await;
    let (_, bruno) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let (dead, gone) = site.signed_in("dead@example.com", &[Role::User]).await;
    assert_eq!(site.post("/sign-out", Some(&gone), "").await.status, StatusCode::SEE_OTHER);
    let behind = site.world.behind().await;
    let live: i64 = sqlx::query_scalar("select count(*) from sessions where user_id = $1").bind(dead.0).fetch_one(&behind).await.unwrap();
    assert_eq!(live, 0);
    for round in 0..3 {
        let own = site.get("/api/calendar/status", Some(&noor)).await;
        assert!(own.body.contains(r#""connected":true"#), "{round}: {}", own.body);
        let other = site.get("/api/calendar/status", Some(&bruno)).await;
        assert!(other.body.contains(r#""connected":false"#), "{round}: {}", other.body);
        assert_eq!(site.get("/api/calendar/status", Some(&gone)).await.status, StatusCode::UNAUTHORIZED, "{round}");
        assert_eq!(left_on(&site).await, "", "{round}");
        sqlx::query("update users set page_version = gen_random_uuid()").execute(&behind).await.unwrap();
    }
}

/// What the connection that everybody shares still carries.
async fn left_on(site: &Site) -> String {
    sqlx::query_scalar(
        "select coalesce(current_setting('kairos.user_id', true), '') || coalesce(current_setting('kairos.lookup', true), '')",
    )
    .fetch_one(&site.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn nothing_stays_on_a_connection_after_a_failure_or_a_request_that_was_dropped() {
    let site = site_on_a_wire().await;
    let (noor_id, noor) = site.signed_in("noor@example.com", &[Role::User]).await;
    // Asked for somebody who is not asking: raised in the middle of the statement, after the session was entered.
    let raised = sqlx::query(
        "select kairos_calendar_page('00000000-0000-0000-0000-000000000001', null, null, 1) from kairos_enter(null, $1, now())",
    )
    .bind(noor_id.0)
    .execute(&site.pool)
    .await
    .unwrap_err();
    assert_eq!(raised.as_database_error().and_then(|error| error.code()).as_deref(), Some("42501"), "{raised}");
    assert_eq!(left_on(&site).await, "");
    // Dropped while the answer is on its way, as often as it takes to find every moment.
    for path in ["/api/calendar/status", "/app", "/app/settings"] {
        site.get(path, Some(&noor)).await;
        site.wire.as_ref().unwrap().silence(true);
        let dropped = tokio::time::timeout(std::time::Duration::from_millis(50), send(&site.router, Method::GET, path, Some(&noor), None));
        assert!(dropped.await.is_err(), "{path} was answered");
        site.wire.as_ref().unwrap().silence(false);
        assert_eq!(left_on(&site).await, "", "{path}");
        assert_eq!(site.get(path, Some(&noor)).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn functions_with_their_owners_rights_are_few_and_no_setting_outlives_its_transaction() {
    let site = site_on_a_wire().await;
    let mut behind = PgConnection::connect_with(&site.world.database.superuser()).await.unwrap();
    let functions: Vec<(String, bool, bool, String)> = sqlx::query_as(
        "select p.proname::text, p.prosecdef, coalesce(array_to_string(p.proconfig, ','), '') like '%search_path=%', p.prosrc
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' order by 1",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    let with_owners_rights: Vec<&str> = functions.iter().filter(|(_, definer, ..)| *definer).map(|(name, ..)| name.as_str()).collect();
    assert_eq!(with_owners_rights, EXPECTED_DEFINERS);
    let callable: Vec<String> = sqlx::query_scalar(
        "select p.proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname = 'public' and p.prosecdef and has_function_privilege('kairos_server', p.oid, 'execute') order by 1",
    )
    .fetch_all(&mut behind)
    .await
    .unwrap();
    // No purge of one table at a moment of the caller's choice.
    assert_eq!(
        callable,
        [
            "kairos_account_is_connected",
            "kairos_add_security_events",
            "kairos_affected",
            "kairos_app_passwords",
            "kairos_bought",
            "kairos_bought_ahead",
            "kairos_bought_from",
            "kairos_breach",
            "kairos_builders_with_bookings",
            "kairos_close_delivery",
            "kairos_containment",
            "kairos_count",
            "kairos_count",
            "kairos_count_rows",
            "kairos_end_all_sessions",
            "kairos_enter_by",
            "kairos_erase_user",
            "kairos_find_person",
            "kairos_holdings",
            "kairos_is_admin",
            "kairos_key_census",
            "kairos_keys_in_use",
            "kairos_keys_to_rewrap",
            "kairos_open_delivery",
            "kairos_open_erasures",
            "kairos_overdue_requests",
            "kairos_own_bookings",
            "kairos_people",
            "kairos_privacy_request_by",
            "kairos_purge_expired_rows",
            "kairos_reopen_delivery",
            "kairos_retention_preview",
            "kairos_rewrap",
            "kairos_seal_audit",
            "kairos_sealed_audit",
            "kairos_secret_uses",
            "kairos_stripe_gap",
            "kairos_succeed_audit_key",
            "kairos_take",
            "kairos_take_delivery",
            "kairos_unsealed_audit",
            "kairos_waiting_bookings",
        ]
    );
    let (_, _, _, purge) = functions.iter().find(|(name, ..)| name == "kairos_purge_expired_rows").unwrap();
    for (name, definer, pins_path, source) in &functions {
        assert!(
            !name.starts_with("kairos_purge_") || name == "kairos_purge_expired_rows" || purge.contains(name),
            "{name} is never called"
        );
        assert!(!definer || *pins_path, "{name} has its owner's rights and anybody's search_path");
        let flat: String = source.to_lowercase().split_whitespace().collect();
        assert!(!flat.contains("set_config(") || !flat.contains(",false)"), "{name} sets something for longer than its transaction");
    }
}

/// What must see everybody's rows: what is too old goes, keys are counted, limits are shared, the audit log is sealed and checked,
/// deliveries are taken before it is known whose they are, and a visitor comes in by an address. None but those returns a person's row.
const EXPECTED_DEFINERS: [&str; 67] = [
    "kairos_account_is_connected",
    "kairos_add_security_events",
    "kairos_affected",
    "kairos_app_passwords",
    "kairos_bought",
    "kairos_bought_ahead",
    "kairos_bought_from",
    "kairos_breach",
    "kairos_builders_with_bookings",
    "kairos_close_delivery",
    "kairos_containment",
    "kairos_count",
    "kairos_count",
    "kairos_count_rows",
    "kairos_due_booking_clients",
    "kairos_due_bookings",
    "kairos_due_calendar_events",
    "kairos_due_payments",
    "kairos_due_privacy_requests",
    "kairos_due_refunds",
    "kairos_end_all_sessions",
    "kairos_enter_by",
    "kairos_erase_user",
    "kairos_find_person",
    "kairos_holdings",
    "kairos_is_admin",
    "kairos_key_census",
    "kairos_keys_in_use",
    "kairos_keys_to_rewrap",
    "kairos_open_delivery",
    "kairos_open_erasures",
    "kairos_overdue_requests",
    "kairos_own_bookings",
    "kairos_people",
    "kairos_privacy_request_by",
    "kairos_purge_api_keys",
    "kairos_purge_audit_checkpoints",
    "kairos_purge_audit_subjects",
    "kairos_purge_calendar_channels",
    "kairos_purge_calendar_health",
    "kairos_purge_calendar_sync_logs",
    "kairos_purge_due",
    "kairos_purge_expired_rows",
    "kairos_purge_installation_checks",
    "kairos_purge_job_queues",
    "kairos_purge_limits",
    "kairos_purge_oauth_attempts",
    "kairos_purge_privacy_archives",
    "kairos_purge_privacy_letters",
    "kairos_purge_security_events",
    "kairos_purge_sessions",
    "kairos_purge_token_revocations",
    "kairos_purge_unverified_users",
    "kairos_purge_user_tokens",
    "kairos_purge_webhook_deliveries",
    "kairos_reopen_delivery",
    "kairos_retention_preview",
    "kairos_rewrap",
    "kairos_seal_audit",
    "kairos_sealed_audit",
    "kairos_secret_uses",
    "kairos_stripe_gap",
    "kairos_succeed_audit_key",
    "kairos_take",
    "kairos_take_delivery",
    "kairos_unsealed_audit",
    "kairos_waiting_bookings",
];
