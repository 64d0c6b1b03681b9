//! Money that goes back: by a builder's will, by their cancelling, at Stripe's own page, and what keeps it from going.

use axum::http::StatusCode;
use chrono::TimeDelta;

use super::scene::{CARD, LATER, SLOT, Stall, stall};

async fn refund(stall: &Stall, path: &str, amount: &str, why: &str) -> crate::support::Reply {
    let id = stall.id_of(path).await;
    stall.site.post(&format!("/builder/bookings/{id}/refund"), Some(&stall.cookie), &format!("amount={amount}&why={why}")).await
}

#[tokio::test]
async fn a_builder_gives_money_back_in_parts_never_more_than_was_paid_and_says_why() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let id = stall.id_of(&path).await;
    for (amount, why, words) in [
        ("40", "", "Choose a reason"),
        ("x", "goodwill", "This is not an amount"),
        ("0.001", "goodwill", "At most 2 decimals"),
        ("140.01", "goodwill", "more than is left"),
    ] {
        let reply = refund(&stall, &path, amount, why).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.body.contains(words), "{words}: {}", reply.body);
    }
    assert_eq!(refund(&stall, &path, "40", "goodwill").await.header("location"), format!("/builder/bookings/{id}?notice=refund_asked"));
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("confirmed", 10_000));
    assert!(refund(&stall, &path, "100.01", "goodwill").await.body.contains("more than is left"));
    // Two at once never give back more than there is.
    let both = futures::future::join_all([refund(&stall, &path, "60", "agreed"), refund(&stall, &path, "60", "agreed")]).await;
    assert_eq!(both.iter().filter(|reply| reply.status == StatusCode::SEE_OTHER).count(), 1);
    stall.settle().await;
    assert_eq!(stall.balance(), 4_000);
    // What the client gets when they cancel is what the policy leaves them.
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("Cancel and get €40.00 back"), "{page}");
    stall.cancel(&path).await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("refunded", 0));
    assert_eq!(stall.count("select count(*) from audit_events where action = 'refund.asked'").await, 2);
}

#[tokio::test]
async fn a_builder_who_cancels_gives_everything_back_whatever_the_policy() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    stall.advance(TimeDelta::hours(51));
    let id = stall.id_of(&path).await;
    // Their session is old by now: they prove themselves again.
    let cookie =
        stall.site.post("/sign-in", None, &format!("email=bruno%40example.com&password={}", domain::testing::PASSWORD)).await.cookie();
    let asked = stall.site.get(&format!("/builder/bookings/{id}/cancel"), Some(&cookie)).await.body;
    assert!(asked.contains("€140.00, which is everything"), "{asked}");
    stall.site.post(&format!("/builder/bookings/{id}/cancel"), Some(&cookie), "").await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), ("refunded", 0, 0));
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("Cancelled by the host") && page.contains("Because the host cancelled"), "{page}");
}

#[tokio::test]
async fn a_refund_that_waits_is_said_to_and_one_that_fails_calls_the_builder_who_tries_again() {
    let stall = stall().await;
    let (session, waits) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, "4000000000007726");
    let (session, fails) = stall.reserve(LATER, "ida@example.com").await;
    stall.pay(&session, "4000000000005126");
    stall.settle().await;
    stall.cancel(&waits).await;
    stall.cancel(&fails).await;
    stall.settle().await;
    assert_eq!((stall.status(&waits).await.as_str(), stall.status(&fails).await.as_str()), ("refund_pending", "refund_pending"));
    assert!(stall.site.get(&waits, None).await.body.contains("Cancelled, refund on its way"));
    stall.advance(TimeDelta::minutes(2));
    stall.settle().await;
    assert_eq!((stall.status(&waits).await.as_str(), stall.status(&fails).await.as_str()), ("refunded", "needs_attention"));
    assert!(stall.mails("bruno@example.com").iter().any(|subject| subject.starts_with("A booking needs you")));
    let id = stall.id_of(&fails).await;
    let page = stall.site.get(&format!("/builder/bookings/{id}"), Some(&stall.cookie)).await.body;
    assert!(page.contains("Stripe could not give the money back") && page.contains("Try the refund again"), "{page}");
    let again = stall.site.post(&format!("/builder/bookings/{id}/retry"), Some(&stall.cookie), "").await;
    assert_eq!(again.header("location"), format!("/builder/bookings/{id}?notice=refund_asked"));
    stall.settle().await;
    assert_eq!(stall.status(&fails).await, "refund_pending");
    let twice = stall.site.post(&format!("/builder/bookings/{id}/retry"), Some(&stall.cookie), "").await;
    assert_eq!(twice.header("location"), format!("/builder/bookings/{id}?notice=not_now"));
}

#[tokio::test]
async fn money_given_back_at_stripe_s_own_page_is_seen_and_the_builder_asked_what_is_to_be() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, CARD);
    stall.settle().await;
    let now = stall.site.sandbox.clock().now();
    assert!(stall.site.sandbox.stripe(|stripe| stripe.refund_by_hand(&session, 5_000, now)));
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "confirmed");
    let id = stall.id_of(&path).await;
    let page = stall.site.get(&format!("/builder/bookings/{id}"), Some(&stall.cookie)).await.body;
    assert!(page.contains("Money was given back at Stripe") && page.contains("−€50.00"), "{page}");
    // Cancelled then, only what is left goes back.
    stall.site.post(&format!("/builder/bookings/{id}/cancel"), Some(&stall.cookie), "").await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("refunded", 0));
}

#[tokio::test]
async fn a_disputed_payment_calls_the_builder_and_nothing_is_given_back_twice() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, "4000000000000259");
    stall.settle().await;
    let id = stall.id_of(&path).await;
    let page = stall.site.get(&format!("/builder/bookings/{id}"), Some(&stall.cookie)).await.body;
    assert!(page.contains("The owner of the card disputes the payment"), "{page}");
    let reply = refund(&stall, &path, "10", "goodwill").await;
    assert!(reply.status == StatusCode::UNPROCESSABLE_ENTITY && reply.body.contains("The payment is disputed"), "{}", reply.body);
}

#[tokio::test]
async fn currencies_without_decimals_and_with_three_are_charged_and_given_back_as_they_are() {
    let stall = stall().await;
    for (title, price, currency, shown, half) in [
        ("In yen", "14001", "JPY", "¥14,001", 7_001),
        ("In dinars", "12.34", "KWD", "KWD 12.340", 6_170),
        ("In kronur", "5001", "ISK", "ISK 5,001", 250_100),
    ] {
        stall.offer(title, price, currency, "flexible", "none").await;
        let place = format!("/b/bruno-costa/{}", title.to_lowercase().replace(' ', "-"));
        let page = stall.site.get(&place, None).await.body;
        assert!(page.contains(shown), "{shown}: {page}");
        let price = crate::support::between(&page, "name=\"price\" value=\"", "\"").to_owned();
        let at = crate::support::between(&page, "name=\"starts_at\" value=\"2026-11-25", "\"").to_owned();
        let attempt = stall.site.world.deps.new_id();
        let form = format!(
            "starts_at=2026-11-25{at}&name=Tomasz&email=tomasz%40example.com&zone=UTC&policy=flexible-1&price={price}&attempt={attempt}"
        );
        let url = stall.site.post(&place, None, &form).await.header("location").to_owned();
        let session = url.rsplit('/').next().unwrap().to_owned();
        let path = stall.path_of(&session);
        stall.pay(&session, CARD);
        stall.settle().await;
        assert_eq!(stall.status(&path).await, "confirmed", "{currency}");
        let id = stall.id_of(&path).await;
        sqlx::query("update bookings set starts_at = $2, ends_at = $3 where id = $1")
            .bind(id)
            .bind(stall.site.world.deps.now() + TimeDelta::hours(20))
            .bind(stall.site.world.deps.now() + TimeDelta::hours(21))
            .execute(&stall.behind)
            .await
            .unwrap();
        stall.cancel(&path).await;
        stall.settle().await;
        let back: i64 =
            sqlx::query_scalar("select amount from refunds where booking_id = $1").bind(id).fetch_one(&stall.behind).await.unwrap();
        assert_eq!(back, half, "{currency}");
    }
}

#[tokio::test]
async fn tax_that_is_added_is_no_other_price_and_tax_that_is_included_is_told() {
    let stall = stall().await;
    for (title, tax, total) in [("With tax", "exclusive", 12_300), ("Tax inside", "inclusive", 10_000)] {
        stall.offer(title, "100", "EUR", "strict", tax).await;
        let place = format!("/b/bruno-costa/{}", title.to_lowercase().replace(' ', "-"));
        let page = stall.site.get(&place, None).await.body;
        let at = crate::support::between(&page, "name=\"starts_at\" value=\"", "\"").to_owned();
        let attempt = stall.site.world.deps.new_id();
        let form = format!("starts_at={at}&name=Tomasz&email=tomasz%40example.com&zone=UTC&policy=strict-1&price=10000&attempt={attempt}");
        let url = stall.site.post(&place, None, &form).await.header("location").to_owned();
        let session = url.rsplit('/').next().unwrap().to_owned();
        let path = stall.path_of(&session);
        stall.pay(&session, CARD);
        stall.settle().await;
        assert_eq!(stall.status(&path).await, "confirmed", "{tax}");
        let paid: i64 = sqlx::query_scalar("select paid_amount from payments where booking_id = $1")
            .bind(stall.id_of(&path).await)
            .fetch_one(&stall.behind)
            .await
            .unwrap();
        assert_eq!(paid, total);
        assert!(stall.site.get(&path, None).await.body.contains("Of that tax"));
    }
}

#[tokio::test]
async fn what_was_paid_and_never_booked_comes_back_whole_whatever_the_policy() {
    let stall = stall().await;
    stall.offer("Final", "50", "EUR", "final", "none").await;
    let page = stall.site.get("/b/bruno-costa/final", None).await.body;
    let at = crate::support::between(&page, "name=\"starts_at\" value=\"", "\"").to_owned();
    let attempt = stall.site.world.deps.new_id();
    let form = format!("starts_at={at}&name=Tomasz&email=tomasz%40example.com&zone=UTC&policy=final-1&price=5000&attempt={attempt}");
    let url = stall.site.post("/b/bruno-costa/final", None, &form).await.header("location").to_owned();
    let session = url.rsplit('/').next().unwrap().to_owned();
    let path = stall.path_of(&session);
    stall.site.sandbox.calendly(|calendly| calendly.is_revoked = true);
    stall.pay(&session, CARD);
    stall.settle().await;
    assert!(stall.site.get(&path, None).await.body.contains("Cancel and get €50.00 back"));
    stall.cancel(&path).await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("refunded", 0));
}

#[tokio::test]
async fn less_than_is_owed_mends_no_failed_refund_and_a_form_sent_twice_gives_back_once() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, "4000000000005126");
    stall.settle().await;
    let id = stall.id_of(&path).await;
    let place = format!("/builder/bookings/{id}/refund");
    let form = "amount=30&why=goodwill&left=14000";
    assert_eq!(stall.site.post(&place, Some(&stall.cookie), form).await.status, StatusCode::SEE_OTHER);
    let twice = stall.site.post(&place, Some(&stall.cookie), form).await;
    assert!(twice.status == StatusCode::UNPROCESSABLE_ENTITY && twice.body.contains("Something was given back since"), "{}", twice.body);
    assert_eq!(stall.count("select count(*) from refunds").await, 1);
    stall.cancel(&path).await;
    stall.settle().await;
    stall.advance(TimeDelta::minutes(2));
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "needs_attention");
    // A dispute and its end hide nothing of that.
    let charge =
        stall.site.sandbox.stripe(|stripe| stripe.sessions())[0]["payment_intent"]["latest_charge"]["id"].as_str().unwrap().to_owned();
    let now = stall.site.sandbox.clock().now();
    stall.site.sandbox.stripe(|stripe| stripe.dispute(&charge, now));
    stall.settle().await;
    stall.site.sandbox.stripe(|stripe| stripe.close_dispute(&charge, "won", now));
    stall.settle().await;
    let found: (String, String) =
        sqlx::query_as("select status, attention from bookings where id = $1").bind(id).fetch_one(&stall.behind).await.unwrap();
    assert_eq!((found.0.as_str(), found.1.as_str()), ("needs_attention", "refund_failed"));
    assert_eq!(stall.count("select count(*) from webhook_deliveries where handled_at is null").await, 0);
    let page = stall.site.get(&format!("/builder/bookings/{id}"), Some(&stall.cookie)).await.body;
    assert!(page.contains("Try the refund again"), "{page}");
}

#[tokio::test]
async fn nobody_is_renamed_by_somebody_who_knows_their_address() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let form =
        super::scene::form(LATER, "tomasz@example.com", &stall.site.world.deps.new_id().to_string()).replace("Tomasz+Wrona", "Mallory");
    assert_eq!(stall.site.post(super::scene::SESSION, None, &form).await.status, StatusCode::SEE_OTHER);
    let list = stall.site.get("/builder/bookings?which=all", Some(&stall.cookie)).await.body;
    assert!(list.contains("Tomasz Wrona") && list.contains("Mallory"), "{list}");
    assert!(
        stall.site.get(&format!("/builder/bookings/{}", stall.id_of(&path).await), Some(&stall.cookie)).await.body.contains("Tomasz Wrona")
    );
}
