//! A mark in every column that says something of a person: none is missing from their copy, and none is there after they left. And leaving
//! that dies on the way.

use std::collections::BTreeSet;
use std::task::Poll;

use chrono::TimeDelta;
use domain::audit;
use domain::privacy::{self, Exported, every_table};
use domain::vault::Place;
use sqlx::Row;
use types::{PrivacyRequestId, Role};
use uuid::Uuid;

use crate::privacy::{count, holders, work};
use crate::selling::scene::stall;
use crate::support::site;

/// Columns that a copy leaves out on purpose: what would let others in, and whom the person sold to.
const LEFT_OUT: [&str; 7] = [
    "password_sealed",
    "access_token_sealed",
    "refresh_token_sealed",
    "token_sealed",
    "client_sealed",
    "calendly_sealed",
    "credential_sealed",
];
/// Columns of which the program or a constraint wants more than a text: a closed list, digits, a document, a part of an address.
const NO_TEXT: [&str; 6] = [
    "consents.purpose",
    "payments.card_last4",
    "calendly_accounts.account_sealed",
    "calendly_event_types.offer_sealed",
    "builder_pages.slug",
    "legal_holds.reference",
];
/// Tables of which this builder has nothing.
const EMPTY: [&str; 7] = ["api_keys", "legal_holds", "openid_identities", "passkeys", "privacy_requests", "refunds", "working_exceptions"];

#[tokio::test]
async fn a_mark_in_every_personal_column_is_in_the_copy_and_nowhere_after_its_person_left() {
    let stall = stall().await;
    let (world, builder) = (&stall.site.world, stall.builder);
    stall.sold("2026-12-14T10:00:00Z", "tomasz@example.com").await;
    stall.site.connect_google(&stall.cookie).await;
    stall.settle().await;
    let types: Vec<(String, String, String)> = sqlx::query_as(
        "select table_name::text, column_name::text, data_type::text from information_schema.columns where table_schema = 'public'",
    )
    .fetch_all(&stall.behind)
    .await
    .unwrap();
    let (mut marks, mut empty) = (Vec::new(), BTreeSet::new());
    for table in every_table().filter(|table| table.exported == Exported::Yes) {
        let Some(owner) = table.owner() else { continue };
        let row_id = if table.key().is_some() { "id" } else { owner };
        let rows: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select {row_id} from {} where {owner} = $1", table.name)))
            .bind(builder.0)
            .fetch_all(&stall.behind)
            .await
            .unwrap();
        if rows.is_empty() {
            empty.insert(table.name);
        }
        for (column, _) in table.personal {
            let name = format!("{}.{column}", table.name);
            if column.ends_with("_hash") || LEFT_OUT.contains(column) || NO_TEXT.contains(&name.as_str()) {
                continue;
            }
            let kind = types.iter().find(|(of, known, _)| of == table.name && known == column).map(|(.., kind)| kind.as_str());
            let mark = format!("mark-{}-{column}@example.com", table.name);
            for row in &rows {
                let set = format!("update {} set {column} = $2 where {row_id} = $1 and {column} is not null", table.name);
                let query = sqlx::query(sqlx::AssertSqlSafe(set)).bind(row);
                let query = match kind {
                    Some("text") => query.bind(mark.clone()),
                    Some("bytea") if column.ends_with("_sealed") => {
                        query.bind(world.sealed(builder, Place::new(table.name, column, *row), &mark).await)
                    }
                    // A time, a document, a keyed hash.
                    _ => continue,
                };
                if query.execute(&stall.behind).await.unwrap_or_else(|error| panic!("{name}: {error}")).rows_affected() > 0 {
                    marks.push(mark.clone());
                }
            }
        }
    }
    marks.dedup();
    assert_eq!(empty, EMPTY.into_iter().collect(), "of every other table there is something to look for");
    assert!(marks.len() >= 12, "{marks:?}");
    let mut export = privacy::Export::begin(&world.deps, &world.as_user(builder)).await.unwrap();
    let mut copy = String::new();
    while let Some(part) = export.next().await.unwrap() {
        copy.push_str(&part);
    }
    let missed: Vec<_> = marks.iter().filter(|mark| !copy.contains(*mark)).collect();
    assert!(missed.is_empty(), "{missed:?}");
    // They leave.
    stall.site.post("/app/settings/privacy/erase", Some(&stall.cookie), "").await;
    stall.settle().await;
    stall.advance(TimeDelta::days(14));
    for _ in 0..6 {
        stall.settle().await;
        audit::seal(&world.deps).await.unwrap();
        stall.advance(TimeDelta::minutes(10));
    }
    assert_eq!(stall.count("select count(*) from users").await, 0);
    assert_eq!(stall.count("select count(*) from data_keys").await, 0, "what is sealed somewhere is sealed for good");
    domain::upkeep::purge_expired(&world.deps, &domain::Op::job(world.deps.new_request_id(), None)).await.unwrap();
    let found = holders(&stall.behind, &["mark-"]).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn forgetting_somebody_that_dies_at_any_step_is_finished_exactly_once() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    work(&site).await;
    site.post("/app/settings/privacy/erase", Some(&cookie), "").await;
    work(&site).await;
    site.world.clock.advance(TimeDelta::days(14));
    site.sandbox.clock().advance(TimeDelta::days(14));
    let behind = site.world.behind().await;
    let request: Uuid = sqlx::query("select id from privacy_requests").fetch_one(&behind).await.unwrap().get(0);
    let deps = &site.world.deps;
    let mut steps = 0;
    while count(&site, "select count(*) from users").await > 0 {
        steps += 1;
        assert!(steps < 2_000, "it is never over");
        let op = domain::Op::job(deps.new_request_id(), Some(noor));
        let mut forgetting = Box::pin(privacy::erase(deps, &op, PrivacyRequestId(request)));
        let mut left = steps;
        // Dropped where it waits for the database or for a provider the so-many-th time.
        let ended = std::future::poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            forgetting.as_mut().poll(context).map(Some)
        })
        .await;
        drop(forgetting);
        if let Some(Err(error)) = ended {
            panic!("after {steps} steps: {error}");
        }
        audit::seal(deps).await.unwrap();
    }
    assert!(steps > 10, "it died {steps} times");
    for (action, times) in [("privacy.erasure_begun", 1), ("privacy.erased", 1)] {
        assert_eq!(site.entries(action).await, times, "{action}");
    }
    assert_eq!(count(&site, "select count(*) from data_keys").await, 0);
    assert_eq!(count(&site, "select count(*) from privacy_requests where status = 'done' and certificate is not null").await, 1);
    // Whatever was put in again meanwhile finds that it is over.
    work(&site).await;
    assert_eq!(site.entries("privacy.erased").await, 1);
    // As happens every hour: the names of queues in which nothing waits go too.
    domain::upkeep::purge_expired(deps, &domain::Op::job(deps.new_request_id(), None)).await.unwrap();
    let found = holders(&behind, &["noor", "Noor Haddad", "Pricing review", &noor.to_string()]).await;
    assert!(found.is_empty(), "{found:?}");
}
