//! What is kept of somebody: the map of it, a copy, and being forgotten.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::audit;
use domain::jobs::{Recovery, Runner};
use domain::privacy::{self, Erased, Retention, every_table};
use domain::testing::PASSWORD;
use kairos::dispatch::Dispatcher;
use serde_json::Value;
use sqlx::Row;
use transparency_log::VerifierKey;
use types::Role;

use crate::selling::scene::stall;
use crate::support::{Reply, Site, site};

pub const OWN: &str = "/app/settings/privacy";

pub async fn work(site: &Site) {
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
    for _ in 0..4 {
        site.world.step(&runner).await;
        // A running server does this twice a second.
        audit::seal(&site.world.deps).await.unwrap();
        site.world.clock.advance(TimeDelta::seconds(10));
    }
}

pub async fn count(site: &Site, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&site.world.behind().await).await.unwrap()
}

/// Signs in again: sessions are over after a day.
pub async fn again(site: &Site, email: &str) -> Reply {
    site.post("/sign-in", None, &format!("email={}&password={PASSWORD}", email.replace('@', "%40"))).await
}

/// The path of the link that was mailed to somebody.
pub fn mailed(site: &Site, email: &str) -> String {
    let mails = site.world.mails();
    let mail = mails.iter().find(|mail| mail.to == email && mail.subject == "Your Kairos account will be erased").unwrap();
    let link = mail.text.lines().find(|line| line.contains("/privacy/requests/")).unwrap();
    link.strip_prefix("http://localhost:3000").unwrap().to_owned()
}

#[tokio::test]
async fn every_column_there_is_stands_in_the_map_and_every_end_in_it_has_a_purge() {
    let site = site().await;
    let rows = sqlx::query(
        "select c.table_name::text, array_agg(c.column_name::text order by c.column_name) from information_schema.columns c
         join information_schema.tables t using (table_schema, table_name)
         where c.table_schema = 'public' and t.table_type = 'BASE TABLE' group by 1 order by 1",
    )
    .fetch_all(&site.world.behind().await)
    .await
    .unwrap();
    let mut found = 0;
    for row in rows {
        let (name, columns) = (row.get::<String, _>(0), row.get::<Vec<String>, _>(1));
        let table = every_table().find(|table| table.name == name).unwrap_or_else(|| panic!("{name} is not in the map"));
        let mut mapped: Vec<String> =
            table.personal.iter().map(|(column, _)| *column).chain(table.other.iter().copied()).map(str::to_owned).collect();
        mapped.sort();
        assert_eq!(mapped, columns, "{name}");
        // What is encrypted or hashed is so because it says something of somebody.
        for column in columns.iter().filter(|column| column.ends_with("_sealed")) {
            assert!(table.personal.iter().any(|(personal, _)| personal == column), "{name}.{column}");
        }
        found += 1;
    }
    assert_eq!(found, every_table().count());
    let purged: Vec<String> =
        sqlx::query_scalar("select name from kairos_purge_expired_rows(now())").fetch_all(&site.world.behind().await).await.unwrap();
    for table in every_table().filter(|table| matches!(table.retention, Retention::Days(_))) {
        // What hangs on a row goes with it.
        let goes_with = ["booking_changes", "booking_drifts", "privacy_archive_parts"];
        assert!(purged.iter().any(|name| name == table.name) || goes_with.contains(&table.name), "{} is kept for ever", table.name);
    }
}

#[tokio::test]
async fn the_public_page_says_what_the_map_says() {
    let site = site().await;
    let page = site.get("/privacy", None).await;
    assert_eq!(page.status, StatusCode::OK);
    for text in ["Events in them", "your name, encrypted", "seven years", "it says no more whose it was", "the law wants it"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
}

#[tokio::test]
async fn a_program_with_the_scope_fetches_everything_as_one_document_and_nobody_elses() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    work(&site).await;
    let copy = site.get("/api/me/export", Some(&cookie)).await;
    assert_eq!((copy.status, copy.header("content-type")), (StatusCode::OK, "application/json"), "{}", copy.body);
    let whole: Value = serde_json::from_str(&copy.body).unwrap_or_else(|error| panic!("{error}: {}", copy.body));
    assert_eq!((whole["format"].as_str(), whole["users"][0]["email"].as_str()), (Some("kairos-export"), Some("noor@example.com")));
    assert!(whole["audit_events"].as_array().unwrap().iter().any(|entry| entry["action"] == "connection.created"));
    assert_eq!(whole["bought"], serde_json::json!([]));
    assert_eq!(site.entries("privacy.exported").await, 1);
    let (_, other) = site.signed_in("maya@example.com", &[Role::User]).await;
    let others = site.get("/api/me/export", Some(&other)).await.body;
    assert!(!others.contains("noor") && !others.contains("Pricing review"), "{others}");
    // Of one connection alone, and of nobody else's.
    let id: uuid::Uuid = sqlx::query_scalar("select id from calendar_connections").fetch_one(&site.world.behind().await).await.unwrap();
    let path = format!("/app/settings/connections/{id}/export");
    let alone: Value = serde_json::from_str(&site.post(&path, Some(&cookie), "").await.body).unwrap();
    assert_eq!(alone["calendar_connections"][0]["account"], "noor.haddad@example.com");
    assert_eq!(alone["calendar_events"], whole["calendar_events"]);
    assert!(alone["users"].is_null() && alone["audit_events"].is_null(), "{alone}");
    assert_eq!(site.post(&path, Some(&other), "").await.status, StatusCode::NOT_FOUND);
    // A session that is an hour old is asked for a proof; a token is not, and needs the scope.
    site.world.clock.advance(TimeDelta::hours(1));
    assert_eq!(site.get("/api/me/export", Some(&cookie)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn being_forgotten_can_be_taken_back_until_the_last_day_here_and_by_the_mail_and_not_after_it() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let page = site.get("/app/settings/privacy/erase", Some(&cookie)).await.body;
    assert!(page.contains("Until then one click takes it back") && page.contains("Nothing is booked"), "{page}");
    let asked = site.post("/app/settings/privacy/erase", Some(&cookie), "").await;
    assert_eq!(asked.header("location"), format!("{OWN}?notice=erasure_asked"));
    // Sent twice it is one.
    site.post("/app/settings/privacy/erase", Some(&cookie), "").await;
    assert_eq!(count(&site, "select count(*) from privacy_requests").await, 1);
    work(&site).await;
    let link = mailed(&site, "noor@example.com");
    assert!(site.get(OWN, Some(&cookie)).await.body.contains("Keep my account"));
    // On the thirteenth day, signed out, by the link.
    site.world.clock.advance(TimeDelta::days(13));
    work(&site).await;
    let page = site.get(&link, None).await.body;
    assert!(page.contains("Your account will be erased") && page.contains("Keep my account"), "{page}");
    let kept = site.post(&format!("{link}/cancel"), None, "").await;
    assert_eq!(kept.header("location"), format!("{link}?notice=erasure_cancelled"));
    assert!(site.get(&link, None).await.body.contains("Your account stays"));
    site.world.clock.advance(TimeDelta::days(3));
    work(&site).await;
    assert_eq!(count(&site, "select count(*) from users").await, 1);
    assert!(site.world.mails().iter().any(|mail| mail.subject == "Your Kairos account stays"));
    for (action, times) in [("privacy.erasure_asked", 1), ("privacy.erasure_cancelled", 1), ("privacy.erased", 0)] {
        assert_eq!(site.entries(action).await, times, "{action}");
    }
    // Asked again, and taken back too late.
    let cookie = again(&site, "noor@example.com").await.cookie();
    site.post("/app/settings/privacy/erase", Some(&cookie), "").await;
    site.world.clock.advance(TimeDelta::days(14));
    let late = site.post(&mailed_again(&site).await, None, "").await;
    assert!(late.header("location").ends_with("notice=erasure_begun"), "{}", late.header("location"));
    assert_eq!(site.get("/privacy/requests/guessed", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.post("/privacy/requests/guessed/cancel", None, "").await.status, StatusCode::NOT_FOUND);
}

async fn mailed_again(site: &Site) -> String {
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from privacy_requests where status = 'grace'").fetch_one(&site.world.behind().await).await.unwrap();
    let link = privacy::request_link(&site.world.deps, types::PrivacyRequestId(id));
    format!("{}/cancel", link.strip_prefix("http://localhost:3000").unwrap())
}

/// Every row of the database, and of the queue, as text; the two forms of a value are looked for.
pub async fn holders(behind: &sqlx::PgPool, values: &[&str]) -> Vec<String> {
    let tables = sqlx::query("select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname in ('public', 'graphile_worker')")
        .fetch_all(behind)
        .await
        .unwrap();
    let mut found = Vec::new();
    for table in tables {
        let name = format!("{}.{}", table.get::<String, _>(0), table.get::<String, _>(1));
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select t::text from {name} t"))).fetch_all(behind).await.unwrap();
        for value in values {
            let hexadecimal = hex::encode(value);
            found.extend(
                rows.iter().filter(|row| row.contains(value) || row.contains(&hexadecimal)).map(|_| format!("{name} holds {value}")),
            );
        }
    }
    found
}

pub async fn erase(site: &Site, cookie: &str) {
    assert_eq!(site.post("/app/settings/privacy/erase", Some(cookie), "").await.status, StatusCode::SEE_OTHER);
    work(site).await;
    site.world.clock.advance(TimeDelta::days(14));
    site.sandbox.clock().advance(TimeDelta::days(14));
    work(site).await;
}

#[tokio::test]
async fn who_is_forgotten_leaves_nothing_of_them_and_the_log_can_still_be_checked() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    work(&site).await;
    let email_hash: Vec<u8> = sqlx::query_scalar("select email_hash from users").fetch_one(&site.world.behind().await).await.unwrap();
    let before = count(&site, "select count(*) from audit_events where subject_user_id is not null").await;
    assert!(before > 3);
    erase(&site, &cookie).await;
    assert_eq!(count(&site, "select count(*) from users").await, 0);
    assert_eq!(count(&site, "select count(*) from data_keys").await, 0, "its key is destroyed");
    assert_eq!(count(&site, "select count(*) from calendar_events").await, 0);
    // As happens every hour.
    domain::upkeep::purge_expired(&site.world.deps, &domain::Op::job(site.world.deps.new_request_id(), None)).await.unwrap();
    // No byte of them: neither what they are called nor what they were known by here.
    let found = holders(&site.world.behind().await, &["noor", "Noor Haddad", "Pricing review", &noor.to_string()]).await;
    assert!(found.is_empty(), "{found:?}");
    let rows: Vec<String> = sqlx::query_scalar("select r::text from rate_limits r union all select s::text from sessions s")
        .fetch_all(&site.world.behind().await)
        .await
        .unwrap();
    assert!(rows.iter().all(|row| !row.contains(&hex::encode(&email_hash))));
    assert!(!site.sandbox.google(|google| google.has_grant("noor.haddad@example.com")), "the provider was told");
    // What was done is still in the log, and its proofs hold: the leaves are as they were sealed.
    audit::seal(&site.world.deps).await.unwrap();
    assert_eq!(count(&site, "select count(*) from audit_events where action = 'connection.created'").await, 1);
    assert_eq!(count(&site, "select count(*) from audit_events where subject_user_id is not null").await, 0);
    verified(&site).await;
    // The certificate is where the mail said, and is checked with the public key alone.
    let link = mailed(&site, "noor@example.com");
    let page = site.get(&link, None).await.body;
    assert!(page.contains("Your account is erased") && page.contains("Download the certificate"), "{page}");
    let file = site.get(&format!("{link}/certificate"), None).await.body;
    let key = VerifierKey::parse(&audit::verifier_key(&site.world.deps).await.unwrap()).unwrap();
    let text = privacy::open_certificate(&file, &transparency_log::Keys::new(key.clone())).unwrap();
    assert!(text.contains("connections to calendars") && !text.contains("noor"), "{text}");
    let digest: String = sqlx::query_scalar("select detail->>'certificate_sha256' from audit_events where action = 'privacy.erased'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(digest, hex::encode(<sha2::Sha256 as sha2::Digest>::digest(file.as_bytes())));
    // Whoever comes back with the same address is somebody new.
    let cookie = site.signed_in("noor@example.com", &[Role::User]).await.1;
    assert!(!site.get("/app/settings", Some(&cookie)).await.body.contains("noor.haddad@example.com"));
}

/// The whole log is exported, and checked with nothing but the public key.
async fn verified(site: &Site) {
    let mut reading = audit::Reading::begin(&site.world.deps).await.unwrap().unwrap();
    let key = VerifierKey::parse(&audit::verifier_key(&site.world.deps).await.unwrap()).unwrap();
    let mut text: Vec<String> = reading.head().map(|line| line.to_text()).collect();
    loop {
        let part = reading.next().await.unwrap();
        if part.is_empty() {
            break;
        }
        text.extend(part.into_iter().map(|entry| transparency_log::export::Line::Entry(entry).to_text()));
    }
    let mut verifier = transparency_log::Verifier::new(key);
    for (number, line) in (1..).zip(&text) {
        verifier.line(number, line).unwrap_or_else(|finding| panic!("{finding:?}"));
    }
    verifier.finish().unwrap_or_else(|finding| panic!("{finding:?}"));
}

#[tokio::test]
async fn what_is_past_its_time_goes_by_the_map_and_money_stays_seven_years() {
    let stall = stall().await;
    stall.sold("2026-11-26T14:00:00Z", "tomasz@example.com").await;
    stall.advance(TimeDelta::days(4));
    stall.settle().await;
    let all = "select (select count(*) from bookings) + 10 * (select count(*) from booking_clients) + 100 * (select count(*) from payments)
                    + 1000 * least(1, (select count(*) from webhook_deliveries))";
    assert_eq!(stall.count(all).await, 1_111);
    let admin = stall.site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await.1;
    let builder = again(&stall.site, "bruno@example.com").await.cookie();
    assert_eq!(stall.site.get("/admin/privacy", Some(&builder)).await.status, StatusCode::NOT_FOUND, "admins only");
    let nothing = stall.site.get("/admin/privacy", Some(&admin)).await.body;
    assert!(nothing.contains("Sessions that were booked") && nothing.contains("Nobody asked to be forgotten"), "{nothing}");
    let purge = async || {
        stall.advance(TimeDelta::hours(2));
        stall.work().await;
    };
    let old = async |statement: &'static str| {
        sqlx::query(statement).execute(&stall.behind).await.unwrap();
    };
    purge().await;
    assert_eq!(stall.count(all).await, 1_111, "nothing is due");
    old("update bookings set starts_at = now() - interval '366 days', ends_at = now() - interval '365 days 1 hour'").await;
    old("update booking_clients set created_at = now() - interval '400 days'").await;
    old("update webhook_deliveries set received_at = now() - interval '91 days'").await;
    old("update payments set created_at = now() - interval '2556 days'").await;
    // What goes is what an admin was shown.
    let admin = again(&stall.site, "ada@example.com").await.cookie();
    let preview = stall.site.get("/admin/privacy", Some(&admin)).await.body;
    assert!(crate::support::between(&preview, "Sessions that were booked", "</tr>").contains(">1<"), "{preview}");
    assert!(crate::support::between(&preview, "What was paid", "</tr>").contains(">0<"), "{preview}");
    purge().await;
    assert_eq!(stall.count(all).await, 100, "only what was paid stays");
    old("update payments set created_at = now() - interval '2558 days'").await;
    purge().await;
    assert_eq!(stall.count(all).await, 0);
}

#[test]
fn what_goes_and_what_stays_is_said_of_every_table() {
    for table in every_table() {
        assert!(!table.what.is_empty() && !table.purpose.is_empty(), "{}", table.name);
        // What stays says nothing that its person could be found by but a keyed hash or a number.
        if let Erased::Kept(why) = table.erased {
            assert!(!why.is_empty() && table.personal.iter().all(|(column, _)| !column.ends_with("_sealed")), "{}", table.name);
        }
    }
}
