//! What bad input gets: a clear answer, nothing half done.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use kairos::routes::{ROUTES, is_for_scripts};
use types::Role;

use crate::support::{exchange, send, site};

#[tokio::test]
async fn an_unknown_provider_gets_404_with_a_json_error() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    for path in ["/api/calendar/connect/yahoo", "/api/calendar/callback/yahoo?code=x&state=y"] {
        let reply = site.get(path, Some(&cookie)).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"), "{path}");
        let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((body["code"].as_str(), body["status"].as_i64()), (Some("unknown_provider"), Some(404)));
        assert_eq!(body["request_id"].as_str(), Some(reply.header("x-request-id")));
    }
}

#[tokio::test]
async fn a_wrong_method_gets_405_and_the_right_ones() {
    let site = site().await;
    let reply = send(&site.router, Method::PUT, "/sign-in", None, Some("")).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(reply.header("allow").contains("GET") && reply.header("allow").contains("POST"), "{}", reply.header("allow"));
    assert_eq!(send(&site.router, Method::POST, "/api/calendar/status", None, Some("")).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(send(&site.router, Method::TRACE, "/", None, None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_address_of_a_form_that_is_loaded_again_leads_to_the_page_the_form_is_on() {
    let site = site().await;
    let id = "0192e4a0-0000-7000-8000-000000000000";
    let mut led = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == "POST" && !is_for_scripts(route.path)) {
        if ROUTES.iter().any(|other| other.method == "GET" && other.path == route.path) {
            continue;
        }
        let reply = site.get(&route.path.replace("{id}", id), None).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", route.path);
        led.push((route.path, reply.header("location").replace(id, "{id}")));
    }
    assert!(led.len() > 20, "{led:?}");
    for (path, page) in [
        ("/sign-out", "/"),
        ("/app/settings/security/totp/remove", "/app/settings/security"),
        ("/app/settings/connections/{id}/sync", "/app/settings/connections/{id}"),
        ("/admin/incidents/{id}/note", "/admin/incidents/{id}"),
        ("/admin/audit/verify", "/admin/audit"),
    ] {
        assert!(led.iter().any(|(form, to)| *form == path && to == page), "{path}: {led:?}");
    }
    assert_eq!(site.get("/webhooks/google/x", None).await.status, StatusCode::METHOD_NOT_ALLOWED, "no browser comes by there");
}

#[tokio::test]
async fn what_is_too_large_gets_413_or_431() {
    let site = site().await;
    let large = format!("email={}", "x".repeat(70_000));
    assert_eq!(site.post("/sign-in", None, &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // Without a length told beforehand it is cut off while it comes.
    let chunks = futures::stream::iter((0..70).map(|_| Ok::<_, std::io::Error>("x".repeat(1000))));
    let request =
        Request::post("/sign-in").header("sec-fetch-site", "same-origin").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(exchange(&site.router, request.body(Body::from_stream(chunks)).unwrap()).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request = Request::get("/").header("x-rubbish", "x".repeat(20_000)).body(Body::empty()).unwrap();
    assert_eq!(exchange(&site.router, request).await.status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
}

#[tokio::test]
async fn a_body_of_the_wrong_type_gets_415_and_rubbish_400() {
    let site = site().await;
    let request = Request::post("/sign-in").header("sec-fetch-site", "same-origin").header("content-type", "application/json");
    assert_eq!(exchange(&site.router, request.body(Body::from("{}")).unwrap()).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let request =
        Request::post("/sign-in").header("sec-fetch-site", "same-origin").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(exchange(&site.router, request.body(Body::from(vec![0xff, 0xfe])).unwrap()).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_form_post_from_another_site_changes_nothing() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example"), ("origin", "null")]
    {
        let request = Request::post("/sign-out").header(name, value).header("cookie", &cookie).body(Body::empty()).unwrap();
        assert_eq!(exchange(&site.router, request).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(site.get("/app", Some(&cookie)).await.status, StatusCode::OK, "still signed in");
}

#[tokio::test]
async fn an_address_of_somebody_elses_connection_is_the_page_for_nothing() {
    let site = site().await;
    let (_, noor) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (_, bruno) = site.signed_in("bruno@example.com", &[Role::User]).await;
    let connection = site.connect_google(&noor).await;
    let path = format!("/app/settings/connections/{connection}");
    assert_eq!(site.get(&path, Some(&noor)).await.status, StatusCode::OK);
    let (foreign, nothing) = (
        site.get(&path, Some(&bruno)).await,
        site.get("/app/settings/connections/0192e4a0-0000-7000-8000-000000000000", Some(&bruno)).await,
    );
    assert_eq!((foreign.status, nothing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    for verb in ["sync", "calendars", "disconnect"] {
        assert_eq!(site.post(&format!("{path}/{verb}"), Some(&bruno), "").await.status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(site.get(&format!("/sf/calendar/progress?connection={connection}"), Some(&noor)).await.status, StatusCode::OK);
    assert!(!site.get(&format!("/sf/calendar/progress?connection={connection}"), Some(&bruno)).await.status.is_success());
}

#[tokio::test]
async fn text_from_people_and_providers_is_never_markup() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let evil = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let reply = site.post("/sign-up", None, &format!("name={evil}&email={evil}&password=x&zone=")).await;
    assert!(!reply.body.contains("<script>alert"), "in a form that came back");
    let form = format!("name={evil}&zone=Europe%2FLisbon&hours-0=&hours-1=&hours-2=&hours-3=&hours-4=&hours-5=&hours-6=");
    assert_eq!(site.post("/app/settings/profile", Some(&cookie), &form).await.status, StatusCode::SEE_OTHER);
    assert!(!site.get("/app", Some(&cookie)).await.body.contains("<script>alert"), "in the name");
    let reply = site.get(&format!("/app/settings?notice={evil}&connected={evil}"), Some(&cookie)).await;
    assert!(!reply.body.contains("<script>alert") && reply.body.contains("&lt;script"), "in the address");
}

#[tokio::test]
async fn hours_that_are_none_are_refused_beside_their_field_and_nothing_typed_is_lost() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let week = |monday: &str| {
        let others = (1..7).fold(String::new(), |others, day| others + &format!("&hours-{day}=09%3A00+to+17%3A00"));
        format!("name=Noor&zone=Europe%2FLisbon&hours-0={monday}{others}")
    };
    for monday in ["17%3A00+to+9%3A00", "soon", "9-25", "1-2%2C3-4%2C5-6%2C7-8%2C9-10%2C11-12%2C13-14%2C15-16%2C17-18"] {
        let reply = site.post("/app/settings/profile", Some(&cookie), &week(monday)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{monday}");
        assert!(
            reply.body.contains("These are no working hours") && reply.body.contains(r#"aria-describedby="error-hours-0""#),
            "{monday}"
        );
        let typed = monday.replace("%3A", ":").replace("%2C", ",").replace('+', " ");
        assert!(reply.body.contains(&format!("value=\"{typed}\"")), "{monday}");
    }
    // A form of the release before names no day: that is not seven days off.
    let old = "name=Noor&zone=Europe%2FLisbon&starts=09%3A00&ends=17%3A00&weekday=0";
    assert_eq!(site.post("/app/settings/profile", Some(&cookie), old).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(site.get("/app/settings/profile", Some(&cookie)).await.body.contains(r#"value="09:00 to 17:00""#));
    for (form, said) in [
        ("date=tomorrow&day-hours=", "This is not a date"),
        ("date=2099-01-01&day-hours=", "more than three years away"),
        ("date=2026-12-24&day-hours=late", "These are no working hours"),
    ] {
        let reply = site.post("/app/settings/profile/days", Some(&cookie), form).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(reply.body.contains(said), "{form}");
    }
    for date in ["-10000-01-01", "2026-12-24", "never"] {
        let reply = site.post("/app/settings/profile/days/remove", Some(&cookie), &format!("date={date}")).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{date}");
    }
}

#[tokio::test]
async fn a_day_that_differs_is_no_working_day_for_capacity_scripts_and_other_programs_until_it_is_removed() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let (free, page) = ("/api/free-busy?from=2026-11-25T00:00:00Z&to=2026-11-26T00:00:00Z", "/app/calendar?view=day&date=2026-11-25");
    let unavailable = async || {
        let told: serde_json::Value = serde_json::from_str(&site.get(free, Some(&cookie)).await.body).unwrap();
        let stretches = told["busy"].as_array().unwrap().clone();
        stretches
            .iter()
            .filter(|stretch| stretch["state"] == "unavailable")
            .map(|stretch| {
                let at = |name: &str| stretch[name].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
                (at("ends_at") - at("starts_at")).num_hours()
            })
            .sum::<i64>()
    };
    assert_eq!(unavailable().await, 16, "all but nine to five");
    assert_eq!(site.post("/app/settings/profile/days", Some(&cookie), "date=2026-11-25&day-hours=").await.status, StatusCode::SEE_OTHER);
    assert_eq!(unavailable().await, 24);
    assert!(site.get(page, Some(&cookie)).await.body.contains("day off"));
    let form = "date=2026-11-25&day-hours=22%3A00-24%3A00";
    assert_eq!(site.post("/app/settings/profile/days", Some(&cookie), form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(unavailable().await, 22);
    assert_eq!(site.post("/app/settings/profile/days/remove", Some(&cookie), "date=2026-11-25").await.status, StatusCode::SEE_OTHER);
    assert_eq!(unavailable().await, 16);
}
