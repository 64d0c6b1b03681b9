//! What an event type asks is asked before it is paid, kept under the client's key, said to Calendly to the letter, and shown to the builder.

use axum::http::StatusCode;
use types::{BookingStatus, Role};

use super::scene::{CARD, Stall, stall};
use crate::support::{Reply, between};

const PLACE: &str = "/b/bruno-costa/homework";
const SECRET: &str = "Whether my prices are too low";

/// A session that asks.
async fn asking() -> Stall {
    let stall = stall().await;
    let event_type: uuid::Uuid =
        sqlx::query_scalar("select id from calendly_event_types where questions <> '[]'").fetch_one(&stall.behind).await.unwrap();
    let form =
        format!("event_type={event_type}&title=Homework&description=&price=50&currency=EUR&policy=flexible&tax=none&makes_invoice=true");
    let made = stall.site.post("/builder/sessions/new", Some(&stall.cookie), &form).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let id: uuid::Uuid =
        sqlx::query_scalar("select id from session_types where title = 'Homework'").fetch_one(&stall.behind).await.unwrap();
    stall.site.post(&format!("/builder/sessions/{id}/open"), Some(&stall.cookie), "open=true").await;
    stall
}

async fn hold(stall: &Stall, answers: &[(&str, &str)]) -> Reply {
    let page = stall.site.get(PLACE, None).await.body;
    let at = between(&page, "name=\"starts_at\" value=\"", "\"").to_owned();
    let attempt = stall.site.world.deps.new_id().to_string();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([("starts_at", at.as_str()), ("name", "Tomasz Wrona"), ("email", "tomasz@example.com"), ("zone", "UTC")]);
    form.extend_pairs([("policy", "flexible-1"), ("price", "5000"), ("attempt", attempt.as_str())]).extend_pairs(answers);
    stall.site.post(PLACE, None, &form.finish()).await
}

#[tokio::test]
async fn what_is_asked_is_answered_before_it_is_paid_and_reaches_calendly_and_the_builder() {
    let stall = asking().await;
    let page = stall.site.get(PLACE, None).await.body;
    assert!(
        page.contains("What is it about?") && page.contains("Which of these? (if you like)") && !page.contains("Asked no more"),
        "{page}"
    );
    let held = hold(&stall, &[("answer-0", SECRET), ("answer-1", "Prices"), ("answer-1", "Scope")]).await;
    assert_eq!(held.status, StatusCode::SEE_OTHER, "{}", held.body);
    let session = held.header("location").rsplit('/').next().unwrap().to_owned();
    let path = stall.path_of(&session);
    stall.pay(&session, CARD);
    stall.settle().await;
    assert_eq!(stall.status(&path).await, BookingStatus::Confirmed.as_str());
    let invitee = stall.site.sandbox.calendly(|calendly| calendly.invitees())[0].clone();
    assert_eq!(
        invitee["questions_and_answers"],
        serde_json::json!([
            { "question": "What is it about?", "answer": SECRET, "position": 0 },
            { "question": "Which of these?", "answer": "Prices\nScope", "position": 1 },
        ])
    );
    let id = stall.id_of(&path).await;
    let page = stall.site.get(&format!("/builder/bookings/{id}"), Some(&stall.cookie)).await.body;
    assert!(page.contains("What is it about?") && page.contains(SECRET) && page.contains("Prices\nScope"), "{page}");
    let table = stall.site.get("/builder/bookings/export", Some(&stall.cookie)).await.body;
    assert!(table.contains(SECRET), "{table}");
    // Nobody else reads it, and nobody does at rest.
    let (_, mayas) = stall.site.signed_in("maya@example.com", &[Role::User, Role::Builder]).await;
    assert_eq!(stall.site.get(&format!("/builder/bookings/{id}"), Some(&mayas)).await.status, StatusCode::NOT_FOUND);
    let rows: Vec<String> = sqlx::query_scalar(
        "select b::text from bookings b union all select c::text from booking_changes c union all select a::text from audit_events a
         union all select d::text from webhook_deliveries d union all select j::text from graphile_worker._private_jobs j",
    )
    .fetch_all(&stall.behind)
    .await
    .unwrap();
    for plain in [SECRET, "Wrona"] {
        assert!(rows.iter().all(|row| !row.contains(plain) && !row.contains(&hex::encode(plain))), "{plain}");
    }
    // Stripe was asked for an invoice, as the session says.
    assert!(stall.site.sandbox.stripe(|stripe| stripe.sessions())[0]["invoice_creation"]["enabled"].as_bool().unwrap());
}

#[tokio::test]
async fn an_answer_that_is_missing_or_no_choice_is_said_beside_its_question_and_nothing_is_lost() {
    let stall = asking().await;
    let refused = hold(&stall, &[("answer-0", " "), ("answer-1", "Weather")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "Your host needs an answer to this",
        "Choose from what is offered",
        "id=\"error-answer-0\"",
        "id=\"error-answer-1\"",
        "Tomasz Wrona",
    ] {
        assert!(refused.body.contains(text), "{text}: {}", refused.body);
    }
    let long = "x".repeat(1_001);
    let refused = hold(&stall, &[("answer-0", long.as_str()), ("answer-1", "Prices")]).await;
    assert!(refused.body.contains("at most 1,000 letters") && refused.body.contains(&long), "{}", refused.body);
    // What is ticked stays ticked.
    assert!(between(&refused.body, "value=\"Prices\"", ">").contains("checked"), "{}", refused.body);
    assert_eq!(stall.count("select count(*) from bookings").await, 0);
}
