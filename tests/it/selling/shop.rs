//! A builder's page: what is on it, what keeps a time off it, and what is refused.

use axum::http::StatusCode;
use chrono::TimeDelta;
use sandbox::{EventDraft, Fault, FaultKind, Route};

use super::scene::{SESSION, SLOT, form, stall};

#[tokio::test]
async fn a_time_at_which_the_builder_is_busy_or_nobody_knows_is_not_sold() {
    let stall = stall().await;
    let google = stall.site.connect_google(&stall.cookie).await;
    stall.settle().await;
    let page = stall.site.get(SESSION, None).await.body;
    // The first that is left by what stands in the calendar already.
    let slot = crate::support::between(&page, "name=\"starts_at\" value=\"", "\"").to_owned();
    let start = slot.parse().unwrap();
    stall.site.sandbox.google(|google| {
        google.add_event(
            "noor.haddad@example.com",
            "noor.haddad@example.com",
            EventDraft::timed("Dentist", start, start + TimeDelta::minutes(15)),
        )
    });
    stall.advance(TimeDelta::minutes(1));
    stall.site.post(&format!("/app/settings/connections/{google}/sync"), Some(&stall.cookie), "").await;
    stall.settle().await;
    let page = stall.site.get(SESSION, None).await.body;
    assert!(!page.contains(&format!("value=\"{slot}\"")) && !page.contains("Dentist"), "{page}");
    assert_eq!(stall.hold(&slot, "tomasz@example.com").await.status, StatusCode::CONFLICT);
    // Cut off from the calendar, nobody knows: booking pauses, and says since when.
    let down = FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: None };
    stall.site.sandbox.inject(Fault::next(Route::GoogleEvents, 10_000, down));
    stall.advance(TimeDelta::hours(2));
    stall.settle().await;
    let page = stall.site.get(SESSION, None).await.body;
    assert!(page.contains("a calendar of the host cannot be read since") && !page.contains("type=\"radio\""), "{page}");
    let reply = stall.hold("2026-11-27T10:00:00Z", "tomasz@example.com").await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    // Read again, it opens by itself.
    stall.site.sandbox.heal();
    stall.advance(TimeDelta::hours(1));
    stall.settle().await;
    assert!(stall.site.get(SESSION, None).await.body.contains("type=\"radio\""));
}

#[tokio::test]
async fn what_a_stranger_types_wrongly_is_said_beside_its_field_and_nothing_is_lost() {
    let stall = stall().await;
    stall.site.get(SESSION, None).await;
    let good = form(SLOT, "tomasz@example.com", &stall.site.world.deps.new_id().to_string());
    for (from, to, words) in [
        ("starts_at=2026-11-26T14%3A00%3A00Z", "starts_at=", "Choose a time."),
        ("name=Tomasz+Wrona", "name=++", "Say what you are called"),
        ("email=tomasz%40example.com", "email=tomasz", "This is not an address"),
        ("zone=Europe%2FWarsaw", "zone=Nowhere", "This is not a time zone"),
        ("policy=flexible-1", "policy=", "has to be accepted before you pay"),
        ("policy=flexible-1", "policy=strict-1", "The price or the policy was changed"),
        ("price=14000", "price=1", "The price or the policy was changed"),
    ] {
        assert!(good.contains(from), "{good}");
        let reply = stall.site.post(SESSION, None, &good.replace(from, to)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(reply.body.contains(words), "{words}: {}", reply.body);
        let keeps = if to.starts_with("email") { "Tomasz Wrona" } else { "tomasz@example.com" };
        assert!(reply.body.contains(&format!("value=\"{keeps}\"")), "{keeps}: {}", reply.body);
    }
    // A time that nobody offers: in the past, at night, or between two.
    for at in ["2026-11-20T14:00:00Z", "2026-11-26T03:00:00Z", "2026-11-26T14:07:00Z", "2026-11-28T14:00:00Z"] {
        assert_eq!(stall.hold(at, "tomasz@example.com").await.status, StatusCode::CONFLICT, "{at}");
    }
    assert_eq!(stall.count("select count(*) from bookings").await, 0);
}

#[tokio::test]
async fn a_builder_is_told_beside_each_field_why_a_session_cannot_be_offered() {
    let stall = stall().await;
    let event_type: uuid::Uuid = sqlx::query_scalar("select id from calendly_event_types where minutes = 60 and refusal is null")
        .fetch_one(&stall.behind)
        .await
        .unwrap();
    let paid: uuid::Uuid =
        sqlx::query_scalar("select id from calendly_event_types where refusal = 'paid'").fetch_one(&stall.behind).await.unwrap();
    let good = format!("event_type={event_type}&title=Second&description=x&price=20&currency=EUR&policy=strict&tax=none");
    for (from, to, words) in [
        (format!("event_type={event_type}"), "event_type=".to_owned(), "Choose one of your event types"),
        (format!("event_type={event_type}"), format!("event_type={paid}"), "Choose one of your event types"),
        ("title=Second".to_owned(), "title=".to_owned(), "A title has 1 to 120"),
        ("title=Second".to_owned(), "title=Pricing+review".to_owned(), "Another session of yours has this address"),
        ("price=20".to_owned(), "price=0.10".to_owned(), "Stripe charges €0.50 at least"),
        ("price=20".to_owned(), "price=20.001".to_owned(), "At most 2 decimals"),
        ("price=20&currency=EUR".to_owned(), "price=20.5&currency=JPY".to_owned(), "This currency has no decimals"),
        ("currency=EUR".to_owned(), "currency=XYZ".to_owned(), "Stripe does not charge in this currency"),
        ("policy=strict".to_owned(), "policy=".to_owned(), "Choose what comes back"),
        ("tax=none".to_owned(), "tax=".to_owned(), "Choose how tax stands"),
    ] {
        let reply = stall.site.post("/builder/sessions/new", Some(&stall.cookie), &good.replace(&from, &to)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(reply.body.contains(words), "{words}: {}", reply.body);
    }
    let taken = stall.site.signed_in("berta@example.com", &[types::Role::User, types::Role::Builder]).await.1;
    let reply = stall.site.post("/builder/profile", Some(&taken), "slug=bruno-costa&name=Berta&about=").await;
    assert!(reply.body.contains("Somebody else has this address"), "{}", reply.body);
    // Nobody changes, opens or closes what is somebody else's.
    let id: uuid::Uuid = sqlx::query_scalar("select id from session_types").fetch_one(&stall.behind).await.unwrap();
    for path in [format!("/builder/sessions/{id}"), format!("/builder/sessions/{id}/open")] {
        let reply = stall.site.post(&path, Some(&taken), &good).await;
        assert!([StatusCode::UNPROCESSABLE_ENTITY, StatusCode::NOT_FOUND].contains(&reply.status), "{path}: {}", reply.status);
    }
    assert!(stall.site.get(SESSION, None).await.body.contains("€140.00"));
}

#[tokio::test]
async fn what_changes_after_it_was_sold_changes_nothing_that_was_sold() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    let id: uuid::Uuid = sqlx::query_scalar("select id from session_types").fetch_one(&stall.behind).await.unwrap();
    let event_type: uuid::Uuid = sqlx::query_scalar("select id from calendly_event_types where minutes = 60 and refusal is null")
        .fetch_one(&stall.behind)
        .await
        .unwrap();
    let form = format!(
        "event_type={event_type}&title=Another+name&slug=pricing-review&description=x&price=500&currency=USD&policy=final&tax=none"
    );
    stall.site.post(&format!("/builder/sessions/{id}"), Some(&stall.cookie), &form).await;
    assert!(stall.site.get(SESSION, None).await.body.contains("US$500.00"));
    let page = stall.site.get(&path, None).await.body;
    assert!(page.contains("Pricing review") && page.contains("Cancel and get €140.00 back"), "{page}");
    // Closed, it is gone from the page, and what was sold stands.
    stall.site.post(&format!("/builder/sessions/{id}/open"), Some(&stall.cookie), "open=false").await;
    assert_eq!(stall.site.get(SESSION, None).await.status, StatusCode::NOT_FOUND);
    assert!(stall.site.get("/b/bruno-costa", None).await.body.contains("Nothing can be booked here"));
    assert_eq!(stall.status(&path).await, "confirmed");
}

#[tokio::test]
async fn a_builder_who_is_none_any_more_has_no_page_and_their_clients_keep_theirs() {
    let stall = stall().await;
    let path = stall.sold(SLOT, "tomasz@example.com").await;
    sqlx::query("update users set roles = '{user}' where id = $1").bind(stall.builder.0).execute(&stall.behind).await.unwrap();
    assert_eq!(stall.site.get("/b/bruno-costa", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stall.site.get(SESSION, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stall.site.get(&path, None).await.status, StatusCode::OK);
}
