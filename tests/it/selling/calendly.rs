//! What happens at Calendly: a session is moved or cancelled there, picked by a link, or cannot be booked.

use chrono::{DateTime, TimeDelta, Utc};
use sandbox::{Delivery, Fault, FaultKind, Route};
use serde_json::json;

use super::scene::{CARD, LATER, SESSION, SLOT, Stall, stall};

/// The invitee who stands at Calendly for the only booking.
fn invitee(stall: &Stall) -> String {
    let invitees = stall.site.sandbox.calendly(|calendly| calendly.invitees());
    let active = invitees.iter().find(|made| made["status"] == "active").unwrap();
    active["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

fn move_to(stall: &Stall, at: &str) {
    let (at, now, who): (DateTime<Utc>, _, _) = (at.parse().unwrap(), stall.site.sandbox.clock().now(), invitee(stall));
    assert!(stall.site.sandbox.calendly(|calendly| calendly.reschedule(&who, at, now)), "{at}");
}

async fn starts_at(stall: &Stall, path: &str) -> String {
    let id = stall.id_of(path).await;
    let at: DateTime<Utc> =
        sqlx::query_scalar("select starts_at from bookings where id = $1").bind(id).fetch_one(&stall.behind).await.unwrap();
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[tokio::test]
async fn moved_at_calendly_the_payment_moves_along_in_whatever_order_it_is_told() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let mut at = [LATER, SLOT].into_iter().cycle();
    for delivery in [Delivery::InTime, Delivery::Reversed, Delivery::Twice, Delivery::Lost] {
        let to = at.next().unwrap();
        stall.site.sandbox.set_delivery(delivery);
        move_to(&stall, to);
        stall.settle().await;
        if delivery == Delivery::Lost {
            assert_eq!(starts_at(&stall, &path).await, LATER, "nobody has heard of it");
            stall.advance(TimeDelta::minutes(6));
            stall.settle().await;
            stall.settle().await;
        }
        assert_eq!(starts_at(&stall, &path).await, to, "{delivery:?}");
        assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), ("confirmed", 14_000, 1), "{delivery:?}");
    }
    assert_eq!(stall.count("select count(*) from refunds").await, 0);
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("Moved") && page.contains("The payment moved along"), "{page}");
    assert!(stall.mails("tomasz@example.com").iter().any(|subject| subject == "Moved: Pricing review is now 26 Nov, 16:30"));
    let files: Vec<_> = stall.site.world.mails().into_iter().filter_map(|mail| mail.attachment).collect();
    for sequence in 0..4 {
        assert!(files.iter().any(|file| file.text.contains(&format!("SEQUENCE:{sequence}"))), "{sequence}");
    }
    // The hour that it left is free again, and the one it is at is not.
    stall.site.sandbox.set_delivery(Delivery::InTime);
    move_to(&stall, LATER);
    stall.settle().await;
    stall.advance(TimeDelta::minutes(3));
    let page = stall.site.get(SESSION, None).await.body;
    assert!(page.contains(&format!("value=\"{SLOT}\"")) && !page.contains(&format!("value=\"{LATER}\"")), "{page}");
}

#[tokio::test]
async fn a_thousand_moves_are_no_refund_and_no_charge() {
    let stall = stall().await;
    let path = stall.sold("2026-11-27T09:00:00Z", "tomasz@example.com").await;
    let sessions = stall.site.sandbox.stripe(|stripe| stripe.sessions()).len();
    let deliveries = [Delivery::InTime, Delivery::Reversed, Delivery::Twice, Delivery::Lost];
    let mut last = String::new();
    for round in 0..100_usize {
        stall.site.sandbox.set_delivery(deliveries[round % 4]);
        for step in 0..10 {
            last = format!("2026-11-{}T{:02}:00:00Z", [27, 30][(round + step) % 2], 9 + (round * 3 + step) % 7);
            move_to(&stall, &last);
        }
        stall.site.sandbox.deliver().await;
        stall.work().await;
    }
    stall.advance(TimeDelta::minutes(6));
    stall.settle().await;
    stall.settle().await;
    assert_eq!(starts_at(&stall, &path).await, last);
    assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), ("confirmed", 14_000, 1));
    assert_eq!(
        (stall.count("select count(*) from refunds").await, stall.site.sandbox.stripe(|stripe| stripe.sessions()).len()),
        (0, sessions)
    );
}

#[tokio::test]
async fn moves_of_which_nobody_was_told_are_followed_to_their_end_and_never_taken_for_a_cancellation() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    stall.site.sandbox.set_delivery(Delivery::Lost);
    for (moves, stands_at) in [(25, "2026-11-27T09:00:00Z"), (202, "2026-11-27T09:00:00Z")] {
        for step in (0..moves).rev() {
            move_to(&stall, &format!("2026-11-27T{:02}:00:00Z", 9 + step % 7));
        }
        stall.advance(TimeDelta::minutes(6));
        stall.settle().await;
        stall.settle().await;
        assert_eq!(starts_at(&stall, &path).await, stands_at, "{moves}");
        assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), ("confirmed", 14_000, 1), "{moves}");
    }
    assert_eq!(stall.count("select count(*) from refunds").await, 0);
}

#[tokio::test]
async fn cancelled_at_calendly_by_the_client_the_policy_says_what_comes_back_and_by_the_host_everything_does() {
    let stall = stall().await;
    for (at, by, kept) in [(SLOT, "invitee", 7_000), ("2026-11-30T10:00:00Z", "host", 0)] {
        let before = stall.balance();
        let path = stall.sold(at, "tomasz@example.com").await;
        // Within the last day half comes back, if it is the client who cancels.
        let start: DateTime<Utc> = at.parse().unwrap();
        stall.advance(start - TimeDelta::hours(3) - stall.site.world.deps.now());
        let (who, now) = (invitee(&stall), stall.site.sandbox.clock().now());
        assert!(stall.site.sandbox.calendly(|calendly| calendly.end(&who, by, "", None, now)));
        stall.settle().await;
        assert_eq!((stall.status(&path).await.as_str(), stall.balance() - before), ("refunded", kept), "{by}");
    }
}

#[tokio::test]
async fn where_the_plan_lets_programs_book_nothing_the_client_picks_by_a_link_that_works_once() {
    let stall = stall().await;
    stall.site.sandbox.calendly(|calendly| calendly.refuses_bookings = true);
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, CARD);
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "paid");
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("Pick your time at Calendly"), "{page}");
    let url = link(&page);
    assert!(url.contains("/calendly/d/") && url.contains("utm_content=") && url.contains("name=Tomasz"), "{url}");
    // The link in the mail says the same: who it is for is known whichever of the two is used.
    let mail = stall.site.world.mails().into_iter().find(|mail| mail.subject == "Pick a time for Pricing review").unwrap();
    assert!(mail.to == "tomasz@example.com" && mail.text.contains(&url), "{}", mail.text);
    // Somebody else names the booking in an event of their own: it is not theirs to fill.
    let id = stall.id_of(&path).await;
    pick(&url.replace(&id.to_string(), "0192f0a0-0000-7000-8000-000000000001"), "2026-11-27T09:00:00Z", "x").await;
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "paid");
    let (session, other) = stall.reserve("2026-11-27T12:00:00Z", "tomasz@example.com").await;
    stall.pay(&session, CARD);
    stall.settle().await;
    let page = stall.site.get(&other, None).await.body;
    let url = link(&page);
    pick(&url, LATER, &stall.id_of(&other).await.to_string()).await;
    stall.settle().await;
    assert_eq!((stall.status(&other).await.as_str(), starts_at(&stall, &other).await.as_str()), ("confirmed", LATER));
    assert_eq!(stall.balance(), 28_000);
}

/// The one way on that a page offers.
fn link(page: &str) -> String {
    let before = page.split("class=\"button moment\"").next().unwrap();
    before.rsplit("href=\"").next().unwrap().split('"').next().unwrap().replace("&amp;", "&")
}

/// Uses a single-use link as a client does.
async fn pick(url: &str, at: &str, reference: &str) {
    pick_as(url, at, reference, "tomasz@example.com").await;
}

async fn pick_as(url: &str, at: &str, reference: &str, email: &str) {
    #[expect(clippy::disallowed_methods, reason = "a browser, not the server")]
    let client = reqwest::Client::new();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("at", at).append_pair("name", "Tomasz").append_pair("email", email).append_pair("utm_content", reference);
    let place = url.split('?').next().unwrap();
    let answer = client.post(place).header("content-type", "application/x-www-form-urlencoded").body(form.finish()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
}

#[tokio::test]
async fn while_only_the_builder_can_mend_it_the_money_waits_they_are_told_and_it_is_booked_or_goes_back_in_time() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    let (other, other_path) = stall.reserve(LATER, "ida@example.com").await;
    stall.site.sandbox.calendly(|calendly| calendly.is_revoked = true);
    stall.pay(&session, CARD);
    stall.pay(&other, CARD);
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.status(&other_path).await.as_str()), ("paid", "paid"));
    assert_eq!(stall.mails("bruno@example.com").iter().filter(|subject| subject.starts_with("A booking needs you")).count(), 2);
    let id = stall.id_of(&path).await;
    let page = stall.site.get(&format!("/builder/bookings/{id}"), Some(&stall.cookie)).await.body;
    assert!(page.contains("Calendly does not let Kairos book it"), "{page}");
    // One is given up meanwhile, and needs no mending.
    stall.cancel(&other_path).await;
    stall.advance(TimeDelta::minutes(30));
    stall.site.sandbox.calendly(|calendly| calendly.is_revoked = false);
    stall.settle().await;
    assert_eq!(
        (stall.status(&path).await.as_str(), stall.status(&other_path).await.as_str(), stall.balance()),
        ("confirmed", "refunded", 14_000)
    );
    assert_eq!(stall.count("select count(*) from bookings where attention is not null").await, 0);
    // And one that nobody mends before its time goes back whole.
    let (late, late_path) = stall.reserve("2026-11-27T10:00:00Z", "eva@example.com").await;
    stall.site.sandbox.calendly(|calendly| calendly.is_revoked = true);
    stall.pay(&late, CARD);
    stall.settle().await;
    stall.advance(TimeDelta::days(4));
    stall.settle().await;
    assert_eq!(stall.status(&late_path).await, "refunded");
}

#[tokio::test]
async fn a_subscription_is_made_kept_and_made_anew_when_it_has_ended() {
    let stall = stall().await;
    let all = || stall.site.sandbox.calendly(|calendly| calendly.subscriptions());
    assert_eq!((all().len(), &all()[0]["events"]), (1, &json!(["invitee.created", "invitee.canceled"])));
    let first = all()[0]["uri"].clone();
    stall.site.post("/builder/connect/calendly/read", Some(&stall.cookie), "").await;
    assert_eq!(all()[0]["uri"], first, "one that is active stays");
    stall.site.sandbox.calendly(|calendly| calendly.disable_subscriptions());
    stall.site.post("/builder/connect/calendly/read", Some(&stall.cookie), "").await;
    assert_eq!((all().len(), &all()[0]["state"]), (1, &json!("active")));
    assert_ne!(all()[0]["uri"], first);
    stall.site.post("/builder/connect/calendly/disconnect", Some(&stall.cookie), "").await;
    assert!(all().is_empty());
}

#[tokio::test]
async fn times_are_asked_for_once_by_many_and_nothing_is_sold_by_what_is_old() {
    let stall = stall().await;
    let page = stall.site.get(SESSION, None).await.body;
    assert!(page.contains("Asked at Calendly just now."), "{page}");
    let calls = stall.site.sandbox.calls(Route::CalendlyTimes);
    for _ in 0..20 {
        stall.site.get(SESSION, None).await;
    }
    assert_eq!(stall.site.sandbox.calls(Route::CalendlyTimes), calls);
    let down = FaultKind::Status { status: 503, reason: "down".to_owned(), retry_after: None };
    stall.site.sandbox.inject(Fault::next(Route::CalendlyTimes, 1_000, down));
    stall.advance(TimeDelta::minutes(5));
    assert!(stall.site.get(SESSION, None).await.body.contains("Asked at Calendly 5 minutes ago."));
    // Shown as it was; sold only by what Calendly says at that moment.
    let reply = stall.hold(SLOT, "tomasz@example.com").await;
    assert_eq!(reply.status, axum::http::StatusCode::CONFLICT);
    assert!(reply.body.contains("Nobody can say just now whether this time is free"), "{}", reply.body);
    stall.advance(TimeDelta::minutes(11));
    let page = stall.site.get(SESSION, None).await.body;
    assert!(page.contains("Nobody can say just now which times are free") && !page.contains("type=\"radio\""), "{page}");
    assert_eq!(stall.count("select count(*) from bookings").await, 0);
}

#[tokio::test]
async fn a_builder_has_one_booking_compared_now_and_what_differs_is_mended() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let place = format!("/builder/bookings/{}", stall.id_of(&path).await);
    stall.site.sandbox.set_delivery(Delivery::Lost);
    move_to(&stall, LATER);
    stall.site.sandbox.deliver().await;
    assert_eq!(starts_at(&stall, &path).await, SLOT);
    let reply = stall.site.post(&format!("{place}/compare"), Some(&stall.cookie), "").await;
    assert_eq!(reply.header("location"), format!("{place}?notice=compared"));
    assert_eq!(starts_at(&stall, &path).await, LATER);
    let down = FaultKind::Status { status: 503, reason: "down".to_owned(), retry_after: None };
    stall.site.sandbox.inject(Fault::next(Route::CalendlyEvents, 100, down));
    let reply = stall.site.post(&format!("{place}/compare"), Some(&stall.cookie), "").await;
    assert_eq!(reply.header("location"), format!("{place}?notice=compare_failed"));
}

#[tokio::test]
async fn cancelled_here_while_it_was_moved_there_nothing_stays_at_calendly() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    // Nobody has heard of the move yet.
    stall.site.sandbox.set_delivery(Delivery::Late);
    move_to(&stall, LATER);
    stall.cancel(&path).await;
    stall.work().await;
    assert_eq!((stall.events().len(), stall.balance()), (0, 0));
    // And where the news of the move comes first to a booking that is over.
    let path = stall.sold("2026-11-27T09:00:00Z", "ida@example.com").await;
    stall.cancel(&path).await;
    sqlx::query("delete from graphile_worker._private_jobs where payload->>'job' = 'cancel_at_calendly'")
        .execute(&stall.behind)
        .await
        .unwrap();
    move_to(&stall, "2026-11-27T11:00:00Z");
    stall.settle().await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.events().len(), stall.balance()), ("refunded", 0, 0));
}

#[tokio::test]
async fn cancelled_before_a_time_was_picked_the_link_brings_nobody_a_free_session() {
    let stall = stall().await;
    stall.site.sandbox.calendly(|calendly| calendly.refuses_bookings = true);
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, CARD);
    stall.settle().await;
    let url = link(&stall.site.get(&path, None).await.body);
    stall.cancel(&path).await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("refunded", 0));
    pick(&url, LATER, &stall.id_of(&path).await.to_string()).await;
    stall.settle().await;
    assert!(stall.events().is_empty(), "{:?}", stall.events());
    // One who never picks has everything back when the time that they held begins; and one whose pick nobody told of is found.
    let (session, never) = stall.reserve("2026-11-27T09:00:00Z", "ida@example.com").await;
    stall.pay(&session, CARD);
    let (session, unheard) = stall.reserve("2026-11-27T12:00:00Z", "eva@example.com").await;
    stall.pay(&session, CARD);
    stall.settle().await;
    stall.site.sandbox.set_delivery(Delivery::Lost);
    pick_as(
        &link(&stall.site.get(&unheard, None).await.body),
        "2026-11-27T14:00:00Z",
        &stall.id_of(&unheard).await.to_string(),
        "eva@example.com",
    )
    .await;
    stall.advance(TimeDelta::minutes(6));
    stall.settle().await;
    stall.settle().await;
    assert_eq!((stall.status(&unheard).await.as_str(), starts_at(&stall, &unheard).await.as_str()), ("confirmed", "2026-11-27T14:00:00Z"));
    stall.advance(TimeDelta::days(3));
    stall.settle().await;
    stall.settle().await;
    assert_eq!(stall.status(&never).await, "refunded");
}

#[tokio::test]
async fn a_booking_whose_answer_was_lost_and_that_was_cancelled_then_is_cancelled_there_too() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, CARD);
    stall.site.sandbox.inject(Fault::next(Route::CalendlyBook, 1, FaultKind::AnswerLost));
    stall.site.sandbox.deliver().await;
    stall.work().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.events().len()), ("paid", 1));
    stall.cancel(&path).await;
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.events().len(), stall.balance()), ("refunded", 0, 0));
}
