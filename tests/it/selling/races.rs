//! A slot is sold once, and a step that is cut off is done by whoever comes next.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use domain::jobs::{Recovery, Runner};
use domain::testing::World;
use kairos::config::Environment;
use kairos::dispatch::Dispatcher;
use sandbox::{Fault, FaultKind, Route};

use super::scene::{CARD, LATER, SESSION, SLOT, form, stall};
use crate::support::{router, send};

#[tokio::test]
async fn of_a_hundred_buyers_on_two_replicas_exactly_one_has_the_slot_and_nobody_else_is_charged() {
    let stall = stall().await;
    stall.site.get(SESSION, None).await;
    let other = World::on(Arc::clone(&stall.site.world.database), stall.options()).await;
    let routers = [stall.site.router.clone(), router(&other, Environment::Development)];
    let buyers = (0..100).map(|number| {
        let router = routers[number % 2].clone();
        let form = form(SLOT, &format!("buyer{number}@example.com"), &stall.site.world.deps.new_id().to_string());
        tokio::spawn(async move { send(&router, axum::http::Method::POST, SESSION, None, Some(&form)).await.status })
    });
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for buyer in futures::future::join_all(buyers).await {
        *answers.entry(buyer.unwrap().as_u16()).or_default() += 1;
    }
    assert_eq!(answers, BTreeMap::from([(StatusCode::SEE_OTHER.as_u16(), 1), (StatusCode::CONFLICT.as_u16(), 99)]));
    let sessions = stall.site.sandbox.stripe(|stripe| stripe.sessions());
    assert_eq!(sessions.len(), 1);
    stall.pay(sessions[0]["id"].as_str().unwrap(), CARD);
    stall.settle().await;
    assert_eq!((stall.balance(), stall.events().len()), (14_000, 1));
    assert_eq!(stall.count("select count(*) from bookings where status = 'confirmed'").await, 1);
    assert_eq!(stall.count("select count(*) from bookings").await, 1, "who was too late left nothing behind");
}

#[tokio::test]
async fn the_same_form_sent_ten_times_at_once_is_one_booking_and_one_payment() {
    let stall = stall().await;
    stall.site.get(SESSION, None).await;
    let attempt = stall.site.world.deps.new_id().to_string();
    let sent = (0..10).map(|_| {
        let (router, form) = (stall.site.router.clone(), form(SLOT, "tomasz@example.com", &attempt));
        tokio::spawn(async move { send(&router, axum::http::Method::POST, SESSION, None, Some(&form)).await })
    });
    for reply in futures::future::join_all(sent).await {
        let reply = reply.unwrap();
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    }
    assert_eq!(stall.count("select count(*) from bookings").await, 1);
    assert_eq!(stall.site.sandbox.stripe(|stripe| stripe.sessions()).len(), 1);
    assert_eq!(stall.count("select count(*) from booking_changes where what = 'held'").await, 1);
}

#[tokio::test]
async fn a_client_holds_three_times_at_most_and_an_address_ten_in_half_an_hour() {
    let stall = stall().await;
    for at in ["2026-11-26T09:00:00Z", "2026-11-26T10:00:00Z", "2026-11-26T11:00:00Z"] {
        stall.reserve(at, "tomasz@example.com").await;
    }
    let fourth = stall.hold(SLOT, "tomasz@example.com").await;
    assert_eq!(fourth.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(fourth.body.contains("Three times are held for you already"), "{}", fourth.body);
    stall.reserve(SLOT, "ida@example.com").await;
}

/// Every call to a provider between the click and the confirmed booking fails once, in each way that it can; whoever comes next does the step, and it
/// ends where it would have ended.
#[tokio::test]
async fn whatever_call_is_lost_on_the_way_to_a_confirmed_booking_it_ends_confirmed_once() {
    let calls = [Route::StripeSession, Route::CalendlyBook, Route::CalendlyEvents];
    let kinds = [
        FaultKind::AnswerLost,
        FaultKind::Garbage,
        FaultKind::Status { status: 503, reason: "down".to_owned(), retry_after: None },
        FaultKind::Status { status: 429, reason: "rate_limit".to_owned(), retry_after: None },
    ];
    let stall = stall().await;
    let mut hours = (0..).map(|step| format!("2026-{}T{:02}:00:00Z", ["11-25", "11-26", "11-27", "11-30"][step / 7], 9 + step % 7));
    let mut sold = 0;
    for route in calls {
        for kind in &kinds {
            let at = hours.next().unwrap();
            let (session, path) = stall.reserve(&at, &format!("buyer{sold}@example.com")).await;
            stall.pay(&session, CARD);
            stall.site.sandbox.inject(Fault::next(route, 3, kind.clone()));
            stall.settle().await;
            stall.site.sandbox.heal();
            stall.advance(chrono::TimeDelta::minutes(6));
            stall.settle().await;
            sold += 1;
            assert_eq!(stall.status(&path).await, "confirmed", "{route:?} {kind:?}: {:?}", stall.happened(&path).await);
            assert_eq!((stall.balance(), stall.events().len()), (14_000 * sold, usize::try_from(sold).unwrap()), "{route:?} {kind:?}");
            // Nobody sells against the limit of one address.
            stall.advance(chrono::TimeDelta::minutes(5));
        }
    }
}

/// The process is killed after each step that is committed: what was put in with it is done by the next one, and what was not is found.
#[tokio::test]
async fn a_replica_that_dies_between_any_two_steps_is_followed_by_one_that_finishes_them() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, CARD);
    // Every webhook is lost, and every job that was in: as after a restore.
    stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
    sqlx::query("delete from graphile_worker._private_jobs where payload->>'job' <> 'reconcile_bookings'")
        .execute(&stall.behind)
        .await
        .unwrap();
    stall.advance(chrono::TimeDelta::minutes(40));
    let next = World::on(Arc::clone(&stall.site.world.database), stall.options()).await;
    let runner = Runner::new(next.deps.database.pool().clone(), Arc::new(Dispatcher::new(next.deps.clone())), Recovery::default());
    for _ in 0..3 {
        next.step(&runner).await;
    }
    assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), ("confirmed", 14_000, 1));
    // And the same for money that is to go back.
    stall.cancel(&path).await;
    sqlx::query("delete from graphile_worker._private_jobs where payload->>'job' <> 'reconcile_bookings'")
        .execute(&stall.behind)
        .await
        .unwrap();
    stall.advance(chrono::TimeDelta::minutes(10));
    let next = World::on(Arc::clone(&stall.site.world.database), stall.options()).await;
    let runner = Runner::new(next.deps.database.pool().clone(), Arc::new(Dispatcher::new(next.deps.clone())), Recovery::default());
    for _ in 0..3 {
        next.step(&runner).await;
    }
    assert_eq!((stall.status(&path).await.as_str(), stall.balance()), ("refunded", 0));
}

#[tokio::test]
async fn two_payments_for_one_hour_at_once_end_as_one_session_and_the_other_money_is_back() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    let (other, other_path) = stall.reserve(LATER, "ida@example.com").await;
    // At the very moment of paying, both times are given to somebody else at Calendly.
    stall.pay(&session, CARD);
    stall.pay(&other, CARD);
    stall.site.sandbox.calendly(|calendly| calendly.take_time(SLOT.parse().unwrap()));
    stall.settle().await;
    assert_eq!((stall.status(&path).await.as_str(), stall.status(&other_path).await.as_str()), ("refunded", "confirmed"));
    assert_eq!((stall.balance(), stall.events().len()), (14_000, 1));
    assert!(stall.mails("tomasz@example.com").iter().any(|subject| subject.starts_with("Not booked: Pricing review")));
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("The time was gone") && page.contains("Choose another time"), "{page}");
}

#[tokio::test]
async fn who_goes_back_to_the_page_and_chooses_another_time_books_that_one() {
    let stall = stall().await;
    let attempt = stall.site.world.deps.new_id().to_string();
    let first = stall.hold_with(SLOT, "tomasz@example.com", &attempt).await.header("location").to_owned();
    let second = stall.hold_with(LATER, "tomasz@example.com", &attempt).await.header("location").to_owned();
    let again = stall.hold_with(LATER, "tomasz@example.com", &attempt).await.header("location").to_owned();
    assert_ne!(first, second);
    assert_eq!(second, again);
    assert_eq!(stall.count("select count(*) from bookings where status = 'awaiting_payment'").await, 2);
}
