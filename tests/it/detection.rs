//! What the rules find beside the ten attacks.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::audit;
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::dispatch::Dispatcher;
use types::Rule;

use crate::scene::{ADMINS_PLACE, Scene};
use crate::second_factor;

#[tokio::test]
async fn keys_that_do_not_exist_are_tried_from_one_place() {
    let scene = Scene::new().await;
    for number in 0..6 {
        let key = format!("Bearer kairos_key_{}", format!("{number}").repeat(43));
        let reply = scene.ask("203.0.113.66", "POST", "/api/token", &[("authorization", &key)], Some("")).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    }
    let incident = scene.found(Rule::GuessedKeys).await;
    assert!(incident.address.is_some() && incident.subject.is_none());
    incident.stop("measure=block_address&hours=1").await;
    assert_eq!(scene.ask("203.0.113.66", "POST", "/api/token", &[], Some("")).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn one_account_is_entered_from_one_new_browser_after_another() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let mut sessions = Vec::new();
    for number in 0..4 {
        sessions.push(scene.sign_in(&format!("203.0.113.{number}"), "noor@example.com", PASSWORD, None).await);
    }
    let incident = scene.found(Rule::NewBrowsersOfAccount).await;
    assert_eq!(incident.subject, Some(noor));
    incident.shows(&["user.signed_in"], 4).await;
    incident.stop("measure=end_sessions").await;
    for session in sessions {
        assert_eq!(scene.get("203.0.113.1", "/app", &session).await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn whoever_knows_a_password_guesses_at_the_code() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let session = scene.sign_in("192.0.2.10", "noor@example.com", PASSWORD, None).await;
    second_factor::set_up(&scene.site, &session).await;
    let waiting = scene.sign_in("203.0.113.66", "noor@example.com", PASSWORD, None).await;
    for number in 0..4 {
        let form = format!("code=00000{number}&next=%2Fapp");
        let reply = scene.ask("203.0.113.66", "POST", "/sign-in/code", &[("cookie", &waiting)], Some(&form)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.body);
    }
    let incident = scene.found(Rule::RefusedCodesOfAccount).await;
    assert_eq!(incident.subject, Some(noor));
    incident.shows(&["user.code_refused", "user.proof_refused"], 4).await;
    incident.stop("measure=force_reset").await;
    let again = scene.try_password("203.0.113.66", "noor@example.com", PASSWORD, None).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the password they know opens nothing");
}

#[tokio::test]
async fn a_program_that_does_not_stop_asking_is_found_and_stopped() {
    let scene = Scene::new().await;
    for number in 0..151 {
        let reply = scene.ask("203.0.113.66", "GET", "/api/events", &[], None).await;
        let expected = if number < 100 { StatusCode::UNAUTHORIZED } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(reply.status, expected, "{number}");
    }
    let incident = scene.found(Rule::UnusualVolume).await;
    assert!(incident.address.is_some());
    incident.stop("measure=block_address&hours=1").await;
    assert_eq!(scene.ask("203.0.113.66", "GET", "/api/events", &[], None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(scene.ask("192.0.2.10", "GET", "/api/events", &[], None).await.status, StatusCode::UNAUTHORIZED, "nobody else is");
}

#[tokio::test]
async fn somebody_changes_the_log_in_the_database() {
    let scene = Scene::new().await;
    let deps = &scene.site.world.deps;
    audit::seal(deps).await.unwrap();
    let behind = scene.site.world.behind().await;
    sqlx::query("alter table audit_events disable trigger user").execute(&behind).await.unwrap();
    sqlx::query("update audit_events set outcome = 'refused' where place = 0").execute(&behind).await.unwrap();
    let asked = scene.ask(ADMINS_PLACE, "POST", "/admin/audit/verify", &[("cookie", &scene.admin)], Some("")).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let runner = Runner::new(deps.database.pool().clone(), Arc::new(Dispatcher::new(deps.clone())), Recovery::default());
    runner.step().await.unwrap();
    let incident = scene.found(Rule::AuditLogChanged).await;
    incident.shows(&["audit.verified"], 1).await;
    let page = scene.get(ADMINS_PLACE, &format!("/admin/incidents/{}", incident.id), &scene.admin).await.body;
    assert!(page.contains("Critical"), "{page}");
}
