//! What one page shows is of one moment, whoever writes meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};

use domain::accounts::Viewer;
use domain::calendar::{self, Wanted};

use crate::support::{ACCOUNT, connected, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_parts_of_a_page_never_contradict_each_other_while_somebody_writes() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    let behind = world.behind().await;
    let stop = AtomicBool::new(false);
    let hash = accounts_hash(&world, noor).await;
    // In one transaction always: the connection's reason and the last line of its history.
    let writing = async {
        let mut written = 0_u32;
        while !stop.load(Ordering::Relaxed) {
            let reason = if written.is_multiple_of(2) { "provider_down" } else { "rate_limited" };
            let mut tx = behind.begin().await.unwrap();
            sqlx::query("update calendar_connections set status = 'degraded', health_reason = $1, health_since = now()")
                .bind(reason)
                .execute(&mut *tx)
                .await
                .unwrap();
            sqlx::query("insert into calendar_health (id, user_id, connection_id, changed_at, status, reason) values (gen_random_uuid(), $1, $2, clock_timestamp(), 'degraded', $3)")
                .bind(noor.0)
                .bind(connection.0)
                .bind(reason)
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
            written += 1;
            tokio::task::yield_now().await;
        }
        written
    };
    let reading = async {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..300 {
            // By the session's rows, which are held, and by the history, which is not.
            for viewer in [Viewer::Session(hash), Viewer::Person(noor)] {
                let wanted = Wanted { connection: Some(connection), ..Wanted::FRAME };
                let page = calendar::read_page(&world.deps, &world.visitor(), &viewer, &wanted).await.unwrap().page.unwrap();
                let shown = page.connections().remove(0).reason;
                let history = page.health().iter().rfind(|change| change.reason.is_some()).and_then(|change| change.reason);
                assert_eq!(shown, history, "the connection and its history");
                seen.insert(shown);
                // The frame alone, which is held: as new as its version says.
                calendar::read_page(&world.deps, &world.visitor(), &viewer, &Wanted::FRAME).await.unwrap().page.unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
        seen
    };
    let (written, seen) = tokio::join!(writing, reading);
    assert!(written > 3 && seen.len() > 1, "{written} written, {seen:?} seen");
    assert_eq!(world.page(noor, &Wanted::FRAME).await.connections().remove(0).account.as_deref(), Some(ACCOUNT));
}

#[tokio::test]
async fn an_event_that_never_ends_is_shown_and_locks_nobody_out() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    let behind = world.behind().await;
    for sql in [
        "update calendar_events set ends_at = '10000-01-01T04:59:59Z' where not all_day",
        "update calendar_events set end_date = '10000-01-02', start_date = '0040-01-01 BC' where all_day",
    ] {
        assert!(sqlx::query(sql).execute(&behind).await.unwrap().rows_affected() > 0, "{sql}");
    }
    let day = crate::support::today(&world, noor).await;
    assert!(!day.agenda.is_empty() && day.capacity.open_minutes == 0, "{day:?}");
}

/// Where the rows under a name of the page's JSON come from.
const PARTS: [(&str, &str); 6] = [
    ("connections", "calendar_connections"),
    ("calendars", "calendars"),
    ("sync_logs", "calendar_sync_logs"),
    ("events", "calendar_events"),
    ("data_key", "data_keys"),
    ("exceptions", "working_exceptions"),
];

#[tokio::test]
async fn whatever_a_page_shows_of_a_row_renews_the_page_when_it_is_written() {
    let (world, _sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    connected(&world, noor).await;
    let day = "2026-12-25".parse().unwrap();
    domain::accounts::set_exception(&world.deps, &world.as_user(noor), day, &domain::accounts::Minutes::default()).await.unwrap();
    let mut behind = world.behind().await.acquire().await.unwrap().detach();
    sqlx::query("select set_config('kairos.user_id', $1, false)").bind(noor.0.to_string()).execute(&mut behind).await.unwrap();
    let page: serde_json::Value =
        sqlx::query_scalar("select kairos_calendar_page($1, now() - interval '9 years', now() + interval '9 years', 5)")
            .bind(noor.0)
            .fetch_one(&mut behind)
            .await
            .unwrap();
    let mut parts: std::collections::BTreeSet<&str> =
        page.as_object().unwrap().keys().map(String::as_str).filter(|part| !matches!(*part, "version" | "person")).collect();
    for (part, table) in PARTS {
        parts.remove(part);
        let rows = if part == "exceptions" { &page["person"][part] } else { &page[part] };
        let row = if rows.is_array() { &rows[0] } else { rows };
        // The id of a row is what it stays.
        let columns: Vec<&String> =
            row.as_object().unwrap_or_else(|| panic!("no row of {part}")).keys().filter(|key| *key != "id").collect();
        assert!(columns.len() > 1, "{part}");
        for column in columns {
            let before = version(&mut behind, noor).await;
            let sql = format!("update {table} set {column} = {column}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut behind).await.unwrap();
            assert_ne!(version(&mut behind, noor).await, before, "{table}.{column}");
        }
        let before = version(&mut behind, noor).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("insert into {table} select * from {table} where false")))
            .execute(&mut behind)
            .await
            .unwrap();
        assert_ne!(version(&mut behind, noor).await, before, "a row of {table} is added");
        // The purge alone removes lines of the log, and never one that a page shows.
        if table != "calendar_sync_logs" {
            let before = version(&mut behind, noor).await;
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("delete from {table} where false"))).execute(&mut behind).await.unwrap();
            assert_ne!(version(&mut behind, noor).await, before, "a row of {table} is removed");
        }
    }
    assert_eq!(parts, std::collections::BTreeSet::new(), "parts of the page that no table is named for");
}

async fn version(connection: &mut sqlx::PgConnection, user: types::UserId) -> uuid::Uuid {
    sqlx::query_scalar("select page_version from users where id = $1").bind(user.0).fetch_one(connection).await.unwrap()
}

async fn accounts_hash(world: &domain::testing::World, user: types::UserId) -> [u8; 32] {
    let data = serde_json::json!({ "user": user, "password_number": 0 });
    assert!(domain::accounts::create_session(&world.deps, b"reading", Some(user), &data).await.unwrap());
    domain::accounts::session_hash(&world.deps, b"reading")
}
