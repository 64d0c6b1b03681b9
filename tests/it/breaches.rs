//! Personal data may have got out: the clock of the law, whose data it is by the data map, and what is decided.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::testing::PASSWORD;
use types::Role;

use crate::support::{Site, site};

/// An incident about a connection that its person reported: its address on the site.
async fn reported(site: &Site) -> (types::UserId, String, String) {
    let (noor, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    let connection = site.connect_google(&cookie).await;
    crate::privacy::work(site).await;
    site.post(&format!("/app/settings/connections/{connection}/report"), Some(&cookie), "").await;
    let deps = &site.world.deps;
    assert_eq!(domain::incidents::detect(deps, &domain::Op::job(deps.new_request_id(), None)).await.unwrap(), 1);
    let id: uuid::Uuid = sqlx::query_scalar("select id from incidents").fetch_one(&site.world.behind().await).await.unwrap();
    (noor, cookie, format!("/admin/incidents/{id}"))
}

async fn ada(site: &Site) -> String {
    site.post("/sign-in", None, &format!("email=ada%40example.com&password={PASSWORD}")).await.cookie()
}

/// The lines of the list, the first being what each column is of.
async fn affected(site: &Site, here: &str, cookie: &str) -> Vec<String> {
    let file = site.get(&format!("{here}/affected"), Some(cookie)).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    assert!(file.header("content-type").starts_with("text/csv"));
    file.body.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_clock_runs_from_when_it_is_known_and_the_affected_are_listed_with_what_is_kept_of_each() {
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    site.world.person("maya@example.com").await;
    let (noor, cookie, here) = reported(&site).await;
    let admin = ada(&site).await;
    let post = async |cookie: &str, form: &str| site.post(&format!("{here}/breach"), Some(cookie), form).await;
    assert_eq!(site.get(&format!("{here}/affected"), Some(&admin)).await.status, StatusCode::NOT_FOUND, "nobody noted one");
    assert_eq!(post(&admin, "step=told&filed=CNPD-1").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A moment that is to come, or none, is refused beside its field, and nothing is lost.
    for known in ["2099-01-01T10:00", "yesterday"] {
        let refused = post(&admin, &format!("step=note&scope=google&known_at={known}")).await.body;
        assert!(refused.contains("A moment that is not still to come") && refused.contains("value=\"google\" selected"), "{refused}");
    }
    let known_at = site.world.deps.now() - TimeDelta::hours(2);
    let note = async |scope: &str| {
        let form = format!("step=note&scope={scope}&known_at={}", known_at.format("%Y-%m-%dT%H:%M"));
        assert_eq!(post(&ada(&site).await, &form).await.status, StatusCode::SEE_OTHER);
    };
    note("evidence").await;
    let page = site.get(&here, Some(&admin)).await.body;
    assert!(page.contains("69 hours left") && page.contains("one person with an account"), "{page}");
    for (path, text) in [("/admin/privacy", "69 hours left"), ("/admin", "The authority has to be told of a breach by")] {
        let page = site.get(path, Some(&admin)).await.body;
        assert!(page.contains(text), "{path}: {page}");
    }
    // Who, where to write to them, and how much is kept of each: as many as there are rows.
    let lines = affected(&site, &here, &admin).await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].starts_with(&format!("{noor},\"noor@example.com\",")), "{lines:?}");
    let tables = domain::privacy::every_table().filter(|table| !table.personal.is_empty() && table.owner().is_some());
    let tables: Vec<&str> = tables.map(|table| table.name).collect();
    let column = 2 + tables.iter().position(|name| *name == "calendar_events").unwrap();
    assert_eq!(lines[0].split("\",\"").count(), 2 + tables.len(), "a column for each table that is somebody's");
    let kept: i64 = sqlx::query_scalar("select count(*) from calendar_events").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(lines[1].split(',').nth(column).unwrap(), kept.to_string());
    for (scope, people) in [("google", 1), ("outlook", 0), ("everyone", 3)] {
        note(scope).await;
        assert_eq!(affected(&site, &here, &admin).await.len(), 1 + people, "{scope}");
    }
    // Nobody else sees or decides anything of it.
    assert_eq!(post(&cookie, "step=told&filed=CNPD-1").await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get(&format!("{here}/affected"), Some(&cookie)).await.status, StatusCode::NOT_FOUND);
    // Three days later it is overdue, until it is decided, once.
    site.world.clock.advance(TimeDelta::hours(71));
    let admin = ada(&site).await;
    assert!(site.get(&here, Some(&admin)).await.body.contains("Overdue since"));
    let nameless = post(&admin, "step=told&filed=Dear+Sirs").await.body;
    assert!(nameless.contains("such as CNPD-2026-114") && nameless.contains("value=\"Dear Sirs\""), "{nameless}");
    assert!(post(&admin, "step=not_needed&reason=+").await.body.contains("Write 1 to 4000 characters."));
    assert_eq!(post(&admin, "step=told&filed=CNPD-2026-114").await.status, StatusCode::SEE_OTHER);
    let page = site.get(&here, Some(&admin)).await.body;
    assert!(page.contains("The authority was told on") && page.contains("CNPD-2026-114") && !page.contains("name=\"filed\""), "{page}");
    assert!(post(&admin, "step=not_needed&reason=Nobody+is+at+risk").await.body.contains("Somebody went on with it in the meantime"));
    assert!(!site.get("/admin/privacy", Some(&admin)).await.body.contains("Overdue since"));
    assert_eq!((site.entries("incident.breach_advanced").await, site.entries("incident.affected_listed").await), (5, 4));
    let document = site.get(&format!("{here}/export"), Some(&admin)).await.body;
    assert!(document.contains("CNPD-2026-114"), "{document}");
}

#[tokio::test]
async fn that_nobody_has_to_be_told_is_decided_with_its_reason() {
    let site = site().await;
    site.world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let (_, _, here) = reported(&site).await;
    let admin = ada(&site).await;
    let known = site.world.deps.now().format("%Y-%m-%dT%H:%M").to_string();
    for form in [
        format!("step=note&scope=evidence&known_at={known}"),
        "step=not_needed&reason=It+was+encrypted%2C+and+the+key+was+not+there.".to_owned(),
    ] {
        assert_eq!(site.post(&format!("{here}/breach"), Some(&admin), &form).await.status, StatusCode::SEE_OTHER);
    }
    // Words about it stop nothing: the incident is not contained by them.
    let early = site.post(&format!("{here}/advance"), Some(&admin), "from=open&said=").await.body;
    assert!(early.contains("Nothing was done yet"), "{early}");
    let page = site.get(&here, Some(&admin)).await.body;
    assert!(page.contains("that it need not be told") && page.contains("It was encrypted, and the key was not there."), "{page}");
}
