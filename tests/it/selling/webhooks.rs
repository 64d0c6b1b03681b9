//! Deliveries: believed by their signature, taken once, and never needed.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use domain::jobs::{Recovery, Runner};
use domain::testing::World;
use kairos::dispatch::Dispatcher;
use proptest::prelude::*;
use sandbox::{Fault, FaultKind, Route};
use serde_json::{Value, json};

use super::scene::{CARD, SLOT, Stall, signature, stall};
use crate::support::{Reply, exchange};

async fn deliver(stall: &Stall, path: &str, header: &str, body: &str) -> Reply {
    deliver_as(stall, path, "stripe-signature", header, body).await
}

async fn deliver_as(stall: &Stall, path: &str, name: &str, header: &str, body: &str) -> Reply {
    let request = Request::post(path).header(name, header).header("content-type", "application/json");
    exchange(&stall.site.router, request.body(Body::from(body.to_owned())).unwrap()).await
}

fn event(id: &str, kind: &str, is_live: bool, object: &Value) -> String {
    json!({ "id": id, "object": "event", "type": kind, "created": 1_795_600_000, "livemode": is_live, "data": { "object": object } })
        .to_string()
}

#[tokio::test]
async fn only_what_stripe_signed_at_about_now_is_taken_and_each_event_once() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    let now = stall.site.world.deps.now().timestamp();
    let place = Stall::webhook("stripe");
    let body = event("evt_1", "checkout.session.completed", false, &json!({ "id": session, "metadata": {} }));
    let good = signature("whsec_sandbox", now, &body);
    for (place, header, body, status) in [
        ("/webhooks/stripe/guessed", good.as_str(), body.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), "", body.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), &signature("whsec_other", now, &body), body.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), &signature("whsec_sandbox", now - 301, &body), body.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), &signature("whsec_sandbox", now + 301, &body), body.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), good.as_str(), &format!("{body} "), StatusCode::NOT_FOUND),
        (place.as_str(), &signature("whsec_sandbox", now, "rubbish"), "rubbish", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(deliver(&stall, place, header, body).await.status, status, "{header} {body}");
    }
    assert_eq!(stall.count("select count(*) from webhook_deliveries").await, 0);
    for _ in 0..3 {
        assert_eq!(deliver(&stall, &place, &good, &body).await.status, StatusCode::OK);
    }
    assert_eq!(stall.count("select copies::bigint from webhook_deliveries where event_key = 'evt_1'").await, 2);
    stall.work().await;
    // It said that it was paid, and it was not: Stripe was asked.
    assert_eq!(stall.status(&path).await, "awaiting_payment");
    for (id, kind, is_live, verdict) in
        [("evt_2", "customer.created", false, "unknown_kind"), ("evt_3", "charge.refunded", true, "wrong_mode")]
    {
        let body = event(id, kind, is_live, &json!({ "id": "x", "customer_email": "tomasz@example.com" }));
        assert_eq!(deliver(&stall, &place, &signature("whsec_sandbox", now, &body), &body).await.status, StatusCode::OK);
        let found: String = sqlx::query_scalar("select verdict from webhook_deliveries where event_key = $1")
            .bind(id)
            .fetch_one(&stall.behind)
            .await
            .unwrap();
        assert_eq!(found, verdict);
    }
    assert_eq!(stall.count("select count(*) from webhook_deliveries where payload::text like '%tomasz%'").await, 0);
    // A storm of forgeries is slowed, and an honest delivery passes through it.
    for _ in 0..100 {
        deliver(&stall, &place, "t=1,v1=00", "{}").await;
    }
    assert_eq!(deliver(&stall, &place, "t=1,v1=00", "{}").await.status, StatusCode::TOO_MANY_REQUESTS);
    let body = event("evt_4", "checkout.session.expired", false, &json!({ "id": session }));
    assert_eq!(deliver(&stall, &place, &signature("whsec_sandbox", now, &body), &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_what_calendly_signed_with_our_secret_is_taken_and_a_signed_lie_changes_nothing() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let before = stall.count("select count(*) from webhook_deliveries").await;
    let (place, now) = (Stall::webhook("calendly"), stall.site.world.deps.now().timestamp());
    let secret = hex::encode(stall.site.world.deps.vault.link().hash("calendly webhook", b""));
    let invitee = stall.site.sandbox.calendly(|calendly| calendly.invitees())[0].clone();
    let body = json!({ "event": "invitee.canceled", "created_at": stall.site.world.deps.now(), "payload": invitee }).to_string();
    let good = signature(&secret, now, &body);
    const NAME: &str = "calendly-webhook-signature";
    for (place, name, header, status) in [
        ("/webhooks/calendly/guessed", NAME, good.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), "stripe-signature", good.as_str(), StatusCode::NOT_FOUND),
        (place.as_str(), NAME, &signature("whsec_sandbox", now, &body), StatusCode::NOT_FOUND),
        (place.as_str(), NAME, &signature(&secret, now - 301, &body), StatusCode::NOT_FOUND),
        (&Stall::webhook("stripe"), NAME, good.as_str(), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(deliver_as(&stall, place, name, header, &body).await.status, status, "{place} {name} {header}");
    }
    assert_eq!(stall.count("select count(*) from webhook_deliveries").await, before);
    // It says that it was cancelled, and it was not: Calendly is asked.
    assert_eq!(deliver_as(&stall, &place, NAME, &good, &body).await.status, StatusCode::OK);
    stall.settle().await;
    assert_eq!(stall.count("select count(*) from webhook_deliveries").await, before + 1);
    assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), ("confirmed", 14_000, 1));
}

#[tokio::test]
async fn the_same_event_thirty_times_at_once_is_written_down_once() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
    stall.pay(&session, CARD);
    let now = stall.site.world.deps.now().timestamp();
    let body = event("evt_1", "checkout.session.completed", false, &json!({ "id": session }));
    let header = signature("whsec_sandbox", now, &body);
    let sent = (0..30).map(|_| {
        let (router, header, body) = (stall.site.router.clone(), header.clone(), body.clone());
        tokio::spawn(async move {
            let request = Request::post(Stall::webhook("stripe")).header("stripe-signature", header).body(Body::from(body)).unwrap();
            exchange(&router, request).await.status
        })
    });
    for status in futures::future::join_all(sent).await {
        assert_eq!(status.unwrap(), StatusCode::OK);
    }
    stall.settle().await;
    assert_eq!(stall.count("select copies::bigint from webhook_deliveries where event_key = 'evt_1'").await, 29);
    assert_eq!((stall.status(&path).await.as_str(), stall.events().len(), stall.balance()), ("confirmed", 1, 14_000));
}

#[tokio::test]
async fn the_database_away_a_delivery_is_asked_to_come_again_and_then_is_taken() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.pay(&session, CARD);
    stall.site.world.database.cut().await;
    assert_eq!(stall.site.sandbox.deliver().await, [503]);
    stall.site.world.database.restore().await;
    // The next replica does what this one was cut off from.
    let next = World::on(Arc::clone(&stall.site.world.database), stall.options()).await;
    let runner = Runner::new(next.deps.database.pool().clone(), Arc::new(Dispatcher::new(next.deps.clone())), Recovery::default());
    // Connections that were cut are found out one by one: Stripe comes again each time.
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.extend(stall.site.sandbox.deliver().await);
    }
    assert_eq!((answers.last(), answers.iter().filter(|status| **status == 200).count()), (Some(&200), 1), "{answers:?}");
    next.step(&runner).await;
    assert_eq!(stall.status(&path).await, "confirmed");
}

#[tokio::test]
async fn after_thirty_hours_without_webhooks_everything_is_where_it_belongs() {
    let stall = stall().await;
    let paid = stall.reserve("2026-11-30T10:00:00Z", "paid@example.com").await;
    let left = stall.reserve("2026-11-30T12:00:00Z", "left@example.com").await;
    let back = stall.sold("2026-11-30T14:00:00Z", "back@example.com").await;
    stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
    stall.pay(&paid.0, CARD);
    let session = stall
        .site
        .sandbox
        .stripe(|stripe| stripe.sessions())
        .into_iter()
        .find(|made| made["payment_status"] == "paid" && made["id"] != paid.0.as_str())
        .unwrap();
    let now = stall.site.sandbox.clock().now();
    stall.site.sandbox.stripe(|stripe| stripe.refund_by_hand(session["id"].as_str().unwrap(), 14_000, now));
    for _ in 0..30 {
        stall.advance(chrono::TimeDelta::hours(1));
        stall.work().await;
    }
    assert_eq!(stall.status(&paid.1).await, "confirmed");
    assert_eq!(stall.status(&left.1).await, "expired");
    assert_eq!(stall.status(&back).await, "confirmed");
    // The hour is over: then what Stripe did by hand is found, at the latest.
    stall.advance(chrono::TimeDelta::days(6));
    stall.settle().await;
    assert_eq!(stall.count("select count(*) from refunds where reason = 'at_stripe'").await, 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// The webhooks of a sale, a cancellation and its refund, in any order, with losses and copies.
    #[test]
    fn in_whatever_order_webhooks_come_lost_or_twice_it_ends_as_in_the_right_one(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(), copies in proptest::collection::vec(0..3_usize, 6), is_cancelled in any::<bool>()
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let stall = stall().await;
            let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
            stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
            stall.pay(&session, CARD);
            let now = stall.site.world.deps.now().timestamp();
            let object = json!({ "id": session });
            let intent = stall.site.sandbox.stripe(|stripe| stripe.sessions())[0]["payment_intent"]["id"].clone();
            let refund = json!({ "id": "re_1", "payment_intent": intent });
            let kinds = [
                ("checkout.session.completed", &object), ("checkout.session.expired", &object), ("checkout.session.async_payment_succeeded", &object),
                ("refund.created", &refund), ("charge.refunded", &refund), ("refund.updated", &refund),
            ];
            // Half of it before the client cancels, half after.
            for (place, number) in order.iter().enumerate() {
                if place == 3 && is_cancelled {
                    stall.site.get(&format!("{path}?back=paid"), None).await;
                    stall.work().await;
                    stall.cancel(&path).await;
                }
                let (kind, object) = kinds[*number];
                for copy in 0..copies[*number] {
                    let body = event(&format!("evt_{number}"), kind, false, object);
                    let reply = deliver(&stall, &Stall::webhook("stripe"), &signature("whsec_sandbox", now, &body), &body).await;
                    assert_eq!(reply.status, StatusCode::OK, "{copy}");
                    stall.work().await;
                }
            }
            stall.advance(chrono::TimeDelta::minutes(40));
            stall.settle().await;
            stall.settle().await;
            let expected = if is_cancelled { ("refunded", 0, 0) } else { ("confirmed", 14_000, 1) };
            assert_eq!((stall.status(&path).await.as_str(), stall.balance(), stall.events().len()), expected, "{order:?} {copies:?}");
        });
    }
}

#[tokio::test]
async fn an_admin_sees_what_came_and_what_failed_without_anybody_in_it_and_has_it_done_once_more() {
    let stall = stall().await;
    let (_, ada) = stall.site.signed_in("ada@example.com", &[types::Role::User, types::Role::Admin]).await;
    assert!(stall.site.get("/admin/webhooks", Some(&ada)).await.body.contains("None is like that"));
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    let down = FaultKind::Status { status: 503, reason: "down".to_owned(), retry_after: None };
    stall.site.sandbox.inject(Fault::next(Route::StripeSession, 3, down));
    stall.pay(&session, CARD);
    stall.site.sandbox.deliver().await;
    stall.work().await;
    let failed = stall.site.get("/admin/webhooks?state=failed", Some(&ada)).await.body;
    assert!(failed.contains("checkout.session.completed") && failed.contains("failed 1 times"), "{failed}");
    assert!(!failed.contains("tomasz") && !failed.contains("Tomasz"), "{failed}");
    let delivery = crate::support::between(&failed, "name=\"delivery\" value=\"", "\"").to_owned();
    let again = stall.site.post("/admin/webhooks/rerun", Some(&ada), &format!("delivery={delivery}")).await;
    assert_eq!(again.header("location"), "/admin/webhooks?notice=administration_done");
    stall.work().await;
    stall.settle().await;
    assert_eq!(stall.status(&path).await, "confirmed");
    let all = stall.site.get("/admin/webhooks", Some(&ada)).await.body;
    assert!(all.contains(" done") && all.contains("stripe"), "{all}");
    assert_eq!(stall.count("select count(*) from audit_events where action = 'webhook_delivery.rerun'").await, 1);
    // Once more is nothing more.
    stall.site.post("/admin/webhooks/rerun", Some(&ada), &format!("delivery={delivery}")).await;
    stall.settle().await;
    assert_eq!((stall.balance(), stall.events().len()), (14_000, 1));
    assert_eq!(stall.site.post("/admin/webhooks/rerun", Some(&ada), "delivery=x").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(stall.site.get("/admin/webhooks", Some(&stall.cookie)).await.status, StatusCode::NOT_FOUND);
}
