//! Builders and clients who leave: what they sold and what they bought is ended first, and money stays without anybody.

use chrono::TimeDelta;
use domain::{audit, privacy};
use types::{Role, UserId};

use crate::privacy::{again, count, erase, holders, mailed};
use crate::selling::scene::stall;
use crate::support::{Site, site};

#[tokio::test]
async fn a_builder_who_leaves_gives_back_what_is_booked_and_what_was_paid_stays_without_anybody() {
    let stall = stall().await;
    stall.sold("2026-12-14T10:00:00Z", "tomasz@example.com").await;
    let page = stall.site.get("/app/settings/privacy/erase", Some(&stall.cookie)).await.body;
    assert!(page.contains("its client gets everything back"), "{page}");
    stall.site.post("/app/settings/privacy/erase", Some(&stall.cookie), "").await;
    // From here on nothing new is sold.
    assert!(!stall.site.get("/b/bruno-costa", None).await.body.contains("Pricing review"));
    stall.settle().await;
    assert_eq!(stall.balance(), 14_000, "what is booked stands until then");
    stall.advance(TimeDelta::days(14));
    for _ in 0..6 {
        stall.settle().await;
        audit::seal(&stall.site.world.deps).await.unwrap();
        stall.advance(TimeDelta::minutes(10));
    }
    assert_eq!((stall.balance(), stall.events().len()), (0, 0));
    assert!(
        stall.mails("tomasz@example.com").iter().any(|subject| subject.contains("ancelled")),
        "{:?}",
        stall.mails("tomasz@example.com")
    );
    assert_eq!(stall.count("select count(*) from users").await, 0, "{:?}", stall.count("select count(*) from bookings").await);
    let money: (i64, i64) =
        sqlx::query_as("select (select sum(paid_amount)::bigint from payments), (select sum(amount)::bigint from refunds)")
            .fetch_one(&stall.behind)
            .await
            .unwrap();
    assert_eq!(money, (14_000, 14_000), "what was paid and given back stays");
    let found = holders(&stall.behind, &["tomasz", "Tomasz", "bruno", "Bruno", "Pricing review"]).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_client_who_leaves_is_forgotten_by_every_builder_and_the_builder_keeps_the_money() {
    let stall = stall().await;
    let site = &stall.site;
    stall.sold("2026-11-26T14:00:00Z", "tomasz@example.com").await;
    let over = "2026-11-26T16:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap() - site.world.deps.now();
    stall.advance(over);
    stall.settle().await;
    let (_, cookie) = site.signed_in("tomasz@example.com", &[Role::User]).await;
    assert!(site.get("/app/bookings", Some(&cookie)).await.body.contains("Pricing review"));
    let at_calendly = || site.sandbox.calendly(|calendly| calendly.invitees().iter().any(|made| made["email"] == "tomasz@example.com"));
    assert!(at_calendly());
    site.sandbox.calendly(|calendly| calendly.is_enterprise = true);
    erase(site, &cookie).await;
    assert!(!at_calendly(), "Calendly was asked to forget them");
    let link = mailed(site, "tomasz@example.com");
    let certificate = site.get(&format!("{link}/certificate"), None).await.body;
    assert!(certificate.contains("by builders from whom they booked: 1"), "{certificate}");
    assert_eq!(count(site, "select count(*) from users").await, 1);
    let found = holders(&site.world.behind().await, &["tomasz", "Tomasz"]).await;
    assert!(found.is_empty(), "{found:?}");
    let key_gone = count(site, "select count(*) from booking_clients where wrapped = ''").await;
    assert_eq!((key_gone, stall.balance()), (1, 14_000));
    // The builder still has the session and what was paid for it, and nobody it was with.
    let cookie = again(site, "bruno@example.com").await.cookie();
    let list = site.get("/builder/bookings?which=past", Some(&cookie)).await.body;
    assert!(list.contains("Pricing review") && list.contains("Not readable"), "{list}");
    // The keys that are in use are those that open something.
    let used: Vec<String> = sqlx::query_scalar("select kairos_keys_in_use()").fetch_all(&stall.behind).await.unwrap();
    assert_eq!(used.len(), 1, "{used:?}");
}

#[tokio::test]
async fn two_replicas_that_forget_somebody_at_once_do_it_once() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    site.post("/app/settings/privacy/erase", Some(&cookie), "").await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from privacy_requests").fetch_one(&site.world.behind().await).await.unwrap();
    site.world.clock.advance(TimeDelta::days(14));
    for _ in 0..3 {
        audit::seal(&site.world.deps).await.unwrap();
        let both = (0..2).map(|_| {
            let (deps, op) = (site.world.deps.clone(), job(&site, noor));
            tokio::spawn(async move { privacy::erase(&deps, &op, types::PrivacyRequestId(id)).await })
        });
        for one in futures::future::join_all(both).await {
            // Whoever is second finds nobody.
            drop(one.unwrap());
        }
    }
    assert_eq!(count(&site, "select count(*) from users").await, 0);
    assert_eq!(count(&site, "select count(*) from audit_events where action = 'privacy.erased'").await, 1);
    assert_eq!(count(&site, "select count(*) from privacy_requests where status = 'done'").await, 1);
}

fn job(site: &Site, user: UserId) -> domain::Op {
    domain::Op::job(site.world.deps.new_request_id(), Some(user))
}
