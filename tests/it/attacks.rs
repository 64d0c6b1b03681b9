//! Ten attacks, each as it is done: found, shown with the right evidence, and stopped by what the page offers.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::testing::PASSWORD;
use domain::{audit, incidents};
use types::{Role, Rule, Scope};
use uuid::Uuid;

use crate::scene::{ADMINS_PLACE, Scene};
use crate::support::{between, token_for};

#[tokio::test]
async fn passwords_that_leaked_elsewhere_are_tried_from_everywhere() {
    let scene = Scene::new().await;
    for number in 0..15 {
        scene.site.world.person(&format!("person{number}@example.com")).await;
        scene.try_password(&format!("203.0.113.{number}"), &format!("person{number}@example.com"), "from-another-site", None).await;
    }
    let incident = scene.found(Rule::RefusedSignInsOverall).await;
    assert_eq!(scene.rules().await, ["refused_sign_ins_overall"], "no account and no address stands out");
    incident.shows(&["user.sign_in_refused"], 11).await;
    incident.stop("measure=block_network&network=203.0.113.0%2F24&hours=24").await;
    let turned_away = scene.try_password("203.0.113.200", "person1@example.com", PASSWORD, None).await;
    assert_eq!(turned_away.status, StatusCode::FORBIDDEN);
    assert!(turned_away.body.contains("turned away for now"), "{}", turned_away.body);
    assert_eq!(
        scene.try_password("192.0.2.1", "person1@example.com", PASSWORD, None).await.status,
        StatusCode::SEE_OTHER,
        "nobody else is"
    );
    // The admin cannot lock themselves out by it.
    let own = incident.post("measure", "measure=block_network&network=198.51.100.0%2F24&hours=1").await;
    assert!(own.status == StatusCode::UNPROCESSABLE_ENTITY && own.body.contains("lock you out yourself"), "{}", own.body);
    // And what was blocked is let in again.
    let page = scene.get(ADMINS_PLACE, &format!("/admin/incidents/{}", incident.id), &scene.admin).await.body;
    let block = between(&page, "value=\"lift_block\"", "</form>");
    let block = between(block, "name=\"which\" value=\"", "\"");
    incident.stop(&format!("measure=lift_block&which={block}")).await;
    assert_eq!(scene.try_password("203.0.113.200", "person2@example.com", PASSWORD, None).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn one_account_is_guessed_at_from_many_addresses_and_in_the_end_entered() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    for number in 0..12 {
        scene.try_password(&format!("203.0.113.{number}"), "noor@example.com", "guess", None).await;
    }
    let incident = scene.found(Rule::RefusedSignInsOfAccount).await;
    assert_eq!(incident.subject, Some(noor));
    incident.shows(&["user.sign_in_refused"], 11).await;
    let inside = scene.sign_in("203.0.113.50", "noor@example.com", PASSWORD, None).await;
    let entered = scene.found(Rule::SignInAfterRefusals).await;
    assert_eq!(entered.subject, Some(noor));
    entered.shows(&["user.sign_in_refused", "user.signed_in"], 7).await;
    assert_eq!(scene.get("203.0.113.50", "/app", &inside).await.status, StatusCode::OK);
    entered.stop("measure=force_reset").await;
    assert_eq!(scene.get("203.0.113.50", "/app", &inside).await.status, StatusCode::SEE_OTHER, "the session is over");
    let again = scene.try_password("203.0.113.51", "noor@example.com", PASSWORD, None).await;
    assert!(again.body.contains("is not right"), "the password is none any more: {}", again.body);
    let links: Vec<Uuid> =
        sqlx::query_scalar("select id from user_tokens where user_id = $1 and purpose = 'reset_password' and used_at is null")
            .bind(noor.0)
            .fetch_all(&scene.site.world.behind().await)
            .await
            .unwrap();
    assert_eq!(links.len(), 1, "and one link for another waits to be mailed");
    let deps = &scene.site.world.deps;
    let link = domain::accounts::link_text(deps, noor, types::UserTokenId(links[0]), domain::jobs::LinkPurpose::ResetPassword);
    let choose = async |password: &str| {
        let form = format!("token={link}&password={password}");
        scene.ask("192.0.2.10", "POST", "/reset", &[], Some(&form)).await
    };
    let same = choose(PASSWORD).await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(same.body.contains("was taken out of use"), "{}", same.body);
    assert_eq!(choose("openings-between-threads").await.status, StatusCode::SEE_OTHER, "the link still waited");
    scene.sign_in("192.0.2.10", "noor@example.com", "openings-between-threads", None).await;
}

#[tokio::test]
async fn a_stolen_session_is_used_beside_its_owners() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let session = scene.sign_in("192.0.2.10", "noor@example.com", PASSWORD, None).await;
    // A phone that moves from one network to another and stays there is nothing.
    for place in ["192.0.2.10", "192.0.2.10", "192.0.2.99", "192.0.2.99"] {
        scene.get(place, "/app", &session).await;
    }
    let deps = &scene.site.world.deps;
    assert_eq!(incidents::detect(deps, &domain::Op::job(deps.new_request_id(), None)).await.unwrap(), 0);
    for _ in 0..3 {
        scene.get("203.0.113.66", "/app", &session).await;
        scene.get("192.0.2.99", "/app", &session).await;
    }
    let incident = scene.found(Rule::SessionInTwoPlaces).await;
    assert_eq!(incident.subject, Some(noor));
    incident.shows(&["user.session_returned"], 3).await;
    incident.stop("measure=end_sessions").await;
    for place in ["203.0.113.66", "192.0.2.99"] {
        assert_eq!(scene.get(place, "/app", &session).await.status, StatusCode::SEE_OTHER, "{place}");
    }
}

#[tokio::test]
async fn a_session_is_planted_for_somebody_to_sign_in_within() {
    let scene = Scene::new().await;
    let mallory = scene.site.world.person("mallory@example.com").await;
    scene.site.world.person("noor@example.com").await;
    let planted = scene.sign_in("203.0.113.66", "mallory@example.com", PASSWORD, None).await;
    scene.get("203.0.113.66", "/app", &planted).await;
    let own = scene.sign_in("192.0.2.10", "noor@example.com", PASSWORD, Some(&planted)).await;
    assert_ne!(own, planted, "the sign-in has an id of its own");
    assert_eq!(scene.get("203.0.113.66", "/app", &planted).await.status, StatusCode::SEE_OTHER, "the planted one opens nothing");
    let incident = scene.found(Rule::SessionPlanted).await;
    assert_eq!(incident.subject, Some(mallory), "it is about whoever planted it");
    incident.shows(&["user.session_planted"], 1).await;
    incident.stop("measure=lock").await;
    let locked = scene.try_password("203.0.113.66", "mallory@example.com", PASSWORD, None).await;
    assert!(locked.status == StatusCode::UNPROCESSABLE_ENTITY && locked.body.contains("This account is locked"), "{}", locked.body);
    let wrong = scene.try_password("203.0.113.67", "mallory@example.com", "a-guess", None).await;
    assert!(!wrong.body.contains("locked"), "who does not know the password is not told");
    incident.stop("measure=unlock").await;
    scene.sign_in("203.0.113.66", "mallory@example.com", PASSWORD, None).await;
}

#[tokio::test]
async fn a_recovery_link_that_was_used_is_tried_again() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let deps = &scene.site.world.deps;
    let op = scene.site.world.as_user(noor);
    domain::accounts::make_link(deps, &op, Some(noor), domain::jobs::LinkPurpose::ResetPassword).await.unwrap();
    let id: Uuid = sqlx::query_scalar("select id from user_tokens where purpose = 'reset_password'")
        .fetch_one(&scene.site.world.behind().await)
        .await
        .unwrap();
    let link = domain::accounts::link_text(deps, noor, types::UserTokenId(id), domain::jobs::LinkPurpose::ResetPassword);
    let used = scene.ask("192.0.2.10", "POST", "/reset", &[], Some(&format!("token={link}&password=openings-between-threads"))).await;
    assert_eq!(used.status, StatusCode::SEE_OTHER);
    for _ in 0..4 {
        let again = scene.ask("203.0.113.66", "POST", "/reset", &[], Some(&format!("token={link}&password=mine-from-here-on-now"))).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let incident = scene.found(Rule::DeadLinks).await;
    assert!(incident.address.is_some() && incident.subject.is_none());
    incident.stop("measure=block_address&hours=24").await;
    assert_eq!(scene.ask("203.0.113.66", "GET", "/reset", &[], None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(scene.ask("192.0.2.10", "GET", "/reset", &[], None).await.status, StatusCode::OK);
    scene.site.world.clock.advance(TimeDelta::hours(24));
    assert_eq!(scene.ask("203.0.113.66", "GET", "/reset", &[], None).await.status, StatusCode::OK, "a block ends by itself");
}

#[tokio::test]
async fn a_way_back_from_a_provider_is_replayed() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let session = scene.sign_in("192.0.2.10", "noor@example.com", PASSWORD, None).await;
    let begun = scene.get("192.0.2.10", "/api/calendar/connect/google", &session).await;
    let back = crate::support::consent(begun.header("location"), "google", "noor.haddad@example.com").await;
    let back = back.split_once("3000").unwrap().1.to_owned();
    assert_eq!(scene.get("192.0.2.10", &back, &session).await.header("location"), "/app/settings?connected=success");
    for _ in 0..3 {
        let again = scene.get("203.0.113.66", &back, &session).await;
        assert_eq!(again.header("location"), "/app/settings?notice=state_used");
    }
    let incident = scene.found(Rule::OauthStateMisused).await;
    assert_eq!(incident.subject, Some(noor));
    incident.shows(&["connection.refused"], 3).await;
    incident.stop("measure=disconnect&which=google").await;
    let left: i64 =
        sqlx::query_scalar("select count(*) from calendar_connections").fetch_one(&scene.site.world.behind().await).await.unwrap();
    assert_eq!(left, 0, "what the provider gave is given back");
    incident.stop("measure=end_sessions").await;
    assert_eq!(scene.get("203.0.113.66", "/app", &session).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_storm_of_forged_webhooks_is_one_incident_and_no_row_each() {
    let scene = Scene::new().await;
    for number in 0..300 {
        let path = format!("/webhooks/google/guess-{number}");
        let reply = scene.ask("203.0.113.66", "POST", &path, &[("x-goog-channel-token", "forged")], Some("")).await;
        let expected = if number < 100 { StatusCode::NOT_FOUND } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(reply.status, expected, "{number}");
    }
    let incident = scene.found(Rule::ForgedWebhooks).await;
    let (rows, happened): (i64, i64) =
        sqlx::query_as("select count(*), sum(happened)::bigint from security_events where kind = 'webhook_refused'")
            .fetch_one(&scene.site.world.behind().await)
            .await
            .unwrap();
    assert_eq!((rows, happened), (1, 300), "counted in full, in one row");
    incident.stop("measure=block_address&hours=1").await;
    let reply = scene.ask("203.0.113.66", "POST", "/webhooks/google/guess", &[], Some("")).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.body.contains("\"code\":\"blocked\""), "{}", reply.body);
    let probe = scene.ask("203.0.113.66", "GET", "/healthz", &[], None).await;
    assert_eq!(probe.status, StatusCode::OK, "whoever watches the server still can");
    incidents::detect(&scene.site.world.deps, &domain::Op::job(scene.site.world.deps.new_request_id(), None)).await.unwrap();
    let page = scene.get(ADMINS_PLACE, &format!("/admin/incidents/{}", incident.id), &scene.admin).await.body;
    assert!(page.contains("one request was turned away"), "{}", between(&page, "id=\"h-do\"", "</section>"));
}

#[tokio::test]
async fn a_key_that_leaked_is_used_after_its_end() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let deps = &scene.site.world.deps;
    let op = scene.site.world.as_user(noor);
    let mut keys = Vec::new();
    for name in ["script", "display"] {
        let new = domain::api_keys::NewApiKey {
            name: name.to_owned(),
            scopes: vec![Scope::EventsRead],
            lifetime: domain::api_keys::Lifetime::Days30,
        };
        keys.push(domain::api_keys::make_api_key(deps, &op, &[Role::User], new).await.unwrap());
    }
    let (leaked, other) = (token_for(&scene.site.router, &keys[0]).await, token_for(&scene.site.router, &keys[1]).await);
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from api_keys").fetch_all(&scene.site.world.behind().await).await.unwrap();
    let with = async |token: &str| {
        scene.ask("203.0.113.66", "GET", "/api/events", &[("authorization", &format!("Bearer {token}"))], None).await.status
    };
    assert_eq!((with(&leaked).await, with(&other).await), (StatusCode::OK, StatusCode::OK));
    // The one of the two whose token stops is the one that leaked.
    domain::api_keys::end_api_key(deps, &op, types::ApiKeyId(ids[0])).await.unwrap();
    let (first, second) = (with(&leaked).await, with(&other).await);
    assert!(first != second, "one of them ended: {first} {second}");
    let incident = scene.found(Rule::EndedKeyUsed).await;
    assert_eq!(incident.subject, Some(noor));
    incident.shows(&["api_key.refused"], 1).await;
    incident.stop("measure=end_api_keys").await;
    assert_eq!((with(&leaked).await, with(&other).await), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn an_admin_takes_the_whole_log_again_and_again() {
    let scene = Scene::new().await;
    let eve = scene.site.world.person_with("eve@example.com", &[Role::User, Role::Admin]).await;
    let session = scene.sign_in("203.0.113.66", "eve@example.com", PASSWORD, None).await;
    audit::seal(&scene.site.world.deps).await.unwrap();
    for _ in 0..3 {
        assert_eq!(scene.get("203.0.113.66", "/admin/audit/export", &session).await.status, StatusCode::OK);
    }
    let incident = scene.found(Rule::MassExport).await;
    assert_eq!(incident.subject, Some(eve));
    incident.shows(&["audit.exported"], 3).await;
    incident.stop("measure=lock").await;
    assert_eq!(scene.get("203.0.113.66", "/admin/audit/export", &session).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn somebody_tries_every_door_that_is_not_theirs() {
    let scene = Scene::new().await;
    let mallory = scene.site.world.person("mallory@example.com").await;
    let session = scene.sign_in("203.0.113.66", "mallory@example.com", PASSWORD, None).await;
    for number in 0..12 {
        let path = ["/admin", "/admin/audit", "/admin/users", "/admin/jobs", "/admin/incidents", "/admin/audit/export"][number % 6];
        assert_eq!(scene.get("203.0.113.66", path, &session).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let incident = scene.found(Rule::Probing).await;
    assert_eq!(incident.subject, Some(mallory));
    incident.stop("measure=lock").await;
    assert_eq!(scene.get("203.0.113.66", "/app", &session).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn one_account_is_guessed_at_from_one_address_beyond_the_limit() {
    let scene = Scene::new().await;
    scene.site.world.person("noor@example.com").await;
    let mut limited = 0;
    for _ in 0..20 {
        limited +=
            u32::from(scene.try_password("203.0.113.66", "noor@example.com", "guess", None).await.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert_eq!(limited, 10, "what is not even compared is no entry, and counts all the same");
    let incident = scene.found(Rule::RefusedSignInsFromAddress).await;
    incident.shows(&["user.sign_in_refused"], 10).await;
    incident.stop("measure=block_address&hours=1").await;
    assert_eq!(scene.try_password("203.0.113.66", "noor@example.com", "guess", None).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_looks_like_an_attack_and_is_none_opens_nothing() {
    let scene = Scene::new().await;
    let noor = scene.site.world.person("noor@example.com").await;
    let deps = &scene.site.world.deps;
    // Three typos, and two windows.
    for _ in 0..3 {
        scene.try_password("192.0.2.10", "noor@example.com", "typo", None).await;
    }
    for _ in 0..2 {
        scene.sign_in("192.0.2.10", "noor@example.com", PASSWORD, None).await;
    }
    // A key that ended on its day, with a token in a program's hands; and one of an account that is locked.
    let new = || domain::api_keys::NewApiKey {
        name: "script".to_owned(),
        scopes: vec![Scope::EventsRead],
        lifetime: domain::api_keys::Lifetime::Days30,
    };
    let op = scene.site.world.as_user(noor);
    let key = domain::api_keys::make_api_key(deps, &op, &[Role::User], new()).await.unwrap();
    scene.site.world.clock.advance(TimeDelta::days(30) - TimeDelta::minutes(10));
    let token = token_for(&scene.site.router, &key).await;
    scene.site.world.clock.advance(TimeDelta::minutes(10));
    let with = async |token: &str| {
        scene.ask("192.0.2.10", "GET", "/api/events", &[("authorization", &format!("Bearer {token}"))], None).await.status
    };
    assert_eq!(with(&token).await, StatusCode::UNAUTHORIZED, "a token ends with its key");
    let key = domain::api_keys::make_api_key(deps, &op, &[Role::User], new()).await.unwrap();
    let token = token_for(&scene.site.router, &key).await;
    sqlx::query("update users set locked_at = $2 where id = $1")
        .bind(noor.0)
        .bind(deps.now())
        .execute(&scene.site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(with(&token).await, StatusCode::UNAUTHORIZED);
    let exchanged = domain::api_keys::exchange(deps, &scene.site.world.visitor(), &key, &[]).await;
    assert!(matches!(exchanged, Err(domain::api_keys::ApiKeyError::Refused)), "{exchanged:?}");
    incidents::detect(deps, &domain::Op::job(deps.new_request_id(), None)).await.unwrap();
    assert_eq!(scene.rules().await, Vec::<String>::new());
}
