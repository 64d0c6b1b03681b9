//! The audit log: what an entry costs the action it records, how fast all of them are checked, and a filtered page among a million.

use std::time::{Duration, Instant};

use domain::audit::{self, Action, Event, Filter};
use domain::base::Op;
use domain::calendar::{self, Wanted};
use domain::testing::{World, WorldOptions};
use sqlx::PgPool;
use tower::ServiceExt as _;
use transparency_log::export::Line;
use transparency_log::{Verifier, VerifierKey};
use types::{Role, UserId};

use crate::{ROUNDS, report, world};

/// Entries of the log that is checked.
const ENTRIES: i64 = 500_000;
/// Entries among which a page is looked for.
const MANY: i64 = 1_000_000;
/// Actions of a round.
const ACTIONS: usize = 1_000;
/// Pages of a round.
const PAGES: usize = 40;

/// All of it.
pub async fn audit() {
    let world = World::new(WorldOptions::default()).await;
    let admin = world.person_with("ada@example.com", &[Role::User, Role::Admin]).await;
    let behind = world.behind().await;
    append(&world).await;
    verify(&world, &behind).await;
    page(&world, &behind, admin).await;
}

/// As many entries as are missing, evenly over the last thirty days.
async fn fill(world: &World, behind: &PgPool, to: i64) {
    sqlx::query(
        "insert into audit_events (id, occurred_at, actor_kind, actor_id, subject_user_id, action, resource_kind, resource_id, outcome, request_id, detail)
         select gen_random_uuid(), $2::timestamptz - interval '30 days' * (1 - n::float8 / $1), 'user', u.id, u.id,
                (array['user.signed_in', 'connection.synced', 'channel.heard', 'user.sign_in_refused'])[n % 4 + 1],
                (array['user', 'connection', 'channel', 'user'])[n % 4 + 1], u.id,
                case when n % 4 = 3 then 'refused' else 'succeeded' end, gen_random_uuid(), '{\"attempts\": 1}'
         from users u, generate_series((select count(*) from audit_events) + 1, $1) n",
    )
    .bind(to)
    .bind(world.deps.now())
    .execute(behind)
    .await
    .expect("entries");
}

/// The smallest transaction, one column of a person's own row changed durably as the server does it, with and without its entry; and what that adds to
/// the smallest form that somebody posts, from the session to the way back.
async fn append(world: &World) {
    let user = world.person("noor@example.com").await;
    let (router, cookie) = (world::router(world), world::session(world).await);
    let (mut transactions, mut requests) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut took = [Duration::ZERO; 3];
        for number in 0..3 * ACTIONS {
            let began = Instant::now();
            match number % 3 {
                2 => post(&router, &cookie).await,
                kind => change(world, user, number / 3, kind == 1).await,
            }
            took[number % 3] += began.elapsed();
        }
        let [without, with, request] = took.map(|took| took.as_secs_f64());
        let per_action = |seconds: f64| seconds * 1e6 / f64::from(u32::try_from(ACTIONS).expect("a small number"));
        println!(
            "a change {:.0} µs, with its entry {:.0} µs, as a form {:.0} µs",
            per_action(without),
            per_action(with),
            per_action(request)
        );
        transactions.push(with / without);
        requests.push(request / (request - (with - without)));
    }
    report("the smallest transaction with its entry, over one without", transactions, 1.15);
    report("the smallest form with its entry, over what it would take without", requests, 1.15);
}

async fn change(world: &World, user: UserId, number: usize, with_entry: bool) {
    let op = world.as_user(user);
    let mut tx = world.deps.begin(&op).await.expect("begun");
    // In turn, so that each changes something.
    let zone = ["Europe/Lisbon", "Europe/Paris"][number % 2];
    sqlx::query("update users set time_zone = $2 where id = $1").bind(user.0).bind(zone).execute(&mut *tx).await.expect("changed");
    if with_entry {
        audit::append(&mut tx, &world.deps, &op, Event::done(Action::UserProfileChanged, user, user.0));
    }
    tx.commit().await.expect("durable");
}

/// A day that is not like the others.
async fn post(router: &axum::Router, cookie: &str) {
    let request = axum::http::Request::post("/app/settings/profile/days")
        .header("sec-fetch-site", "same-origin")
        .header(axum::http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(axum::http::header::COOKIE, cookie)
        .body(axum::body::Body::from("date=2026-12-25&day-hours="))
        .expect("a request");
    let reply = router.clone().oneshot(request).await.expect("an answer");
    assert!(reply.status().is_redirection(), "{}", reply.status());
}

async fn verify(world: &World, behind: &PgPool) {
    fill(world, behind, ENTRIES).await;
    let began = Instant::now();
    let sealed = audit::seal(&world.deps).await.expect("sealed");
    println!("sealed {sealed} entries: {:.0} a second", per_second(sealed, began.elapsed()));
    let key = VerifierKey::parse(&audit::verifier_key(&world.deps).await.expect("a key")).expect("a key");
    let mut lines = Vec::new();
    let began = Instant::now();
    let mut reading = audit::Reading::begin(&world.deps).await.expect("a log").expect("a sealed log");
    lines.extend(reading.head().map(|line| line.to_text()));
    loop {
        let entries = reading.next().await.expect("entries");
        if entries.is_empty() {
            break;
        }
        lines.extend(entries.into_iter().map(|entry| Line::Entry(entry).to_text()));
    }
    println!("exported them: {:.0} a second", per_second(sealed, began.elapsed()));
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut verifier = Verifier::new(key.clone());
        for (number, line) in (1..).zip(&lines) {
            verifier.line(number, line).expect("whole");
        }
        let entries = verifier.finish().expect("whole").entries;
        let rate = per_second(usize::try_from(entries).expect("a number"), began.elapsed());
        println!("verified {entries} entries of an export: {rate:.0} a second; the budget is 500000");
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// The page of refused sign-ins of a week, against the query for its rows.
async fn page(world: &World, behind: &PgPool, admin: UserId) {
    fill(world, behind, MANY).await;
    audit::seal(&world.deps).await.expect("sealed");
    sqlx::query("analyze audit_events").execute(behind).await.expect("analyzed");
    let since = world.deps.now() - chrono::TimeDelta::days(1);
    let filter =
        Filter { since: Some(since), outcome: Some("refused".to_owned()), resource_kind: Some("user".to_owned()), ..Filter::default() };
    let wanted = Wanted { audit: Some(audit::Wanted::Entries(filter)), ..Wanted::FRAME };
    let (mut ratios, viewer) = (Vec::new(), domain::accounts::Viewer::Person(admin));
    for _ in 0..ROUNDS {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..PAGES {
            let began = Instant::now();
            let op = Op::job(world.deps.new_request_id(), None);
            let visit = calendar::read_page(&world.deps, &op, &viewer, &wanted).await.expect("a page");
            ours.push(began.elapsed());
            assert!(visit.page.expect("a page").audit().expect("the log").entries.len() == 50);
            let began = Instant::now();
            let mut tx = behind.begin().await.expect("begun");
            for query in [
                "select id, place, occurred_at, actor_kind, actor_id, action, resource_id, outcome, address_pseudonym from audit_events
                 where occurred_at >= $1 and outcome = 'refused' and resource_kind = 'user' order by place desc nulls first limit 50",
                "select date_bin('1 hour', occurred_at, '2000-01-01T00:00:00Z'), count(*) from audit_events
                 where occurred_at >= $1 and outcome = 'refused' and resource_kind = 'user' group by 1",
            ] {
                sqlx::query(query).bind(since).fetch_all(&mut *tx).await.expect("rows");
            }
            tx.commit().await.expect("read");
            bare.push(began.elapsed());
        }
        ours.sort_unstable();
        bare.sort_unstable();
        let p95 = PAGES * 95 / 100;
        println!("a filtered page among {MANY} entries: p95 {:.1?}; the bare queries for its rows and chart: {:.1?}", ours[p95], bare[p95]);
        ratios.push(ours[p95].as_secs_f64() / bare[p95].as_secs_f64());
    }
    report("a filtered page, over its bare queries", ratios, 2.0);
}
