//! Limits hold over replicas, refill evenly, and say how long to wait.

use chrono::TimeDelta;
use domain::accounts::{self, AccountError, SignIn, Viewer};
use domain::base::{Allowances, Op};
use domain::calendar::{self, SyncNow};
use domain::limits::{self, Limit};
use domain::testing::{PASSWORD, World, WorldOptions};
use sqlx::{PgPool, Postgres, Transaction};

use crate::support::{advance, connected, runner, world};

#[tokio::test]
async fn a_span_holds_its_number_over_replicas_and_another_begins_when_it_ends() {
    let world = World::new(WorldOptions::default()).await;
    let replica = World::on(world.database.clone(), WorldOptions::default()).await;
    let op = world.visitor();
    for limit in Limit::ALL {
        let mut taken = 0;
        for round in 0..250 {
            let deps = if round % 2 == 0 { &world.deps } else { &replica.deps };
            taken += usize::from(limits::take(deps, &op, limit, b"somebody").await.unwrap().is_ok());
        }
        assert!((5..=100).contains(&taken), "{limit:?} let {taken} through");
        assert!(limits::take(&world.deps, &op, limit, b"somebody else").await.unwrap().is_ok(), "{limit:?} is for one key");
        let wait = TimeDelta::from_std(limits::take(&world.deps, &op, limit, b"somebody").await.unwrap().unwrap_err().wait).unwrap();
        let advance = |length: TimeDelta| [&world, &replica].map(|one| one.clock.advance(length));
        advance(wait - TimeDelta::seconds(1));
        assert!(limits::take(&replica.deps, &op, limit, b"somebody").await.unwrap().is_err(), "{limit:?} a second before {wait}");
        advance(TimeDelta::seconds(1));
        let mut again = 0;
        for _ in 0..taken + 3 {
            again += usize::from(limits::take(&world.deps, &op, limit, b"somebody").await.unwrap().is_ok());
        }
        assert_eq!(again, taken, "{limit:?} in the next span");
    }
}

#[tokio::test]
async fn of_two_hundred_tries_at_once_on_two_replicas_exactly_the_number_pass() {
    let world = World::new(WorldOptions::default()).await;
    let replica = World::on(world.database.clone(), WorldOptions::default()).await;
    for (limit, most) in [(Limit::PasswordsOfPerson, 10), (Limit::KeysFromAddress, 20), (Limit::UnverifiedWebhooksFromAddress, 100)] {
        let tries = (0..200).map(|number| {
            let one = if number % 2 == 0 { &world } else { &replica };
            let (deps, op) = (one.deps.clone(), one.visitor());
            tokio::spawn(async move {
                let taken = limits::take(&deps, &op, limit, b"somebody").await.unwrap().is_ok();
                (taken, op.allowances.narrowest().unwrap().remaining)
            })
        });
        let mut left = Vec::new();
        for one in tries.collect::<Vec<_>>() {
            let (taken, remaining) = one.await.unwrap();
            if taken {
                left.push(remaining);
            } else {
                assert_eq!(remaining, 0, "{limit:?}");
            }
        }
        left.sort_unstable();
        assert_eq!(left, (0..most).collect::<Vec<u32>>(), "{limit:?}: each was told its own number");
    }
}

/// Somebody's session, and what their programs ask with it.
async fn programs(world: &World, email: &str) -> (Viewer, Op) {
    let user = world.person(email).await;
    let data = serde_json::json!({ "user": user, "password_number": 0 });
    accounts::create_session(&world.deps, email.as_bytes(), Some(user), &data).await.unwrap();
    let viewer = Viewer::Session(accounts::session_hash(&world.deps, email.as_bytes()));
    (viewer, Op { address_pseudonym: Some(b"a place".to_vec()), is_counted: true, ..world.visitor() })
}

/// How many of as many requests at once are answered, and what each of those was told is left.
async fn ask_at_once(worlds: &[&World], viewer: Viewer, op: &Op, number: usize) -> Vec<u32> {
    let tries = (0..number).map(|number| {
        let (deps, op) = (worlds[number % worlds.len()].deps.clone(), Op { allowances: Allowances::default(), ..op.clone() });
        tokio::spawn(async move {
            let identity = accounts::identify(&deps, &op, &viewer).await.unwrap();
            assert!(identity.user.is_some() != identity.too_often.is_some());
            (identity.too_often.is_none(), op.allowances.narrowest().unwrap().remaining)
        })
    });
    let mut left = Vec::new();
    for one in tries.collect::<Vec<_>>() {
        let (is_answered, remaining) = one.await.unwrap();
        if is_answered {
            left.push(remaining);
        } else {
            assert_eq!(remaining, 0);
        }
    }
    left.sort_unstable();
    left
}

/// The rows where requests are counted are somebody else's, until it is rolled back.
async fn hold_counts(behind: &PgPool) -> Transaction<'static, Postgres> {
    let mut held = behind.begin().await.unwrap();
    sqlx::query("select from rate_limits for update").execute(&mut *held).await.unwrap();
    held
}

/// Backends of this database that wait for a lock.
async fn waiting(behind: &PgPool) -> Vec<i32> {
    sqlx::query_scalar("select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
        .fetch_all(behind)
        .await
        .unwrap()
}

/// The first one that does.
async fn until_one_waits(behind: &PgPool) -> i32 {
    loop {
        if let Some(pid) = waiting(behind).await.first() {
            return *pid;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn requests_that_are_counted_together_are_as_many_as_the_limit_over_replicas() {
    let world = World::new(WorldOptions::default()).await;
    let replica = World::on(world.database.clone(), WorldOptions::default()).await;
    let (viewer, op) = programs(&world, "noor@example.com").await;
    for (first, second) in [(30, 200), (130, 7)] {
        let mut left = ask_at_once(&[&world, &replica], viewer, &op, first).await;
        left.extend(ask_at_once(&[&replica, &world], viewer, &op, second).await);
        left.sort_unstable();
        assert_eq!(left, (0..100).collect::<Vec<u32>>(), "each was told its own number");
        for one in [&world, &replica] {
            one.clock.advance(TimeDelta::minutes(1));
        }
    }
}

#[tokio::test]
async fn a_client_that_asks_a_hundred_times_at_once_keeps_nobody_else_from_the_database() {
    let world = World::new(WorldOptions::default()).await;
    let (noor, op) = programs(&world, "noor@example.com").await;
    let (bruno, _) = programs(&world, "bruno@example.com").await;
    assert_eq!(ask_at_once(&[&world], noor, &op, 1).await, [99]);
    // As long as the row where she is counted is somebody else's, none of hers is answered.
    let behind = world.behind().await;
    let held = hold_counts(&behind).await;
    let connections = world.deps.database.pool().options().get_max_connections();
    let asking = tokio::spawn({
        let (deps, op) = (world.deps.clone(), op.clone());
        async move {
            let one = async || accounts::identify(&deps, &op, &noor).await.unwrap().user.is_some();
            futures::future::join_all((0..99).map(|_| one())).await
        }
    });
    until_one_waits(&behind).await;
    for _ in 0..connections {
        let identity = accounts::identify(&world.deps, &Op { is_counted: false, ..op.clone() }, &bruno).await.unwrap();
        assert!(identity.user.is_some());
    }
    assert_eq!(waiting(&behind).await.len(), 1, "one connection, for all of hers");
    held.rollback().await.unwrap();
    assert_eq!(asking.await.unwrap(), [true; 99]);
}

#[tokio::test]
async fn whoever_goes_away_while_it_counts_for_others_leaves_none_of_them_waiting() {
    let world = World::new(WorldOptions::default()).await;
    let (viewer, op) = programs(&world, "noor@example.com").await;
    assert_eq!(ask_at_once(&[&world], viewer, &op, 1).await, [99]);
    let behind = world.behind().await;
    let held = hold_counts(&behind).await;
    let ask = || {
        let (deps, op) = (world.deps.clone(), op.clone());
        tokio::spawn(async move { accounts::identify(&deps, &op, &viewer).await.unwrap().user.is_some() })
    };
    let first = ask();
    tokio::task::yield_now().await;
    let others: Vec<_> = (0..20).map(|_| ask()).collect();
    tokio::task::yield_now().await;
    first.abort();
    held.rollback().await.unwrap();
    for other in others {
        assert!(other.await.unwrap());
    }
}

#[tokio::test]
async fn requests_that_wait_for_a_statement_that_fails_fail_with_it() {
    let world = World::new(WorldOptions::default()).await;
    let (viewer, op) = programs(&world, "noor@example.com").await;
    assert_eq!(ask_at_once(&[&world], viewer, &op, 1).await, [99]);
    let behind = world.behind().await;
    let held = hold_counts(&behind).await;
    let asking: Vec<_> = (0..30)
        .map(|_| {
            let (deps, op) = (world.deps.clone(), op.clone());
            tokio::spawn(async move { accounts::identify(&deps, &op, &viewer).await.is_ok() })
        })
        .collect();
    let pid = until_one_waits(&behind).await;
    sqlx::query("select pg_cancel_backend($1)").bind(pid).execute(&behind).await.unwrap();
    for one in asking {
        assert!(!one.await.unwrap(), "each would have waited for the lock after the one before");
    }
    held.rollback().await.unwrap();
    assert_eq!(ask_at_once(&[&world], viewer, &op, 1).await, [98]);
}

#[tokio::test]
async fn passwords_cannot_be_guessed_at_for_long_and_the_owner_still_gets_in_from_elsewhere() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    let from = |place: &[u8]| Op { address_pseudonym: Some(place.to_vec()), ..world.visitor() };
    let form = |email: &str, password: &str| SignIn { email: email.to_owned(), password: password.to_owned().into(), device: None };
    for email in ["noor@example.com", "nobody@example.com"] {
        let mut refused = 0;
        let limited = loop {
            match accounts::sign_in(&world.deps, &from(b"a guesser"), &world.hasher, form(email, "guess")).await {
                Err(AccountError::Refused) => refused += 1,
                other => break other,
            }
        };
        assert!(matches!(limited, Err(AccountError::TooOften(too)) if too.wait.as_secs() > 0), "{email}: {limited:?}");
        assert_eq!(refused, 10, "{email}: the same whether there is an account or not");
    }
    let right = accounts::sign_in(&world.deps, &from(b"a guesser"), &world.hasher, form("noor@example.com", PASSWORD)).await;
    assert!(matches!(right, Err(AccountError::TooOften(_))), "not even the right one, from there");
    accounts::sign_in(&world.deps, &from(b"the owner"), &world.hasher, form("noor@example.com", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn mails_anybody_can_ask_for_stop_after_five_and_the_answer_does_not_change() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    for _ in 0..20 {
        accounts::request_reset(&world.deps, &world.visitor(), "noor@example.com").await.unwrap();
    }
    runner(&world).step().await.unwrap();
    let links: i64 = sqlx::query_scalar("select count(*) from user_tokens where purpose = 'reset_password'")
        .fetch_one(&world.behind().await)
        .await
        .unwrap();
    assert_eq!(links, 5, "whatever other mails went there");
}

#[tokio::test]
async fn syncs_by_hand_are_counted_for_the_person() {
    let (world, sandbox) = world().await;
    let noor = world.person("noor@example.com").await;
    let connection = connected(&world, noor).await;
    for _ in 0..50 {
        let early = calendar::sync_now(&world.deps, &world.as_user(noor), connection).await.unwrap();
        assert!(matches!(early, SyncNow::TooSoon { .. }), "asking too soon costs nothing");
    }
    advance(&world, &sandbox, TimeDelta::seconds(16));
    let mut answers = Vec::new();
    for _ in 0..25 {
        advance(&world, &sandbox, TimeDelta::seconds(1));
        answers.push(calendar::sync_now(&world.deps, &world.as_user(noor), connection).await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| **answer == SyncNow::Queued).count(), 20, "{answers:?}");
    assert!(matches!(answers[24], SyncNow::TooMany { seconds: 570..=600 }), "{answers:?}");
}
