//! Limits hold over replicas, refill evenly, and say how long to wait.

use chrono::TimeDelta;
use domain::accounts::{self, AccountError, SignIn};
use domain::calendar::{self, SyncNow};
use domain::limits::{self, Limit};
use domain::testing::{PASSWORD, World, WorldOptions};

use crate::support::{advance, connected, runner, world};

#[tokio::test]
async fn a_bucket_holds_its_number_over_replicas_and_refills_one_by_one() {
    let world = World::new(WorldOptions::default()).await;
    let replica = World::on(world.database.clone(), WorldOptions::default()).await;
    for limit in Limit::ALL {
        let mut taken = 0;
        for round in 0..500 {
            let deps = if round % 2 == 0 { &world.deps } else { &replica.deps };
            taken += usize::from(limits::take(deps, limit, b"somebody").await.unwrap().is_ok());
        }
        assert!((5..=100).contains(&taken), "{limit:?} let {taken} through");
        assert!(limits::take(&world.deps, limit, b"somebody else").await.unwrap().is_ok(), "{limit:?} is for one key");
        let wait = limits::take(&world.deps, limit, b"somebody").await.unwrap().unwrap_err().wait;
        let step = TimeDelta::from_std(wait).unwrap();
        for one in [&world, &replica] {
            one.clock.advance(step);
        }
        assert!(limits::take(&world.deps, limit, b"somebody").await.unwrap().is_ok(), "{limit:?} after {step}");
        assert!(limits::take(&replica.deps, limit, b"somebody").await.unwrap().is_err(), "{limit:?} gave one and no more");
    }
}

#[tokio::test]
async fn of_a_hundred_tries_at_once_no_more_than_the_number_pass() {
    let world = World::new(WorldOptions::default()).await;
    let tries = (0..100).map(|_| {
        let deps = world.deps.clone();
        tokio::spawn(async move { limits::take(&deps, Limit::PasswordsOfPerson, b"somebody").await.unwrap().is_ok() })
    });
    let mut passed = 0;
    for one in tries.collect::<Vec<_>>() {
        passed += usize::from(one.await.unwrap());
    }
    assert_eq!(passed, 10);
}

#[tokio::test]
async fn passwords_cannot_be_guessed_at_for_long_and_the_owner_still_gets_in_from_elsewhere() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    let from = |place: &[u8]| domain::Op { address_pseudonym: Some(place.to_vec()), ..world.visitor() };
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
    assert!(matches!(answers[24], SyncNow::TooMany { seconds: 1..=30 }), "{answers:?}");
}
