//! The ordinary way, and the ordinary ways out of it.

use axum::http::StatusCode;
use chrono::TimeDelta;

use super::scene::{CARD, LATER, SESSION, SLOT, stall, stall_on};
use crate::support::site_with_push_on_a_wire;
use domain::testing::Traffic;
use sandbox::{Fault, FaultKind, Route};

#[tokio::test]
async fn a_stranger_books_and_pays_and_everybody_hears_of_it() {
    let stall = stall().await;
    let page = stall.site.get(SESSION, None).await.body;
    for text in ["Pricing review", "€140.00", "datetime", "Flexible, version 1", "All of it back until 24 hours before it begins"] {
        assert!(page.contains(text) || text == "datetime", "{text}: {page}");
    }
    assert!(page.contains(&format!("value=\"{SLOT}\"")), "{page}");
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    assert_eq!(stall.status(&path).await, "awaiting_payment");
    let waiting = stall.site.get(&path, None).await.body;
    assert!(waiting.contains("Held for you until") && waiting.contains("Pay €140.00 at Stripe"), "{waiting}");
    stall.pay(&session, CARD);
    // The client is faster than the webhook: Stripe is asked, and nobody is believed.
    let back = stall.site.get(&format!("{path}?back=paid"), None).await;
    assert_eq!(back.header("location"), path);
    assert_eq!(stall.status(&path).await, "paid");
    let under_way = stall.site.get(&path, None).await;
    assert!(under_way.body.contains("Paid, and being booked") && under_way.header("refresh") == "3", "{}", under_way.body);
    stall.settle().await;
    assert_eq!(stall.happened(&path).await, ["held", "checkout_opened", "paid", "booked"]);
    let done = stall.site.get(&path, None).await.body;
    for text in
        ["Paid and confirmed", "Visa ending 4242", "Thursday 26 November, 15:00 to 16:00", "14:00 in Lisbon", "Cancel and get €140.00 back"]
    {
        assert!(done.contains(text), "{text}: {done}");
    }
    let events = stall.events();
    assert_eq!((events.len(), events[0]["start_time"].as_str()), (1, Some("2026-11-26T14:00:00.000000Z")));
    let mail = stall.site.world.mails().into_iter().find(|mail| mail.to == "tomasz@example.com").unwrap();
    assert_eq!(mail.subject, "Booked: Pricing review, 26 Nov, 15:00");
    assert!(mail.text.contains(&path), "{}", mail.text);
    let file = mail.attachment.unwrap();
    assert!(file.text.contains("DTSTART:20261126T140000Z") && file.text.contains("METHOD:PUBLISH"), "{}", file.text);
    assert_eq!(stall.site.get(&format!("{path}/session.ics"), None).await.header("content-type"), "text/calendar; charset=utf-8");
    assert!(stall.mails("bruno@example.com").contains(&"Sold: Pricing review, 26 Nov, 14:00".to_owned()));
    // The builder sees who, and nobody else's.
    let list = stall.site.get("/builder/bookings", Some(&stall.cookie)).await.body;
    assert!(list.contains("Tomasz Wrona") && list.contains("Paid and confirmed"), "{list}");
    let dashboard = stall.site.get("/builder", Some(&stall.cookie)).await.body;
    assert!(dashboard.contains("€140.00 in six months") && dashboard.contains("Tomasz Wrona"), "{dashboard}");
    let table = stall.site.get("/builder/bookings/export", Some(&stall.cookie)).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.body.contains("Pricing review,confirmed,Tomasz Wrona,tomasz@example.com,140.00,EUR,140.00,0.00"), "{}", table.body);
    assert_eq!(stall.count("select count(*) from audit_events where action = 'bookings.exported'").await, 1);
    // Nobody else is offered the hour.
    let page = stall.site.get(SESSION, None).await.body;
    assert!(!page.contains(&format!("value=\"{SLOT}\"")) && page.contains(&format!("value=\"{LATER}\"")), "{page}");
    // The day after it has taken place.
    stall.advance(TimeDelta::days(3));
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "completed");
    assert!(stall.mails("tomasz@example.com").iter().any(|subject| subject.starts_with("Tomorrow: Pricing review")));
}

#[tokio::test]
async fn a_payment_that_never_comes_gives_the_time_free_and_one_that_comes_after_that_goes_back() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    assert_eq!(stall.hold(SLOT, "ida@example.com").await.status, StatusCode::CONFLICT, "it is held");
    stall.advance(TimeDelta::minutes(33));
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "expired");
    assert!(stall.site.get(&path, None).await.body.contains("It was not paid in time"));
    let sessions = stall.site.sandbox.stripe(|stripe| stripe.sessions());
    assert_eq!(sessions.iter().find(|made| made["id"] == session.as_str()).unwrap()["status"], "expired");
    // The next one has it.
    let other = stall.sold(SLOT, "ida@example.com").await;
    assert_eq!(stall.status(&other).await, "confirmed");
    assert_eq!(stall.balance(), 14_000);
}

#[tokio::test]
async fn money_that_comes_late_by_a_bank_goes_back_when_the_time_was_given_up() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    let now = stall.site.sandbox.clock().now();
    stall.site.sandbox.stripe(|stripe| stripe.pay(&session, "", true, now));
    stall.settle().await;
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("Your payment is on its way"), "{page}");
    // Held beyond the half hour, because the client has done their part.
    stall.advance(TimeDelta::hours(3));
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "awaiting_payment");
    // They cancel; the money comes all the same.
    assert_eq!(stall.cancel(&path).await.header("location"), format!("{path}?notice=booking_cancelled"));
    let now = stall.site.sandbox.clock().now();
    stall.site.sandbox.stripe(|stripe| stripe.settle(&session, true, now));
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("refunded", 0));
    assert!(stall.events().is_empty());
}

#[tokio::test]
async fn a_bank_that_says_no_in_the_end_gives_the_time_free() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    let now = stall.site.sandbox.clock().now();
    stall.site.sandbox.stripe(|stripe| stripe.pay(&session, "", true, now));
    stall.settle().await;
    stall.site.sandbox.stripe(|stripe| stripe.settle(&session, false, now));
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("expired", 0));
    assert!(stall.happened(&path).await.contains(&"payment_failed".to_owned()));
    stall.sold(SLOT, "ida@example.com").await;
}

#[tokio::test]
async fn cancelled_in_time_all_comes_back_later_half_and_after_it_began_nothing() {
    let stall = stall().await;
    let first = stall.sold(SLOT, "tomasz@example.com").await;
    let second = stall.sold(LATER, "tomasz@example.com").await;
    let asked = stall.site.get(&format!("{first}/cancel"), None).await.body;
    assert!(asked.contains("All of it: €140.00.") && asked.contains("name=\"back\" value=\"14000\""), "{asked}");
    stall.cancel(&first).await;
    stall.settle().await;
    assert_eq!((stall.status(&first).await.as_str(), stall.balance(), stall.events().len()), ("refunded", 14_000, 1));
    let mails = stall.mails("tomasz@example.com");
    assert!(mails.iter().any(|subject| subject == "Cancelled: Pricing review, 26 Nov, 15:00"), "{mails:?}");
    assert!(mails.iter().any(|subject| subject.starts_with("Money is on its way back")), "{mails:?}");
    // Within the last day, half.
    stall.advance(TimeDelta::hours(40));
    assert!(stall.site.get(&second, None).await.body.contains("Cancel and get €70.00 back"));
    stall.cancel(&second).await;
    stall.settle().await;
    assert_eq!((stall.status(&second).await.as_str(), stall.balance(), stall.events().len()), ("refunded", 7_000, 0));
    // Twice is nothing more.
    stall.site.post(&format!("{second}/cancel"), None, "back=7000").await;
    stall.settle().await;
    assert_eq!(stall.balance(), 7_000);
    let third = stall.sold("2026-11-27T10:00:00Z", "tomasz@example.com").await;
    stall.advance(TimeDelta::hours(33));
    let begun = stall.site.post(&format!("{third}/cancel"), None, "back=0").await;
    assert_eq!(begun.header("location"), third);
    assert_eq!(stall.balance(), 7_000 + 14_000);
}

#[tokio::test]
async fn less_than_the_page_said_never_comes_back_unsaid() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    assert!(stall.site.get(&format!("{path}/cancel"), None).await.body.contains("value=\"14000\""));
    // The page stood open over the moment at which half remains.
    stall.advance(TimeDelta::hours(30));
    let reply = stall.site.post(&format!("{path}/cancel"), None, "back=14000").await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(reply.body.contains("Less comes back now") && reply.body.contains("€70.00 of €140.00"), "{}", reply.body);
    assert_eq!(stall.status(&path).await, "confirmed");
    // A form that says nothing is asked to look.
    let blind = stall.site.post(&format!("{path}/cancel"), None, "").await;
    assert_eq!(blind.header("location"), format!("{path}/cancel"));
}

#[tokio::test]
async fn what_was_booked_with_an_address_stands_in_the_account_of_whoever_confirmed_it() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let id = stall.id_of(&path).await;
    let (_, tomasz) = stall.site.signed_in("tomasz@example.com", &[types::Role::User]).await;
    let (_, ida) = stall.site.signed_in("ida@example.com", &[types::Role::User]).await;
    let list = stall.site.get("/app/bookings", Some(&tomasz)).await.body;
    assert!(list.contains("Pricing review") && list.contains("with Bruno Costa"), "{list}");
    let one = stall.site.get(&format!("/app/bookings/{id}"), Some(&tomasz)).await;
    assert!(one.status == StatusCode::OK && one.body.contains("Visa ending 4242"), "{}", one.body);
    assert!(stall.site.get("/app/bookings", Some(&ida)).await.body.contains("Nothing yet"));
    for path in [format!("/app/bookings/{id}"), format!("/builder/bookings/{id}"), "/bookings/guessed".to_owned()] {
        assert_eq!(stall.site.get(&path, Some(&ida)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let (_, other) = stall.site.signed_in("berta@example.com", &[types::Role::User, types::Role::Builder]).await;
    assert_eq!(stall.site.get(&format!("/builder/bookings/{id}"), Some(&other)).await.status, StatusCode::NOT_FOUND);
    assert!(!stall.site.get("/builder/bookings?which=all", Some(&other)).await.body.contains("Tomasz"));
    // Nothing of the client is readable at rest, and what they paid is.
    let rows: Vec<String> = sqlx::query_scalar(
        "select b::text from bookings b union all select c::text from booking_clients c union all select h::text from booking_changes h
         union all select p::text from payments p union all select w::text from webhook_deliveries w union all select a::text from audit_events a
         union all select j::text from graphile_worker._private_jobs j",
    )
    .fetch_all(&stall.behind)
    .await
    .unwrap();
    for plain in ["Tomasz", "tomasz@example.com", path.rsplit('/').next().unwrap()] {
        assert!(rows.iter().all(|row| !row.contains(plain) && !row.contains(&hex::encode(plain))), "{plain}");
    }
}

#[tokio::test]
async fn every_page_of_what_is_sold_costs_one_statement() {
    let stall = stall_on(site_with_push_on_a_wire().await).await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let id = stall.id_of(&path).await;
    let (_, tomasz) = stall.site.signed_in("tomasz@example.com", &[types::Role::User]).await;
    let session: uuid::Uuid = sqlx::query_scalar("select id from session_types").fetch_one(&stall.behind).await.unwrap();
    let one = Traffic { statements: 1, releases: 1, prepared: 0 };
    for (path, cookie) in [
        ("/b/bruno-costa".to_owned(), None),
        (SESSION.to_owned(), None),
        (path.clone(), None),
        (format!("{path}/cancel"), None),
        ("/app/bookings".to_owned(), Some(&tomasz)),
        (format!("/app/bookings/{id}"), Some(&tomasz)),
        ("/builder".to_owned(), Some(&stall.cookie)),
        ("/builder/profile".to_owned(), Some(&stall.cookie)),
        ("/builder/sessions".to_owned(), Some(&stall.cookie)),
        (format!("/builder/sessions/{session}"), Some(&stall.cookie)),
        ("/builder/bookings?which=all".to_owned(), Some(&stall.cookie)),
        (format!("/builder/bookings/{id}"), Some(&stall.cookie)),
        (format!("/builder/bookings/{id}/cancel"), Some(&stall.cookie)),
    ] {
        let cookie = cookie.map(String::as_str);
        assert_eq!(stall.site.get(&path, cookie).await.status, StatusCode::OK, "{path}");
        stall.site.traffic().await;
        let page = stall.site.get(&path, cookie).await;
        assert_eq!(stall.site.traffic().await, one, "{path}");
        assert!(page.body.contains("Pricing review") || path == "/builder/profile", "{path}");
    }
}

#[tokio::test]
async fn whatever_somebody_does_to_what_is_sold_is_in_the_audit_log() {
    let stall = stall().await;
    let session: uuid::Uuid = sqlx::query_scalar("select id from session_types").fetch_one(&stall.behind).await.unwrap();
    let event_type: uuid::Uuid = sqlx::query_scalar("select id from calendly_event_types where minutes = 60 and refusal is null")
        .fetch_one(&stall.behind)
        .await
        .unwrap();
    let first = stall.sold(SLOT, "tomasz@example.com").await;
    let second = stall.sold(LATER, "tomasz@example.com").await;
    let third = stall.sold("2026-11-27T10:00:00Z", "tomasz@example.com").await;
    let (one, two) = (stall.id_of(&first).await, stall.id_of(&second).await);
    let offer = format!("event_type={event_type}&description=x&price=20&currency=EUR&policy=strict&tax=none");
    for (path, cookie, form) in [
        ("/builder/profile".to_owned(), true, "slug=bruno-costa&name=Bruno&about=".to_owned()),
        ("/builder/sessions/new".to_owned(), true, format!("{offer}&title=Second")),
        (format!("/builder/sessions/{session}"), true, format!("{offer}&title=Pricing&slug=pricing-review")),
        (format!("/builder/sessions/{session}/open"), true, "open=false".to_owned()),
        (format!("/builder/sessions/{session}/open"), true, "open=true".to_owned()),
        (format!("/builder/bookings/{one}/refund"), true, "amount=10&why=goodwill".to_owned()),
        (format!("/builder/bookings/{one}/cancel"), true, String::new()),
        (format!("{second}/cancel"), false, "back=0".to_owned()),
    ] {
        let before = stall.count("select count(*) from audit_events").await;
        let reply = stall.site.post(&path, cookie.then_some(&stall.cookie), &form).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{path}: {}", reply.body);
        assert!(stall.count("select count(*) from audit_events").await > before, "{path} wrote nothing");
    }
    stall.settle().await;
    // What every change of a booking was, and who did it, without who it was.
    let told: Vec<String> = sqlx::query_scalar("select detail->>'what' from audit_events where resource_id = $1 order by occurred_at, id")
        .bind(two)
        .fetch_all(&stall.behind)
        .await
        .unwrap();
    for what in ["held", "checkout_opened", "paid", "booked", "cancelled", "refund_requested", "refunded"] {
        assert!(told.iter().any(|other| other == what), "{what}: {told:?}");
    }
    // After its time the builder says that nobody came, or that they did.
    let id = stall.id_of(&third).await;
    let early = stall.site.post(&format!("/builder/bookings/{id}/no-show"), Some(&stall.cookie), "").await;
    assert_eq!(early.header("location"), format!("/builder/bookings/{id}?notice=not_now"));
    stall.advance(TimeDelta::days(4));
    stall.settle().await;
    let cookie =
        stall.site.post("/sign-in", None, &format!("email=bruno%40example.com&password={}", domain::testing::PASSWORD)).await.cookie();
    for (form, status) in [("", "no_show"), ("came=true", "completed")] {
        stall.site.post(&format!("/builder/bookings/{id}/no-show"), Some(&cookie), form).await;
        assert_eq!(stall.status(&third).await, status);
        // Said on at Calendly, whose answer is lost once: looked for there, it is said once.
        stall.site.sandbox.inject(Fault::next(Route::CalendlyNoShow, 1, FaultKind::AnswerLost));
        stall.settle().await;
        let marks = stall.site.sandbox.calendly(|calendly| calendly.invitees().iter().filter(|made| !made["no_show"].is_null()).count());
        assert_eq!(marks, usize::from(status == "no_show"), "{status}");
    }
}
