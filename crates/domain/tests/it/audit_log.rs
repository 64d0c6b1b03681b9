//! The audit log as it is kept: sealed in order, once, signed, and whatever is done to the tables is named.

use std::sync::Arc;

use domain::Deps;
use domain::audit::{self, Action, Event, Reading};
use domain::testing::{World, WorldOptions};
use sqlx::PgPool;
use transparency_log::export::Line;
use transparency_log::{Finding, Verifier, VerifierKey};
use types::UserId;

/// Writes as many entries, each in a transaction of its own.
pub async fn write(world: &World, user: UserId, count: usize) {
    for number in 0..count {
        let op = world.as_user(user);
        let mut tx = world.deps.begin(&op).await.unwrap();
        let event = Event::done(Action::UserProfileChanged, user, user.0).with(serde_json::json!({ "number": number }));
        audit::append(&mut tx, &world.deps, &op, event);
        tx.commit().await.unwrap();
    }
}

/// As somebody elsewhere checks what was exported.
pub async fn check(world: &World, kept: Option<&str>) -> Result<u64, Finding> {
    let key = audit::verifier_key(&world.deps).await.unwrap();
    check_by(&world.deps, &key, kept).await
}

/// The same by a key that they trust.
pub async fn check_by(deps: &Deps, key: &str, kept: Option<&str>) -> Result<u64, Finding> {
    let mut verifier = Verifier::new(VerifierKey::parse(key).unwrap());
    let mut reading = Reading::begin(deps).await.unwrap().unwrap();
    for note in reading.successions() {
        verifier.succession(note)?;
    }
    if let Some(kept) = kept {
        verifier.kept_checkpoint(kept)?;
    }
    let mut lines: Vec<String> = reading.head().map(|line| line.to_text()).collect();
    loop {
        let entries = reading.next().await.unwrap();
        if entries.is_empty() {
            break;
        }
        lines.extend(entries.into_iter().map(|entry| Line::Entry(entry).to_text()));
    }
    for (number, line) in (1..).zip(lines) {
        verifier.line(number, &line)?;
    }
    verifier.finish().map(|whole| whole.entries)
}

/// What somebody with the owner's rights does, with the trigger out of the way.
pub async fn tamper(behind: &PgPool, statement: &'static str) {
    sqlx::query("alter table audit_events disable trigger user").execute(behind).await.unwrap();
    sqlx::query(statement).execute(behind).await.unwrap();
    sqlx::query("alter table audit_events enable trigger user").execute(behind).await.unwrap();
}

/// A world with a sealed log of several tiles and checkpoints, and its newest checkpoint.
pub async fn sealed() -> (World, PgPool, String) {
    let world = World::new(WorldOptions::default()).await;
    let user = world.person("noor@example.com").await;
    for count in [3, 250, 1, 40] {
        write(&world, user, count).await;
        audit::seal(&world.deps).await.unwrap();
    }
    let behind = world.behind().await;
    let newest = sqlx::query_scalar("select note from audit_checkpoints order by size desc limit 1").fetch_one(&behind).await.unwrap();
    (world, behind, newest)
}

#[tokio::test]
async fn every_entry_gets_one_place_and_the_whole_is_proved_elsewhere() {
    let (world, behind, newest) = sealed().await;
    let (count, places, first, last): (i64, i64, i64, i64) =
        sqlx::query_as("select count(*), count(distinct place), min(place), max(place) from audit_events")
            .fetch_one(&behind)
            .await
            .unwrap();
    assert!(count > 294);
    assert_eq!((places, first, last), (count, 0, count - 1));
    assert_eq!(check(&world, Some(&newest)).await, Ok(u64::try_from(count).unwrap()));
    assert_eq!(audit::seal(&world.deps).await.unwrap(), 0, "nothing is sealed twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_seal_at_once_while_entries_come_in_leave_one_log() {
    let world = Arc::new(World::new(WorldOptions::default()).await);
    let user = world.person("noor@example.com").await;
    let writers = (0..4).map(|_| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { write(&world, user, 60).await })
    });
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(World::on(world.database.clone(), WorldOptions::default()).await);
    }
    let sealers = replicas.into_iter().map(|replica| {
        tokio::spawn(async move {
            for _ in 0..40 {
                audit::seal(&replica.deps).await.unwrap();
            }
        })
    });
    for task in writers.chain(sealers).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    audit::seal(&world.deps).await.unwrap();
    let count: i64 = sqlx::query_scalar("select count(*) from audit_events").fetch_one(&world.behind().await).await.unwrap();
    assert_eq!(check(&world, None).await, Ok(u64::try_from(count).unwrap()));
}

#[tokio::test]
async fn what_was_written_before_a_replica_died_is_sealed_by_the_next() {
    let (world, behind, _) = sealed().await;
    let user = world.person("bruno@example.com").await;
    write(&world, user, 5).await;
    // Dies in the middle of a seal: the transaction ends without having been committed.
    drop(world.deps.database.begin(None).await.unwrap());
    let next = World::on(world.database.clone(), WorldOptions::default()).await;
    assert!(audit::seal(&next.deps).await.unwrap() >= 5);
    let waiting: i64 = sqlx::query_scalar("select count(*) from audit_events where place is null").fetch_one(&behind).await.unwrap();
    assert_eq!(waiting, 0);
    assert!(check(&next, None).await.is_ok());
}

#[tokio::test]
async fn the_servers_role_changes_nothing_of_it() {
    let (world, _, _) = sealed().await;
    for statement in [
        "update audit_events set outcome = 'refused'",
        "delete from audit_events",
        "truncate audit_events",
        "update audit_tree set size = 0",
        "delete from audit_tiles",
        "delete from audit_checkpoints",
        "insert into audit_checkpoints (size, note, signed_at) values (1, '', now())",
        "select kairos_seal_audit('kairos.example.com', 0, '', '{}', '{}', '{}', '{}', '{}', '{}', '', now())",
        // Places, salts and commitments of one's own, and times that nothing reads.
        "insert into audit_events select (jsonb_populate_record(e, '{\"place\": 900}')).* from (select null::audit_events) n(e)",
        "select kairos_append_audit(jsonb_build_object('id', gen_random_uuid(), 'occurred_at', 'infinity', 'actor_kind', 'job', 'action', 'user.signed_in', 'resource_kind', 'user', 'outcome', 'succeeded', 'request_id', gen_random_uuid(), 'detail', '{}'::jsonb))",
        "select kairos_append_audit(jsonb_build_object('id', gen_random_uuid(), 'occurred_at', now(), 'actor_kind', 'job', 'action', 'user.signed_in', 'resource_kind', 'user', 'outcome', 'succeeded', 'request_id', gen_random_uuid(), 'detail', '{}'::jsonb, 'place', 900, 'commitment', '\\x00'))",
        // A seal that changes a tile, or whose head is not one.
        "select kairos_seal_audit(t.origin, t.size, t.edge, array[gen_random_uuid()], array[decode(repeat('00', 16), 'hex')], array[decode(repeat('00', 32), 'hex')], '{0}', '{0}', array[decode(repeat('00', 32), 'hex')], t.origin || E'\\n' || (t.size + 1), now()) from audit_tree t",
    ] {
        let mut lent = world.deps.database.lend().await.unwrap();
        assert!(sqlx::query(statement).execute(&mut *lent).await.is_err(), "{statement}");
    }
    assert!(check(&world, None).await.is_ok());
}

#[tokio::test]
async fn whatever_its_owner_does_to_it_is_named() {
    for (statement, expected) in [
        ("update audit_events set outcome = 'refused' where place = 11", Finding::Changed(11)),
        ("update audit_events set subject_user_id = gen_random_uuid() where place = 11", Finding::Changed(11)),
        ("update audit_events set occurred_at = occurred_at + interval '1 second' where place = 260", Finding::Changed(260)),
        ("delete from audit_events where place = 11", Finding::Removed(11)),
        (
            "with gone as (delete from audit_events where place = 11) update audit_events set place = place - 1 + 1000000 where place > 11",
            Finding::Removed(11),
        ),
        (
            "update audit_events a set place = b.place + 1000000 from audit_events b where a.place + b.place = 23 and a.place in (11, 12)",
            Finding::Reordered(11),
        ),
    ] {
        let (world, behind, _) = sealed().await;
        tamper(&behind, statement).await;
        // Places are unique, so what moves several is done in two steps.
        tamper(&behind, "update audit_events set place = place - 1000000 where place >= 1000000").await;
        assert_eq!(check(&world, None).await, Err(expected), "{statement}");
    }
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_named_and_with_its_checkpoints_by_a_kept_one() {
    let (world, behind, newest) = sealed().await;
    tamper(&behind, "delete from audit_events where place >= 200").await;
    assert_eq!(check(&world, None).await, Err(Finding::Removed(200)));
    let (world, behind, _) = {
        drop(world);
        sealed().await
    };
    let size: i64 =
        sqlx::query_scalar("select size from audit_checkpoints order by size offset 1 limit 1").fetch_one(&behind).await.unwrap();
    for statement in [
        format!("delete from audit_events where place >= {size}"),
        format!("delete from audit_checkpoints where size > {size}"),
        format!("update audit_tree set size = {size}"),
    ] {
        sqlx::query("alter table audit_events disable trigger user").execute(&behind).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&behind).await.unwrap();
    }
    assert!(check(&world, None).await.is_ok(), "nobody can see it from inside");
    let kept_size: u64 = newest.lines().nth(1).unwrap().parse().unwrap();
    assert_eq!(check(&world, Some(&newest)).await.unwrap_err(), Finding::CutOff { entries: u64::try_from(size).unwrap(), size: kept_size });
}

#[tokio::test]
async fn a_log_that_was_rewritten_in_the_database_is_signed_no_further() {
    let (world, behind, _) = sealed().await;
    let user = world.person("bruno@example.com").await;
    // An edge of somebody's own making, with the heads that would contradict it taken away.
    for statement in ["update audit_tree set edge = overlay(edge placing '\\x00'::bytea from 1)", "delete from audit_checkpoints"] {
        let mut tx = behind.begin().await.unwrap();
        sqlx::query(statement).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        write(&world, user, 1).await;
        assert!(matches!(audit::seal(&world.deps).await, Err(audit::AuditError::Changed)), "{statement}");
    }
}

#[tokio::test]
async fn one_entry_that_nobody_can_read_keeps_no_other_from_being_sealed() {
    let (world, behind, _) = sealed().await;
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    for detail in ["{\"a\": 1e400}", deep.as_str()] {
        sqlx::query("insert into audit_events (id, occurred_at, actor_kind, action, resource_kind, outcome, request_id, detail) values (gen_random_uuid(), now(), 'job', 'user.signed_in', 'user', 'succeeded', gen_random_uuid(), $1::jsonb)")
            .bind(detail)
            .execute(&behind)
            .await
            .unwrap();
    }
    audit::seal(&world.deps).await.unwrap();
    assert!(check(&world, None).await.is_ok());
}

#[tokio::test]
async fn a_check_that_was_asked_for_says_how_far_it_is_and_what_it_found() {
    let (world, behind, _) = sealed().await;
    let admin = world.person("ada@example.com").await;
    let found = async || -> (i64, i64, Option<String>, bool) {
        world.clock.advance(chrono::TimeDelta::seconds(1));
        audit::request_verification(&world.deps, &world.as_user(admin)).await.unwrap();
        audit::seal(&world.deps).await.unwrap();
        crate::support::runner(&world).step().await.unwrap();
        sqlx::query_as(
            "select size, checked, finding, finished_at is not null from audit_verifications order by asked_at desc, id desc limit 1",
        )
        .fetch_one(&behind)
        .await
        .unwrap()
    };
    let (size, checked, finding, has_finished) = found().await;
    assert_eq!((checked, finding, has_finished), (size, None, true));
    tamper(&behind, "update audit_events set outcome = 'refused' where place = 100").await;
    let (_, checked, finding, has_finished) = found().await;
    assert_eq!((checked, finding.as_deref(), has_finished), (100, Some("entry 100 was changed"), true));
}

#[tokio::test]
async fn the_server_compares_the_log_with_what_it_kept_elsewhere() {
    let verify = async |world: &World, behind: &PgPool| -> Option<String> {
        let admin = world.person("ada@example.com").await;
        world.clock.advance(chrono::TimeDelta::seconds(1));
        audit::request_verification(&world.deps, &world.as_user(admin)).await.unwrap();
        audit::seal(&world.deps).await.unwrap();
        crate::support::runner(world).step().await.unwrap();
        let query = "select finding from audit_verifications where finished_at is not null order by asked_at desc limit 1";
        sqlx::query_scalar(query).fetch_one(behind).await.unwrap()
    };
    let (world, behind, newest) = sealed().await;
    let size = newest.lines().nth(1).unwrap().to_owned();
    audit::copy_checkpoint(&world.deps).await.unwrap();
    assert_eq!(verify(&world, &behind).await, None);
    let kept: i64 = sqlx::query_scalar("select (detail ->> 'kept')::bigint from audit_events where action = 'audit.verified'")
        .fetch_one(&behind)
        .await
        .unwrap();
    assert_eq!(kept, 1);
    // An older state is put back with its own head: nothing inside contradicts it.
    for statement in [
        "delete from audit_events where place >= (select min(size) from audit_checkpoints)",
        "update audit_tree set size = (select min(size) from audit_checkpoints)",
        "delete from audit_checkpoints where size > (select min(size) from audit_checkpoints)",
    ] {
        tamper(&behind, statement).await;
    }
    assert_eq!(check(&world, None).await.err(), None, "nobody can see it from inside");
    let admin = world.person("eve@example.com").await;
    world.clock.advance(chrono::TimeDelta::seconds(1));
    audit::request_verification(&world.deps, &world.as_user(admin)).await.unwrap();
    crate::support::runner(&world).step().await.unwrap();
    let finding: Option<String> = sqlx::query_scalar("select finding from audit_verifications order by asked_at desc, id desc limit 1")
        .fetch_one(&behind)
        .await
        .unwrap();
    assert!(finding.as_deref().is_some_and(|text| text.contains(&format!("and {size} were signed"))), "{finding:?}");
}

#[tokio::test]
async fn checkpoints_are_kept_elsewhere_once_an_hour_and_mailed_once_a_day_and_never_overwritten() {
    let (world, behind, newest) = sealed().await;
    let folder = world.deps.providers.copies.folder.clone().unwrap();
    let files = || std::fs::read_dir(&folder).map_or(0, Iterator::count);
    let mails = || world.mails().into_iter().filter(|mail| mail.to == "keeper@example.com").collect::<Vec<_>>();
    domain::jobs::start_recurring(&world.deps).await.unwrap();
    let runner = crate::support::runner(&world);
    runner.step().await.unwrap();
    assert_eq!((files(), mails().len()), (1, 1));
    assert!(mails()[0].text.contains(&newest));
    let kept = std::fs::read_to_string(std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap();
    assert_eq!(kept, newest);
    assert!(check(&world, Some(&kept)).await.is_ok());
    // The same again, an hour later: one file, no mail; a day later another mail.
    for (hours, expected) in [(1, 1), (23, 2)] {
        world.clock.advance(chrono::TimeDelta::hours(hours));
        audit::copy_checkpoint(&world.deps).await.unwrap();
        runner.step().await.unwrap();
        assert_eq!((files(), mails().len()), (1, expected), "after {hours} hours");
    }
    // Somebody wrote the log anew: what is kept stays, and the page says so.
    sqlx::query("update audit_checkpoints set note = 'another'").execute(&behind).await.unwrap();
    audit::copy_checkpoint(&world.deps).await.unwrap();
    let failure: Option<String> =
        sqlx::query_scalar("select failure from audit_copies where destination = 'folder'").fetch_one(&behind).await.unwrap();
    assert_eq!(failure.as_deref(), Some("another checkpoint of this size is there"));
    assert_eq!(std::fs::read_to_string(std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path()).unwrap(), newest);
}
