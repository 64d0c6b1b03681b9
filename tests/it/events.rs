//! Events and busy times for scripts: shapes, pages, tags, and nobody else's.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use types::Role;

use crate::support::{Site, exchange, site};

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// A site with a connected person whose calendars have been read.
async fn connected() -> (Site, String) {
    let site = site().await;
    let (user, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let connection = site.connect_google(&cookie).await;
    let op = domain::Op::job(site.world.deps.new_request_id(), Some(user));
    domain::calendar::sync(&site.world.deps, &op, connection).await.unwrap();
    (site, cookie)
}

#[tokio::test]
async fn events_come_in_pages_that_together_are_the_whole() {
    let (site, cookie) = connected().await;
    let now = site.world.deps.now();
    let window = format!("from={}&to={}", now.format("%Y-%m-%dT%H:%M:%SZ"), (now + TimeDelta::days(14)).format("%Y-%m-%dT%H:%M:%SZ"));
    let whole = json(&site.get(&format!("/api/events?{window}&limit=500"), Some(&cookie)).await.body);
    let all = whole["events"].as_array().unwrap();
    assert!(all.len() > 10 && whole["next_cursor"].is_null());
    for pair in all.windows(2) {
        assert!(instant(&pair[0]["starts_at"]) <= instant(&pair[1]["starts_at"]));
    }
    for event in all {
        assert!(event["calendar"].is_string() && event["busy"].is_boolean() && event["read_at"].is_string(), "{event}");
    }
    // Dates are of whole days, and only of those.
    let dated = |event: &&Value| !event["start_date"].is_null() || !event["end_date"].is_null();
    let of_days: Vec<&Value> = all.iter().filter(dated).collect();
    assert!(!of_days.is_empty() && of_days.len() < all.len() / 2, "{} of {}", of_days.len(), all.len());
    for event in of_days {
        let date = |name: &str| event[name].as_str().unwrap().parse::<chrono::NaiveDate>().unwrap();
        let hours = (instant(&event["ends_at"]) - instant(&event["starts_at"])).num_hours();
        assert_eq!((date("end_date") - date("start_date")).num_hours(), hours, "{event}");
    }
    let (mut pages, mut cursor) = (Vec::new(), String::new());
    for _ in 0..100 {
        let page = json(&site.get(&format!("/api/events?{window}&limit=3{cursor}"), Some(&cookie)).await.body);
        pages.extend(page["events"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(&pages, all);
}

#[tokio::test]
async fn an_answer_that_is_known_already_is_not_sent_again() {
    let (site, cookie) = connected().await;
    for path in ["/api/events?from=2026-11-23T00:00:00Z", "/api/free-busy?from=2026-11-23T00:00:00%2B01:00"] {
        let first = site.get(path, Some(&cookie)).await;
        assert_eq!((first.status, first.header("content-type")), (StatusCode::OK, "application/json"));
        let tag = first.header("etag").to_owned();
        let again = Request::get(path).header(header::COOKIE, &cookie).header(header::IF_NONE_MATCH, &tag).body(Body::empty()).unwrap();
        let again = exchange(&site.router, again).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_open_says_whether_it_is_busy_or_unknown_and_by_whose_word() {
    let (site, cookie) = connected().await;
    let now = site.world.deps.now();
    let asked = |from: DateTime<Utc>, to: DateTime<Utc>| {
        format!("/api/free-busy?from={}&to={}", from.format("%Y-%m-%dT%H:%M:%SZ"), to.format("%Y-%m-%dT%H:%M:%SZ"))
    };
    let soon = json(&site.get(&asked(now, now + TimeDelta::days(7)), Some(&cookie)).await.body);
    let states: Vec<&str> = soon["busy"].as_array().unwrap().iter().map(|stretch| stretch["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"busy") && !states.contains(&"unknown"), "{soon}");
    // Beyond what was ever read nothing is known, and so nothing is free.
    let far = json(&site.get(&asked(now + TimeDelta::days(200), now + TimeDelta::days(201)), Some(&cookie)).await.body);
    let stretches: Vec<&Value> = far["busy"].as_array().unwrap().iter().filter(|stretch| stretch["state"] != "unavailable").collect();
    assert_eq!(stretches.len(), 1, "{far}");
    assert_eq!(stretches[0]["state"], "unknown");
    assert_eq!(instant(&stretches[0]["ends_at"]) - instant(&stretches[0]["starts_at"]), TimeDelta::days(1));
    assert_eq!(stretches[0]["calendars"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_a_problem_and_a_stranger_sees_nothing_of_it() {
    let (site, cookie) = connected().await;
    for query in [
        "from=yesterday",
        "from=2026-11-24T00:00:00Z&to=2026-11-23T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z",
        "limit=0",
        "limit=501",
        "cursor=made-up",
    ] {
        let reply = site.get(&format!("/api/events?{query}"), Some(&cookie)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(json(&reply.body)["code"], "invalid", "{query}");
    }
    let (_, other) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let theirs = json(&site.get("/api/events?from=2026-11-01T00:00:00Z&to=2026-12-30T00:00:00Z", Some(&other)).await.body);
    assert_eq!(theirs["events"].as_array().unwrap().len(), 0);
    assert_eq!(site.get("/api/events", None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_calendar_page_answers_any_date_and_shows_far_days_as_unknown() {
    let (site, cookie) = connected().await;
    for query in [
        "",
        "?view=day",
        "?view=month",
        "?view=week&date=2026-03-29",
        "?view=nonsense&date=never",
        "?date=9999-12-31",
        "?view=month&date=0001-01-01",
    ] {
        let reply = site.get(&format!("/app/calendar{query}"), Some(&cookie)).await;
        assert_eq!(reply.status, StatusCode::OK, "{query}");
        assert!(reply.body.contains("aria-current=\"page\""), "{query}");
    }
    let far = site.world.deps.now() + TimeDelta::days(300);
    let page = site.get(&format!("/app/calendar?view=week&date={}", far.format("%Y-%m-%d")), Some(&cookie)).await.body;
    assert!(
        page.contains("0 min open, 40 h 00 unknown"),
        "{}",
        page.split("class=\"sub\"").nth(1).unwrap_or_default().chars().take(200).collect::<String>()
    );
}

#[tokio::test]
async fn a_feed_is_read_by_its_address_alone_until_it_is_ended_or_replaced() {
    let (site, cookie) = connected().await;
    let address = async || {
        let page = site.get("/app/settings/profile", Some(&cookie)).await.body;
        let start = page.find("http://localhost:3000/feed/").map(|at| at + "http://localhost:3000".len());
        start.map(|start| page[start..].split('"').next().unwrap().to_owned())
    };
    assert_eq!(address().await, None);
    assert_eq!(
        site.post("/app/settings/profile/feed", Some(&cookie), "").await.header("location"),
        "/app/settings/profile?notice=feed_made"
    );
    let first = address().await.unwrap();
    let file = site.get(&first, None).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/calendar; charset=utf-8"));
    assert!(file.body.starts_with("BEGIN:VCALENDAR") && file.body.contains("SUMMARY:Pricing review"), "{}", file.body);
    let is_review = |event: &&str| event.contains("SUMMARY:Pricing review") && event.contains("DTSTART:20261124T110000Z");
    let review = file.body.split("BEGIN:VEVENT").find(is_review).unwrap_or_else(|| panic!("{}", file.body));
    assert!(review.contains("DTEND:20261124T120000Z"), "{review}");
    assert!(file.body.contains("DTSTART;VALUE=DATE:2026"), "whole days stay dates");
    site.post("/app/settings/profile/feed", Some(&cookie), "").await;
    let second = address().await.unwrap();
    assert_ne!(first, second);
    assert_eq!(site.get(&first, None).await.status, StatusCode::NOT_FOUND, "the old address is dead");
    assert_eq!(site.get(&second, None).await.status, StatusCode::OK);
    // Somebody else can neither see nor end it.
    let (_, other) = site.signed_in("bruno@example.com", &[Role::User]).await;
    assert!(!site.get("/app/settings/profile", Some(&other)).await.body.contains("/feed/"));
    site.post("/app/settings/profile/feed/end", Some(&other), "").await;
    assert_eq!(site.get(&second, None).await.status, StatusCode::OK);
    site.post("/app/settings/profile/feed/end", Some(&cookie), "").await;
    assert_eq!(site.get(&second, None).await.status, StatusCode::NOT_FOUND);
    // A new password ends it too: whoever held the old one may have copied it.
    site.post("/app/settings/profile/feed", Some(&cookie), "").await;
    let third = address().await.unwrap();
    assert_eq!(site.get(&third, None).await.status, StatusCode::OK);
    let (deps, visitor) = (&site.world.deps, site.world.visitor());
    let purpose = domain::jobs::LinkPurpose::ResetPassword;
    let noor: uuid::Uuid =
        sqlx::query_scalar("select user_id from calendar_connections").fetch_one(&site.world.behind().await).await.unwrap();
    let noor = types::UserId(noor);
    domain::accounts::make_link(deps, &visitor.as_user(noor), Some(noor), purpose).await.unwrap();
    let (id, user): (uuid::Uuid, uuid::Uuid) = sqlx::query_as("select id, user_id from user_tokens where purpose = 'reset_password'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    let link = domain::accounts::link_text(deps, types::UserId(user), types::UserTokenId(id), purpose);
    site.post("/reset", None, &format!("token={link}&password=openings-between-threads")).await;
    assert_eq!(site.get(&third, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/feed/nothing.ics", None).await.status, StatusCode::NOT_FOUND);
}
