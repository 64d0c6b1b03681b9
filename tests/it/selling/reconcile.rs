//! What differs from Stripe and Calendly is found, mended within fifteen minutes, and told to the builder; their bookings by day, for people and programs.

use chrono::TimeDelta;
use sandbox::{Fault, FaultKind, Route};
use serde_json::Value;
use types::{Role, Scope};

use super::scene::{CARD, LATER, SLOT, stall};
use crate::support::token_for;

const HERE: &str = "/builder/reconciliation";

fn down(route: Route) -> Fault {
    Fault::next(route, 999, FaultKind::Status { status: 503, reason: String::new(), retry_after: None })
}

#[tokio::test]
async fn whatever_nobody_was_told_of_is_found_and_mended_within_fifteen_minutes_and_stands_on_a_page() {
    let stall = stall().await;
    let empty = stall.site.get(HERE, Some(&stall.cookie)).await.body;
    assert!(empty.contains("Everything agrees") && empty.contains("Nothing had to be mended"), "{empty}");
    let moved = stall.sold("2026-11-30T10:00:00Z", "moved@example.com").await;
    let gone = stall.sold("2026-11-30T12:00:00Z", "gone@example.com").await;
    let unheard = stall.reserve("2026-11-30T14:00:00Z", "unheard@example.com").await;
    // From here on nobody tells anything.
    stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
    stall.site.sandbox.calendly(|calendly| calendly.disable_subscriptions());
    let now = stall.site.sandbox.clock().now();
    let invitees = stall.site.sandbox.calendly(|calendly| calendly.invitees());
    let of = |email: &str| {
        let found = invitees.iter().find(|made| made["email"] == email).unwrap();
        found["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    let later = "2026-11-30T15:30:00Z".parse().unwrap();
    assert!(stall.site.sandbox.calendly(|calendly| calendly.reschedule(&of("moved@example.com"), later, now)));
    assert!(stall.site.sandbox.calendly(|calendly| calendly.end(&of("gone@example.com"), "invitee", "", None, now)));
    stall.pay(&unheard.0, CARD);
    for _ in 0..3 {
        stall.advance(TimeDelta::minutes(5));
        stall.work().await;
    }
    assert_eq!(stall.status(&unheard.1).await, "confirmed");
    assert_eq!(stall.status(&moved).await, "confirmed");
    assert!(["refund_pending", "refunded"].contains(&stall.status(&gone).await.as_str()));
    assert_eq!(stall.count("select count(*) from bookings where starts_at = '2026-11-30T15:30:00Z' and status = 'confirmed'").await, 1);
    let page = stall.site.get(HERE, Some(&stall.cookie)).await.body;
    for text in
        ["It was moved at Calendly", "It was cancelled at Calendly", "Stripe had a payment that was not heard of here", "Everything agrees"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    // What time alone brings is no difference.
    assert_eq!(stall.count("select count(*) from booking_drifts where mended_at is null or what = 'unknown'").await, 0);
}

#[tokio::test]
async fn while_a_provider_is_down_the_page_says_which_and_one_click_mends_it_when_it_is_back() {
    let stall = stall().await;
    let (session, path) = stall.reserve(SLOT, "tomasz@example.com").await;
    stall.site.sandbox.stripe(|stripe| stripe.endpoint = None);
    stall.pay(&session, CARD);
    stall.site.sandbox.inject(down(Route::StripeSession));
    stall.site.sandbox.inject(down(Route::StripeEvents));
    stall.advance(TimeDelta::minutes(6));
    stall.work().await;
    let page = stall.site.get(HERE, Some(&stall.cookie)).await.body;
    assert!(page.contains("1 booking waits") && page.contains("Stripe does not answer") && page.contains("Mend it now"), "{page}");
    // Nobody else's page says anything of it, and nobody else mends it.
    let (_, mayas) = stall.site.signed_in("maya@example.com", &[Role::User, Role::Builder]).await;
    assert!(stall.site.get(HERE, Some(&mayas)).await.body.contains("Everything agrees"));
    let id = stall.id_of(&path).await;
    let mend = format!("/builder/bookings/{id}/compare");
    assert_eq!(stall.site.post(&mend, Some(&mayas), "").await.status, axum::http::StatusCode::NOT_FOUND);
    stall.site.sandbox.heal();
    // The breaker looks again after a while.
    stall.advance(TimeDelta::minutes(2));
    stall.site.post(&mend, Some(&stall.cookie), "").await;
    stall.work().await;
    assert_eq!(stall.status(&path).await, "confirmed");
    let page = stall.site.get(HERE, Some(&stall.cookie)).await.body;
    assert!(page.contains("Everything agrees") && page.contains("Stripe had a payment that was not heard of here"), "{page}");
}

#[tokio::test]
async fn a_builder_has_everything_compared_when_they_ask_and_not_without_end() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    stall.site.sandbox.calendly(|calendly| calendly.disable_subscriptions());
    let now = stall.site.sandbox.clock().now();
    let invitee =
        stall.site.sandbox.calendly(|calendly| calendly.invitees())[0]["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    assert!(stall.site.sandbox.calendly(|calendly| calendly.reschedule(&invitee, LATER.parse().unwrap(), now)));
    let asked = stall.site.post(HERE, Some(&stall.cookie), "").await;
    assert_eq!(asked.header("location"), format!("{HERE}?notice=comparing"));
    stall.work().await;
    assert_eq!(stall.count("select count(*) from bookings where starts_at = '2026-11-26T15:30:00Z'").await, 1);
    let page = stall.site.get(HERE, Some(&stall.cookie)).await.body;
    assert!(page.contains("It was moved at Calendly") && page.contains("compared with Calendly just now"), "{page}");
    assert_eq!(stall.status(&path).await, "confirmed");
    let mut last = String::new();
    for _ in 0..25 {
        last = stall.site.post(HERE, Some(&stall.cookie), "").await.header("location").to_owned();
    }
    assert_eq!(last, format!("{HERE}?notice=sync_too_many"));
}

#[tokio::test]
async fn bookings_are_listed_by_day_to_people_and_programs_and_each_page_follows_the_one_before() {
    let stall = stall().await;
    stall.sold("2026-11-30T10:00:00Z", "one@example.com").await;
    stall.sold("2026-12-01T10:00:00Z", "two@example.com").await;
    stall.sold("2026-12-02T10:00:00Z", "three@example.com").await;
    let dates = async |query: &str| -> Vec<usize> {
        let page = stall.site.get(&format!("/builder/bookings?{query}"), Some(&stall.cookie)).await.body;
        ["30 Nov", "1 Dec", "2 Dec"].iter().map(|day| page.matches(&format!(" {day}, ")).count()).collect()
    };
    assert_eq!(dates("which=next").await, [1, 1, 1]);
    assert_eq!(dates("which=next&from=2026-12-01").await, [0, 1, 1]);
    assert_eq!(dates("which=all&from=2026-12-01&to=2026-12-01").await, [0, 1, 0]);
    assert_eq!(dates("which=next&from=rubbish").await, [1, 1, 1]);
    let nothing = stall.site.get("/builder/bookings?which=all&from=2027-01-01", Some(&stall.cookie)).await.body;
    assert!(nothing.contains("Nothing between these days") && nothing.contains("All days"), "{nothing}");

    let key = crate::api::key(&stall.site, &stall.cookie, &[Scope::BookingsRead]).await;
    let token = token_for(&stall.site.router, &key.into()).await;
    let ask = async |query: &str| {
        let request = axum::http::Request::get(format!("/api/bookings{query}"))
            .header("authorization", format!("Bearer {token}"))
            .body(axum::body::Body::empty())
            .unwrap();
        crate::support::exchange(&stall.site.router, request).await
    };
    let read = async |query: &str| -> Value { serde_json::from_str(&ask(query).await.body).unwrap() };
    let emails = |answer: &Value| -> Vec<String> {
        answer["bookings"].as_array().unwrap().iter().map(|one| one["client"]["email"].as_str().unwrap().to_owned()).collect()
    };
    let all = read("?which=next").await;
    assert_eq!(emails(&all), ["one@example.com", "two@example.com", "three@example.com"]);
    assert_eq!(all["bookings"][0]["price"], serde_json::json!({ "amount": 14_000, "currency": "EUR" }));
    assert_eq!(all["next_cursor"], Value::Null);
    // As the document says.
    let document: Value = serde_json::from_str(kairos::http::openapi::OPENAPI).unwrap();
    let mut schema = document["components"]["schemas"]["Bookings"].clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&all).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(emails(&read("").await), ["three@example.com", "two@example.com", "one@example.com"]);
    // What follows one of them, either way round.
    let cursor = all["bookings"][0]["id"].as_str().unwrap();
    assert_eq!(emails(&read(&format!("?which=next&cursor={cursor}")).await), ["two@example.com", "three@example.com"]);
    let last = all["bookings"][2]["id"].as_str().unwrap();
    assert_eq!(emails(&read(&format!("?which=all&cursor={last}")).await), ["two@example.com", "one@example.com"]);
    assert_eq!(emails(&read("?from=2026-12-01&to=2026-12-01").await), ["two@example.com"]);
    for wrong in ["?which=some", "?from=tomorrow", "?cursor=1"] {
        assert_eq!(ask(wrong).await.status, axum::http::StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}
