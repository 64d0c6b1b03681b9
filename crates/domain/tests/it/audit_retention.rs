//! How long an entry of the audit log says who it is about, and that it is proved for ever.

use domain::audit::{self, Action};
use domain::testing::{World, WorldOptions};
use transparency_log::Finding;

use crate::audit_log::{check, sealed, tamper, write};

#[tokio::test]
async fn a_salt_alone_that_is_gone_is_no_erasure() {
    let (world, behind, _) = sealed().await;
    tamper(&behind, "update audit_events set salt = null, subject_user_id = gen_random_uuid() where place = 11").await;
    assert_eq!(check(&world, None).await, Err(Finding::Changed(11)));
}

#[tokio::test]
async fn a_person_who_was_erased_leaves_every_proof_valid() {
    let (world, behind, newest) = sealed().await;
    tamper(
        &behind,
        "update audit_events set actor_id = null, subject_user_id = null, resource_id = null, address_pseudonym = null, salt = null,
             request_id = '00000000-0000-0000-0000-000000000000'",
    )
    .await;
    assert!(check(&world, Some(&newest)).await.is_ok());
    tamper(&behind, "update audit_events set request_id = gen_random_uuid() where place = 7").await;
    assert_eq!(check(&world, None).await, Err(Finding::Changed(7)), "nothing else is put in its place");
}

#[tokio::test]
async fn an_entry_says_who_it_is_about_for_as_long_as_its_kind_is_kept_and_is_proved_for_ever() {
    // The database looks at its own clock too: what is old on the test's clock alone is not.
    let clock: &dyn domain::base::Clock = &domain::base::SystemClock;
    let long_ago = clock.now() - chrono::TimeDelta::days(400);
    let world = World::new(WorldOptions { now: long_ago, ..WorldOptions::default() }).await;
    let user = world.person("noor@example.com").await;
    let behind = world.behind().await;
    write(&world, user, 4).await;
    audit::seal(&world.deps).await.unwrap();
    // One of them is evidence.
    sqlx::query(
        "with i as (insert into incidents (id, rule, severity, status, found, first_found_at, last_found_at, opened_at, status_changed_at)
                    values (gen_random_uuid(), 'x', 'high', 'open', 1, now(), now(), now(), now()) returning id)
         insert into incident_evidence (incident_id, audit_event_id, added_at)
         select i.id, e.id, now() from i, audit_events e where e.place = (select max(place) from audit_events where action = 'user.profile_changed')",
    )
    .execute(&behind)
    .await
    .unwrap();
    let said = async || -> Vec<String> {
        sqlx::query_scalar(
            "select distinct action from audit_events where subject_user_id is not null and salt is not null order by action",
        )
        .fetch_all(&behind)
        .await
        .unwrap()
    };
    let of_a_person = said().await;
    assert!(of_a_person.contains(&"user.signed_up".to_owned()) && of_a_person.contains(&"user.profile_changed".to_owned()));
    let after = async |days: i64| {
        world.clock.advance(chrono::TimeDelta::days(days));
        domain::upkeep::purge_expired(&world.deps, &domain::Op::job(world.deps.new_request_id(), None)).await.unwrap();
        assert!(check(&world, None).await.is_ok(), "after {days} days");
    };
    after(179).await;
    assert_eq!(said().await, of_a_person);
    after(2).await;
    let changes = "select count(*) from audit_events where action = 'user.profile_changed' and salt is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(changes).fetch_one(&behind).await.unwrap(), 1, "what was set to be done, but for evidence");
    assert!(said().await.contains(&"user.signed_up".to_owned()), "who came in");
    after(185).await;
    assert_eq!(said().await, ["user.profile_changed"], "the one that is evidence");
    let (kept, personal): (i64, i64) = sqlx::query_as(
        "select count(*), count(coalesce(actor_id::text, resource_id::text, encode(address_pseudonym, 'hex'))) from audit_events where place is not null",
    )
    .fetch_one(&behind)
    .await
    .unwrap();
    assert!(kept >= 5 && personal == 1, "{kept} {personal}");
    // Not by the word of whoever asks: the database looks at its own clock.
    write(&world, user, 1).await;
    audit::seal(&world.deps).await.unwrap();
    let far = clock.now() + chrono::TimeDelta::days(4_000);
    sqlx::query("select * from kairos_purge_expired_rows($1)").bind(far).execute(&behind).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(changes).fetch_one(&behind).await.unwrap(), 2);
}

#[tokio::test]
async fn who_an_entry_is_about_goes_whole_or_not_at_all_and_every_kind_has_its_time() {
    let (world, behind, _) = sealed().await;
    let nobody = "'00000000-0000-0000-0000-000000000000'";
    for change in [
        "salt = null",
        "actor_id = null, subject_user_id = null, resource_id = null, address_pseudonym = null, salt = null",
        &format!(
            "actor_id = null, subject_user_id = null, resource_id = null, address_pseudonym = null, salt = null, request_id = {nobody}, outcome = 'refused'"
        ),
        "action = 'user.signed_out'",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("update audit_events set {change} where place = 5"));
        let refused = sqlx::query(statement).execute(&behind).await.unwrap_err();
        let code = refused.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{change}: {refused}");
    }
    let mut short = Vec::new();
    for action in Action::ALL {
        let days: f64 = sqlx::query_scalar("select (extract(epoch from kairos_audit_keeps($1)) / 86400)::float8")
            .bind(action.as_str())
            .fetch_one(&behind)
            .await
            .unwrap();
        assert!(days >= 180.0, "{}", action.as_str());
        if days < 365.0 {
            short.push(action.as_str());
        }
    }
    assert_eq!(short.len(), 14, "each that the database names is an action: {short:?}");
    drop(world);
}
