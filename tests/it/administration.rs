//! The pages of admins: what they show, what they do, and that nobody else has them.

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::jobs::{Recovery, Runner};
use domain::testing::PASSWORD;
use kairos::dispatch::Dispatcher;
use serde_json::Value;
use std::sync::Arc;
use types::{Role, UserId};

use crate::authenticator::{Authenticator, add, sign_in};
use crate::support::{Site, between, site};

async fn entries(site: &Site, action: &str) -> Vec<(Option<uuid::Uuid>, Option<uuid::Uuid>, Value)> {
    sqlx::query_as("select actor_id, resource_id, detail from audit_events where action = $1 order by id")
        .bind(action)
        .fetch_all(&site.world.behind().await)
        .await
        .unwrap()
}

fn runner(site: &Site) -> Runner {
    let pool = domain::base::Database::lazy_for_a_library(site.world.database.server(), 8).pool().clone();
    Runner::new(pool, Arc::new(Dispatcher::new(site.world.deps.clone())), Recovery::default())
}

async fn act(site: &Site, admin: &str, user: UserId, form: &str) -> crate::support::Reply {
    site.post(&format!("/admin/users/{user}/act"), Some(admin), form).await
}

#[tokio::test]
async fn a_name_is_shown_to_who_says_why_and_the_reason_is_kept() {
    let site = site().await;
    let (ada, admin) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let noor = site.world.person("noor@example.com").await;
    let here = format!("/admin/users/{noor}");
    for path in ["/admin", "/admin/users", &here] {
        let page = site.get(path, Some(&admin)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("noor@example.com"), "{path} names somebody");
    }
    let nonsense = site.post(&format!("{here}/open"), Some(&admin), "reason=support&reference=asked+by+Noor+herself").await;
    assert_eq!(nonsense.status, StatusCode::UNPROCESSABLE_ENTITY, "a reference is a number, not a text about somebody");
    assert!(!nonsense.body.contains("noor@example.com") && nonsense.body.contains("asked by Noor"), "what was typed stays");
    let opened = site.post(&format!("{here}/open"), Some(&admin), "reason=support&reference=HELP-204").await;
    assert!(opened.status == StatusCode::OK && opened.body.contains("noor@example.com"), "{}", opened.body);
    let kept = entries(&site, "user.opened").await;
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].0, kept[0].1), (Some(ada.0), Some(noor.0)));
    assert_eq!(kept[0].2, serde_json::json!({ "reason": "support", "reference": "HELP-204" }));
    // Found by id and by the whole address, and by nothing less.
    for (search, is_found) in [("noor%40example.com", true), ("NOOR%40example.com", true), ("noor", false), (&*noor.to_string(), true)] {
        let list = site.get(&format!("/admin/users?q={search}"), Some(&admin)).await.body;
        assert_eq!(list.contains(&here), is_found, "{search}");
    }
    assert_eq!(site.get(&format!("/admin/users/{}", uuid::Uuid::nil()), Some(&admin)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get("/admin/users/nobody", Some(&admin)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_an_admin_does_to_an_account_takes_effect_at_once_and_never_to_their_own() {
    let site = site().await;
    let (ada, admin) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let (noor, theirs) = site.signed_in("noor@example.com", &[Role::User]).await;
    assert_eq!(act(&site, &admin, noor, "act=set_roles&role=user&role=builder&role=admin").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/admin", Some(&theirs)).await.status, StatusCode::OK, "from the next request on");
    assert_eq!(act(&site, &admin, noor, "act=set_roles&role=user").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/admin", Some(&theirs)).await.status, StatusCode::NOT_FOUND);
    let none = act(&site, &admin, noor, "act=set_roles").await;
    assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.body.contains("at least one role"), "{}", none.body);
    assert_eq!(act(&site, &admin, noor, "act=lock").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/app", Some(&theirs)).await.status, StatusCode::SEE_OTHER);
    assert!(site.get("/admin/users?state=locked", Some(&admin)).await.body.contains(&noor.to_string()));
    // It gets no link for another password, which would not open it; once unlocked it does.
    let links = async || {
        site.post("/forgot", None, "email=noor%40example.com").await;
        // One job looks for the account, the next mails the link.
        runner(&site).step().await.unwrap();
        runner(&site).step().await.unwrap();
        site.world.mails().iter().filter(|mail| mail.text.contains("/reset?token=")).count()
    };
    assert_eq!(links().await, 0);
    assert_eq!(act(&site, &admin, noor, "act=unlock").await.status, StatusCode::SEE_OTHER);
    assert_eq!(links().await, 1);
    assert_eq!(site.get("/app", Some(&theirs)).await.status, StatusCode::SEE_OTHER, "nobody is signed in by it");
    for form in ["act=lock", "act=set_roles&role=user", "act=force_reset", "act=end_sessions"] {
        let own = act(&site, &admin, ada, form).await;
        assert!(own.status == StatusCode::UNPROCESSABLE_ENTITY && own.body.contains("your own account"), "{form}: {}", own.body);
    }
    assert_eq!(act(&site, &admin, UserId(uuid::Uuid::nil()), "act=lock").await.status, StatusCode::NOT_FOUND);
    assert_eq!(act(&site, &admin, noor, "act=anything").await.status, StatusCode::BAD_REQUEST);
    for (action, count) in [("user.roles_changed", 2), ("user.locked", 1), ("user.unlocked", 1)] {
        let kept = entries(&site, action).await;
        assert_eq!(kept.len(), count, "{action}");
        assert!(kept.iter().all(|(actor, resource, _)| (*actor, *resource) == (Some(ada.0), Some(noor.0))), "{action}");
    }
    // With a proof only that is not too old.
    site.world.clock.advance(TimeDelta::minutes(16));
    assert!(act(&site, &admin, noor, "act=lock").await.header("location").starts_with("/app/settings/security/confirm"));
}

#[tokio::test]
async fn somebody_who_lost_their_app_and_their_codes_gets_in_again_by_an_admin() {
    let site = site().await;
    let (_, admin) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let (noor, theirs) = site.signed_in("noor@example.com", &[Role::User]).await;
    crate::second_factor::set_up(&site, &theirs).await;
    let mut key = Authenticator::new(b"laptop");
    add(&site, &theirs, &mut key, "Laptop").await;
    let form = format!("email=noor%40example.com&password={PASSWORD}");
    assert!(site.post("/sign-in", None, &form).await.header("location").starts_with("/sign-in/code"));
    assert_eq!(act(&site, &admin, noor, "act=remove_second_factor").await.status, StatusCode::SEE_OTHER);
    assert_eq!(site.get("/app", Some(&theirs)).await.status, StatusCode::SEE_OTHER, "whoever was signed in is not");
    assert_eq!(site.post("/sign-in", None, &form).await.header("location"), "/app");
    assert_eq!(sign_in(&site, &mut key).await.status, StatusCode::UNPROCESSABLE_ENTITY, "the passkey may be in the hands of a finder");
    runner(&site).step().await.unwrap();
    let mails = site.world.mails();
    assert!(mails.iter().any(|mail| mail.to == "noor@example.com" && mail.subject == "Your second factor was removed"));
}

#[tokio::test]
async fn a_job_that_was_given_up_is_seen_and_tried_again() {
    let site = site().await;
    let (_, admin) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let behind = site.world.behind().await;
    let broken = async |key: &str| {
        let id: i64 = sqlx::query_scalar(
            "select id from graphile_worker.add_job('kairos', payload => '{\"job\": \"make_link\", \"user\": null, \"purpose\": \"verify_email\"}'::json, job_key => $1)",
        )
        .bind(key)
        .fetch_one(&behind)
        .await
        .unwrap();
        sqlx::query("update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'failed; request 7' where id = $1")
            .bind(id)
            .execute(&behind)
            .await
            .unwrap();
        id
    };
    let (first, second) = (broken("one").await, broken("two").await);
    let overview = site.get("/admin", Some(&admin)).await.body;
    assert!(overview.contains("2 jobs were given up"), "{}", between(&overview, "What needs you", "</ul>"));
    let page = site.get("/admin/jobs?state=given_up", Some(&admin)).await.body;
    assert!(page.contains("failed; request 7") && page.contains(&format!("value=\"{first}\"")), "{page}");
    assert_eq!(
        site.post("/admin/jobs/rerun", Some(&admin), &format!("job={first}&state=given_up")).await.header("location"),
        "/admin/jobs?state=given_up&notice=administration_done"
    );
    assert_eq!(
        site.post("/admin/jobs/remove", Some(&admin), &format!("job={second}")).await.header("location"),
        "/admin/jobs?notice=administration_done"
    );
    assert_eq!(
        site.post("/admin/jobs/remove", Some(&admin), &format!("job={second}")).await.header("location"),
        "/admin/jobs?notice=job_gone"
    );
    // One that puts itself in again would not be back.
    let recurring: i64 =
        sqlx::query_scalar("select id from graphile_worker.add_job('kairos', payload => '{\"job\": \"purge_expired\"}'::json)")
            .fetch_one(&behind)
            .await
            .unwrap();
    assert_eq!(
        site.post("/admin/jobs/remove", Some(&admin), &format!("job={recurring}")).await.header("location"),
        "/admin/jobs?notice=job_gone"
    );
    let stays: i64 = sqlx::query_scalar("select count(*) from graphile_worker._private_jobs where id = $1")
        .bind(recurring)
        .fetch_one(&behind)
        .await
        .unwrap();
    assert_eq!(stays, 1);
    runner(&site).step().await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from graphile_worker._private_jobs where id in ($1, $2)")
        .bind(first)
        .bind(second)
        .fetch_one(&behind)
        .await
        .unwrap();
    assert_eq!(left, 0, "one was done, one is gone");
    assert_eq!((entries(&site, "job.rerun").await.len(), entries(&site, "job.removed").await.len()), (1, 1));
}

#[tokio::test]
async fn an_incident_is_worked_on_from_its_alert_to_its_review() {
    let site = site().await;
    let (_, admin) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let (noor, theirs) = site.signed_in("noor@example.com", &[Role::User]).await;
    let connection = site.connect_google(&theirs).await;
    let deps = &site.world.deps;
    let op = domain::Op::job(deps.new_request_id(), None);
    assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 0);
    site.post(&format!("/app/settings/connections/{connection}/report"), Some(&theirs), "").await;
    assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 1);
    for _ in 0..2 {
        runner(&site).step().await.unwrap();
        assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 0, "the same is found once");
    }
    let mails = site.world.mails();
    let alerts: Vec<_> = mails.iter().filter(|mail| mail.to == "guard@example.com").collect();
    assert_eq!(alerts.len(), 1, "{mails:?}");
    let link = alerts[0].text.split_whitespace().find(|word| word.contains("/admin/incidents/")).unwrap();
    let here = link.split_once(":3000").unwrap().1.to_owned();
    assert!(!alerts[0].text.contains(&noor.to_string()), "nobody is named in a mail");

    let step = async |what: &str, form: &str| site.post(&format!("{here}/{what}"), Some(&admin), form).await;
    let page = async || site.get(&here, Some(&admin)).await.body;
    assert!(page().await.contains("Somebody reported a connection of theirs"));
    let early = step("advance", "from=open&said=").await;
    assert!(early.status == StatusCode::UNPROCESSABLE_ENTITY && early.body.contains("Nothing was done yet"), "{}", early.body);
    assert_eq!(step("note", "note=+").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(step("note", "note=Asked+them+by+phone%0D%0Athey+know").await.status, StatusCode::SEE_OTHER);
    assert_eq!(step("measure", "measure=isolate&which=google").await.status, StatusCode::SEE_OTHER);
    let own = site.get("/app/settings", Some(&theirs)).await.body;
    assert!(own.contains("Google is set apart for now"), "its people are told");
    let asked = site.sandbox.calls(sandbox::Route::GoogleEvents) + site.sandbox.calls(sandbox::Route::GoogleToken);
    let job = domain::Op::job(deps.new_request_id(), Some(noor));
    let _ = domain::calendar::sync(deps, &job, connection).await;
    let asked_since = site.sandbox.calls(sandbox::Route::GoogleEvents) + site.sandbox.calls(sandbox::Route::GoogleToken);
    assert_eq!(asked_since, asked, "and nothing is asked of it");
    assert_eq!(step("measure", "measure=rejoin&which=google").await.status, StatusCode::SEE_OTHER);
    assert!(!site.get("/app/settings", Some(&theirs)).await.body.contains("set apart"));
    assert_eq!(step("advance", "from=open&said=").await.status, StatusCode::SEE_OTHER);
    // Sent twice it goes one step.
    assert_eq!(step("advance", "from=open&said=").await.status, StatusCode::SEE_OTHER);
    assert_eq!(step("advance", "from=contained&said=The+connection+is+gone").await.status, StatusCode::SEE_OTHER);
    let unchecked = step("advance", "from=eradicated&said=all+well").await;
    assert!(unchecked.status == StatusCode::UNPROCESSABLE_ENTITY && unchecked.body.contains("check first"), "{}", unchecked.body);
    domain::audit::seal(deps).await.unwrap();
    site.world.clock.advance(TimeDelta::seconds(1));
    step("check", "").await;
    assert!(page().await.contains("is being checked"), "the whole log is checked first");
    runner(&site).step().await.unwrap();
    site.world.clock.advance(TimeDelta::seconds(1));
    step("check", "").await;
    assert!(page().await.contains("The audit log is what was signed"));
    assert_eq!(step("advance", "from=eradicated&said=").await.status, StatusCode::SEE_OTHER);
    let unreviewed = step("advance", "from=recovered&said=").await;
    assert!(unreviewed.body.contains("Write the review first"), "{}", unreviewed.body);
    assert_eq!(step("advance", "from=recovered&said=It+was+her+own+phone.").await.status, StatusCode::SEE_OTHER);
    assert!(site.get("/admin/incidents", Some(&admin)).await.body.contains("Nothing suspicious"));
    assert!(site.get("/admin/incidents?status=closed", Some(&admin)).await.body.contains("INC-1"));
    // What was found before it was closed is not found again; what happens from here on is.
    assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 0);
    site.world.clock.advance(TimeDelta::minutes(1));
    site.post(&format!("/app/settings/connections/{connection}/report"), Some(&theirs), "").await;
    assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 1);
    let document: Value = serde_json::from_str(&site.get(&format!("{here}/export"), Some(&admin)).await.body).unwrap();
    assert_eq!((&document["status"], &document["incident"]), (&"closed".into(), &"INC-1".into()));
    let kinds: Vec<&str> = document["timeline"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    for kind in ["opened", "alert", "note", "action", "undone", "check", "status"] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }
    let counts = [
        ("incident.opened", 2),
        ("incident.noted", 1),
        ("incident.measure_taken", 1),
        ("incident.measure_undone", 1),
        ("incident.checked", 2),
        ("incident.advanced", 4),
        ("incident.exported", 1),
    ];
    for (action, count) in counts {
        assert_eq!(entries(&site, action).await.len(), count, "{action}");
    }
}

#[tokio::test]
async fn two_replicas_that_look_at_once_open_one_incident_and_one_hears_what_the_other_blocked() {
    let site = site().await;
    let (_, theirs) = site.signed_in("noor@example.com", &[Role::User]).await;
    let connection = site.connect_google(&theirs).await;
    site.post(&format!("/app/settings/connections/{connection}/report"), Some(&theirs), "").await;
    let looks = (0..8).map(|_| {
        let deps = site.world.deps.clone();
        tokio::spawn(async move { domain::incidents::detect(&deps, &domain::Op::job(deps.new_request_id(), None)).await.unwrap() })
    });
    let mut opened = 0;
    for look in looks.collect::<Vec<_>>() {
        opened += look.await.unwrap();
    }
    assert_eq!(opened, 1);
    let replica = domain::testing::World::on(site.world.database.clone(), domain::testing::WorldOptions::default()).await;
    sqlx::query("insert into provider_isolations (provider, since) values ('google', $1)")
        .bind(site.world.deps.now())
        .execute(&site.world.behind().await)
        .await
        .unwrap();
    assert!(replica.deps.containment.isolated_since(types::Provider::Google).is_none());
    domain::incidents::refresh_containment(&replica.deps).await.unwrap();
    assert!(replica.deps.containment.isolated_since(types::Provider::Google).is_some());
}

#[tokio::test]
async fn of_two_admins_who_lock_each_other_at_once_one_stays() {
    let site = site().await;
    let (ada, adas) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let (eve, eves) = site.signed_in("eve@example.com", &[Role::User, Role::Admin]).await;
    for _ in 0..4 {
        let (first, second) = tokio::join!(act(&site, &adas, eve, "act=lock"), act(&site, &eves, ada, "act=lock"));
        let done = |reply: &crate::support::Reply| reply.header("location").contains("administration_done");
        assert!(!(done(&first) && done(&second)), "both were locked out");
    }
    let locked: i64 =
        sqlx::query_scalar("select count(*) from users where locked_at is not null").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(locked, 1);
}

#[tokio::test]
async fn whoever_has_a_shell_makes_the_first_admin_and_lets_one_in_again() {
    use domain::accounts::administration::appoint;
    use domain::base::Actor;

    let site = site().await;
    let deps = &site.world.deps;
    let op = domain::Op::new(Actor::Operator, deps.new_request_id());
    let first = appoint(deps, &op, "ada@example.com").await.unwrap();
    let link = first.link.unwrap();
    let link = secrecy::ExposeSecret::expose_secret(&link);
    let set = site.post("/reset", None, &format!("token={link}&password=openings-between-threads")).await;
    assert_eq!(set.header("location"), "/sign-in?notice=password_changed");
    let entered = site.post("/sign-in", None, "email=ada%40example.com&password=openings-between-threads").await;
    let admin = entered.cookie();
    assert_eq!(site.get("/admin", Some(&admin)).await.status, StatusCode::OK);
    // An account that is there and locked; nothing else of it changes.
    let (noor, theirs) = site.signed_in("noor@example.com", &[Role::User, Role::Builder]).await;
    assert_eq!(act(&site, &admin, noor, "act=lock").await.status, StatusCode::SEE_OTHER);
    assert!(appoint(deps, &op, "Noor@Example.com").await.unwrap().link.is_none());
    assert_eq!(site.get("/admin", Some(&theirs)).await.status, StatusCode::SEE_OTHER, "no session comes back");
    let form = format!("email=noor%40example.com&password={PASSWORD}");
    let entered = site.post("/sign-in", None, &form).await;
    let theirs = entered.cookie();
    assert_eq!(site.get("/admin", Some(&theirs)).await.status, StatusCode::OK);
    let roles: Vec<String> =
        sqlx::query_scalar("select roles from users where id = $1").bind(noor.0).fetch_one(&site.world.behind().await).await.unwrap();
    assert!(["user", "builder", "admin"].iter().all(|role| roles.contains(&(*role).to_owned())), "{roles:?}");
    assert!(appoint(deps, &op, "nobody").await.is_err());
    // Somebody signed up with an address that is not theirs, and waits.
    let form = domain::accounts::SignUp {
        name: "A stranger".to_owned(),
        email: "ops@example.com".to_owned(),
        password: "planted-by-a-stranger".to_owned().into(),
        zone: None,
    };
    domain::accounts::sign_up(deps, &site.world.visitor(), &site.world.hasher, form).await.unwrap();
    assert!(appoint(deps, &op, "ops@example.com").await.unwrap().link.is_some(), "its owner sets a password of their own");
    let planted = site.post("/sign-in", None, "email=ops%40example.com&password=planted-by-a-stranger").await;
    assert_eq!(planted.status, StatusCode::UNPROCESSABLE_ENTITY);
    let operators: i64 = sqlx::query_scalar("select count(*) from audit_events where actor_kind = 'operator'")
        .fetch_one(&site.world.behind().await)
        .await
        .unwrap();
    assert_eq!(operators, 5, "signed up, three times other roles, unlocked");
}

#[tokio::test]
async fn incidents_outlive_the_people_they_are_about() {
    let site = site().await;
    let deps = &site.world.deps;
    let behind = site.world.behind().await;
    for email in ["a@example.com", "b@example.com"] {
        let (_, cookie) = site.signed_in(email, &[Role::User]).await;
        let connection = site.connect_google(&cookie).await;
        site.post(&format!("/app/settings/connections/{connection}/report"), Some(&cookie), "").await;
    }
    let op = domain::Op::job(deps.new_request_id(), None);
    assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 2);
    sqlx::query("delete from users").execute(&behind).await.unwrap();
    assert_eq!(domain::incidents::detect(deps, &op).await.unwrap(), 0, "it still looks, and they are still two");
    let (_, admin) = site.signed_in("ada@example.com", &[Role::User, Role::Admin]).await;
    let list = site.get("/admin/incidents", Some(&admin)).await.body;
    let here = between(&list, "<a href=\"/admin/incidents/", "\"").to_owned();
    let page = site.get(&format!("/admin/incidents/{here}"), Some(&admin)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("Lock the account"), "what is gone is not locked");
    domain::upkeep::purge_expired(deps, &domain::Op::job(deps.new_request_id(), None)).await.unwrap();
}
