//! What people allow, what they ask by mail, and what a court wants kept.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::testing::PASSWORD;
use types::Role;

use crate::privacy::{again, work};
use crate::selling::scene::stall;
use crate::support::{Site, between, site};

const ADMIN: &str = "/admin/privacy";
const OWN: &str = "/app/settings/privacy";

async fn admin(site: &Site) -> String {
    site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await.1
}

#[tokio::test]
async fn what_somebody_allows_is_kept_in_the_words_they_saw_and_ends_at_once_when_they_take_it_back() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    assert!(site.get("/app/settings", Some(&cookie)).await.body.contains("Kairos reads the calendars that you choose"));
    assert!(site.get(OWN, Some(&cookie)).await.body.contains("Nothing. Whatever you connect is written down here"));
    site.connect_google(&cookie).await;
    work(&site).await;
    let page = site.get(OWN, Some(&cookie)).await.body;
    assert!(page.contains("Reading your calendars") && page.contains("Since 24 November 2026, version 1"), "{page}");
    // Connected once more it is allowed once.
    site.connect_google(&cookie).await;
    assert_eq!(site.entries("consent.given").await, 1);
    let back = site.post(&format!("{OWN}/consents/withdraw"), Some(&cookie), "purpose=calendars").await;
    assert_eq!(back.header("location"), format!("{OWN}?notice=consent_taken_back"));
    let behind = site.world.behind().await;
    let left: i64 = sqlx::query_scalar("select (select count(*) from calendar_connections) + (select count(*) from calendar_events)")
        .fetch_one(&behind)
        .await
        .unwrap();
    assert_eq!(left, 0, "what was read goes at once");
    let page = site.get(OWN, Some(&cookie)).await.body;
    assert!(page.contains("From 24 November 2026 to 24 November 2026") && page.contains("taken back"), "{page}");
    assert_eq!(site.entries("consent.withdrawn").await, 1);
    let odd = site.post(&format!("{OWN}/consents/withdraw"), Some(&cookie), "purpose=everything").await;
    assert_eq!(odd.header("location"), format!("{OWN}?notice=not_now"));
}

#[tokio::test]
async fn a_builder_s_account_at_calendly_is_allowed_and_taken_back_too() {
    let stall = stall().await;
    let page = stall.site.get(OWN, Some(&stall.cookie)).await.body;
    assert!(page.contains("Using your account at Calendly") && page.contains("Disconnect Calendly"), "{page}");
    stall.site.post(&format!("{OWN}/consents/withdraw"), Some(&stall.cookie), "purpose=calendly").await;
    assert_eq!(stall.count("select count(*) from calendly_accounts").await, 0);
    assert_eq!(stall.count("select count(*) from consents where purpose = 'calendly' and withdrawn_at is null").await, 0);
}

#[tokio::test]
async fn a_letter_is_entered_with_its_month_which_waits_while_it_is_checked_who_it_is_from() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let ada = admin(&site).await;
    assert!(site.get(ADMIN, Some(&ada)).await.body.contains("Nothing came by mail"));
    // What is typed wrongly is said beside its field, and nothing is lost.
    let wrong = site.post("/admin/privacy/letters", Some(&ada), "kind=access&reference=Dear+Sirs&received_on=2027-01-01&email=x").await;
    for text in ["POST-204", "The day it came, today or before.", "value=\"Dear Sirs\""] {
        assert!(wrong.body.contains(text), "{text}: {}", wrong.body);
    }
    let form = "kind=access&reference=POST-7&received_on=2026-11-20&email=Noor%40example.com&check=true";
    let entered = site.post("/admin/privacy/letters", Some(&ada), form).await;
    assert_eq!(entered.header("location"), format!("{ADMIN}?notice=administration_done"), "{}", entered.body);
    let page = site.get(ADMIN, Some(&ada)).await.body;
    let row = between(&page, "POST-7", "</tr>");
    assert!(
        row.contains("who it is from is checked") && row.contains("20 December 2026") && row.contains(&format!("/admin/users/{noor}")),
        "{row}"
    );
    let behind = site.world.behind().await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from privacy_letters").fetch_one(&behind).await.unwrap();
    let act = async |cookie: &str, act: &str| {
        site.post(&format!("/admin/privacy/letters/{id}"), Some(cookie), &format!("act={act}")).await.header("location").to_owned()
    };
    // Answered before it is known whose it is: not now. A stranger to administration sees nothing.
    assert_eq!(act(&ada, "answer").await, format!("{ADMIN}?notice=not_now"));
    assert_eq!(site.post(&format!("/admin/privacy/letters/{id}"), Some(&cookie), "act=confirm").await.status, StatusCode::NOT_FOUND);
    site.world.clock.advance(TimeDelta::days(5));
    let ada = again(&site, "ada@example.com").await.cookie();
    act(&ada, "confirm").await;
    let page = site.get(ADMIN, Some(&ada)).await.body;
    assert!(between(&page, "POST-7", "</tr>").contains("25 December 2026"), "five days waited: {page}");
    // Past its time it is said so, to whoever hears of incidents as well.
    site.world.clock.advance(TimeDelta::days(27));
    let ada = again(&site, "ada@example.com").await.cookie();
    assert!(between(&site.get(ADMIN, Some(&ada)).await.body, "POST-7", "</tr>").contains("overdue"));
    domain::upkeep::look_after(&site.world.deps, &domain::Op::job(site.world.deps.new_request_id(), None)).await.unwrap();
    assert_eq!(site.entries("privacy.overdue").await, 1);
    act(&ada, "answer").await;
    assert!(between(&site.get(ADMIN, Some(&ada)).await.body, "POST-7", "</tr>").contains("answered"));
    assert_eq!((site.entries("privacy.letter_entered").await, site.entries("privacy.letter_advanced").await), (1, 2));
}

#[tokio::test]
async fn what_a_court_wants_kept_stays_until_the_day_or_until_it_is_lifted_and_then_goes_by_itself() {
    let site = site().await;
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let ada = admin(&site).await;
    for form in [
        "person=nobody%40example.com&hold_reference=AZ-1&until=2027-06-01",
        "person=noor%40example.com&hold_reference=AZ-1&until=2020-01-01",
    ] {
        let refused = site.post("/admin/privacy/holds", Some(&ada), form).await;
        assert!(refused.body.contains("a day that is still to come"), "{form}: {}", refused.body);
    }
    let form = "person=noor%40example.com&hold_reference=AZ-1&until=2027-06-01";
    site.post("/admin/privacy/holds", Some(&ada), form).await;
    let page = site.get(OWN, Some(&cookie)).await.body;
    assert!(page.contains("What is kept of you must stay until 2 June 2027"), "{page}");
    site.post(&format!("{OWN}/erase"), Some(&cookie), "").await;
    let behind = site.world.behind().await;
    let people = async || {
        sqlx::query_scalar::<_, i64>("select count(*) from users where not 'admin' = any(roles)").fetch_one(&behind).await.unwrap()
    };
    for _ in 0..3 {
        site.world.clock.advance(TimeDelta::days(14));
        work(&site).await;
    }
    assert_eq!(people().await, 1, "it waits for the hold");
    // Nothing that is past its time goes meanwhile, by the rule that purges.
    let held: bool = sqlx::query_scalar("select kairos_is_held($1, now())").bind(noor.0).fetch_one(&behind).await.unwrap();
    assert!(held);
    let id: uuid::Uuid = sqlx::query_scalar("select id from legal_holds").fetch_one(&behind).await.unwrap();
    let ada = site.post("/sign-in", None, &format!("email=ada%40example.com&password={PASSWORD}")).await.cookie();
    assert!(site.get(ADMIN, Some(&ada)).await.body.contains("AZ-1"));
    site.post(&format!("/admin/privacy/holds/{id}"), Some(&ada), "").await;
    for _ in 0..2 {
        site.world.clock.advance(TimeDelta::days(2));
        work(&site).await;
    }
    assert_eq!(people().await, 0, "lifted, it is done");
    assert_eq!((site.entries("privacy.hold_set").await, site.entries("privacy.hold_lifted").await), (1, 1));
}
