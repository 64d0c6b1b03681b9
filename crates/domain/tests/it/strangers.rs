//! What strangers can make of the pages that need no account.

use chrono::TimeDelta;
use domain::accounts::{self, AccountError, SignIn, SignUp};
use domain::base::Op;
use domain::calendar::{CaldavForm, CaldavProblem};
use domain::testing::{PASSWORD, World, WorldOptions};
use serde_json::json;

use crate::support::runner;

fn sign_up(name: &str, email: &str) -> SignUp {
    SignUp { name: name.to_owned(), email: email.to_owned(), password: PASSWORD.to_owned().into(), zone: None }
}

fn from(world: &World, place: &str) -> Op {
    Op { address_pseudonym: Some(place.as_bytes().to_vec()), ..world.visitor() }
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&world.behind().await).await.unwrap()
}

#[tokio::test]
async fn one_place_makes_so_many_accounts_and_no_more_and_costs_no_hash_after_that() {
    let world = World::new(WorldOptions::default()).await;
    // With no hasher to be had, whoever is let through would be told so.
    let busy = domain::accounts::Hasher::new(1);
    let mut made = 0;
    let limited = loop {
        match accounts::sign_up(&world.deps, &from(&world, "a stranger"), &busy, sign_up("A", &format!("somebody{made}@example.com"))).await
        {
            Ok(()) => made += 1,
            other => break other,
        }
    };
    assert!(matches!(limited, Err(AccountError::TooOften(_))), "{limited:?}");
    assert_eq!(made, 20);
    accounts::sign_up(&world.deps, &from(&world, "somebody else"), &busy, sign_up("B", "b@example.com")).await.unwrap();
}

#[tokio::test]
async fn one_address_gets_so_many_mails_from_all_places_together() {
    let world = World::new(WorldOptions::default()).await;
    for place in 0..30 {
        accounts::sign_up(&world.deps, &from(&world, &place.to_string()), &world.hasher, sign_up("A", "noor@example.com")).await.unwrap();
    }
    runner(&world).step().await.unwrap();
    assert_eq!(world.mails().len(), 5);
}

#[tokio::test]
async fn a_mail_to_an_address_that_nobody_confirmed_holds_no_word_of_who_typed_it() {
    let world = World::new(WorldOptions::default()).await;
    let form = sign_up("Win a prize at https://evil.example", "noor@example.com");
    accounts::sign_up(&world.deps, &world.visitor(), &world.hasher, form).await.unwrap();
    accounts::request_reset(&world.deps, &world.visitor(), "noor@example.com").await.unwrap();
    accounts::sign_up(&world.deps, &world.visitor(), &world.hasher, sign_up("Again, evil.example", "noor@example.com")).await.unwrap();
    runner(&world).step().await.unwrap();
    let mails = world.mails();
    assert_eq!(mails.len(), 3, "{mails:?}");
    for mail in mails {
        assert!(mail.text.starts_with("Hello,\n") && !mail.text.contains("evil"), "{}", mail.text);
    }
}

#[tokio::test]
async fn an_account_that_nobody_confirms_is_gone_after_a_week_and_a_confirmed_one_stays() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    accounts::sign_up(&world.deps, &world.visitor(), &world.hasher, sign_up("A", "stranger@example.com")).await.unwrap();
    world.clock.advance(TimeDelta::days(6));
    domain::upkeep::purge_expired(&world.deps, &domain::Op::job(world.deps.new_request_id(), None)).await.unwrap();
    assert_eq!(count(&world, "select count(*) from users").await, 2);
    world.clock.advance(TimeDelta::days(2));
    domain::upkeep::purge_expired(&world.deps, &domain::Op::job(world.deps.new_request_id(), None)).await.unwrap();
    assert_eq!(count(&world, "select count(*) from users").await, 1);
    assert_eq!(count(&world, "select count(*) from data_keys").await, 1);
}

#[tokio::test]
async fn an_address_with_an_account_and_one_without_are_the_same_work() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    runner(&world).step().await.unwrap();
    let mut work = Vec::new();
    for email in ["noor@example.com", "nobody@example.com"] {
        let before = (
            count(&world, "select count(*) from audit_events").await,
            count(&world, "select count(*) from graphile_worker._private_jobs").await,
            count(&world, "select count(*) from user_tokens").await,
        );
        accounts::request_reset(&world.deps, &world.visitor(), email).await.unwrap();
        work.push((
            count(&world, "select count(*) from audit_events").await - before.0,
            count(&world, "select count(*) from graphile_worker._private_jobs").await - before.1,
            count(&world, "select count(*) from user_tokens").await - before.2,
        ));
    }
    assert_eq!(work, [(1, 1, 0), (1, 1, 0)]);
    runner(&world).step().await.unwrap();
    assert_eq!(world.mails().iter().filter(|mail| mail.subject.contains("new password")).count(), 1);
}

#[tokio::test]
async fn strangers_who_guess_from_many_places_do_not_lock_the_owners_own_browser_out() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    let form = |password: &str, device: Option<String>| SignIn {
        email: "noor@example.com".to_owned(),
        password: password.to_owned().into(),
        device,
    };
    world.person("bruno@example.com").await;
    let known = accounts::sign_in(&world.deps, &from(&world, "home"), &world.hasher, form(PASSWORD, None)).await.unwrap();
    let device = Some(known.device);
    let other = SignIn { email: "bruno@example.com".to_owned(), password: PASSWORD.to_owned().into(), device: None };
    let others = accounts::sign_in(&world.deps, &from(&world, "home"), &world.hasher, other).await.unwrap().device;
    let mut limited = 0;
    for guess in 0..130 {
        let answer = accounts::sign_in(&world.deps, &from(&world, &(guess / 9).to_string()), &world.hasher, form("guess", None)).await;
        limited += usize::from(matches!(answer, Err(AccountError::TooOften(_))));
    }
    assert_eq!(limited, 31, "a hundred of them from anywhere, one of which was the owner");
    let elsewhere = accounts::sign_in(&world.deps, &from(&world, "new place"), &world.hasher, form(PASSWORD, None)).await;
    assert!(matches!(elsewhere, Err(AccountError::TooOften(_))));
    let again = accounts::sign_in(&world.deps, &from(&world, "0"), &world.hasher, form(PASSWORD, device.clone())).await.unwrap();
    assert_eq!(Some(again.device), device, "with another each time, its tries would never be counted together");
    // It is for that account alone, and guesses made with it are counted too.
    let mut forged = device.clone().unwrap();
    forged.replace_range(30..31, if &forged[30..31] == "A" { "B" } else { "A" });
    for useless in [Some(others), Some(forged), Some("rubbish".to_owned())] {
        let answer = accounts::sign_in(&world.deps, &from(&world, "new place"), &world.hasher, form(PASSWORD, useless)).await;
        assert!(matches!(answer, Err(AccountError::TooOften(_))));
    }
    let mut guesses = 0;
    while !matches!(
        accounts::sign_in(&world.deps, &from(&world, "stolen"), &world.hasher, form("guess", device.clone())).await,
        Err(AccountError::TooOften(_))
    ) {
        guesses += 1;
    }
    assert_eq!(guesses, 9);
}

#[tokio::test]
async fn a_sign_in_that_checked_the_old_password_just_before_a_reset_gets_no_session_after_it() {
    let world = World::new(WorldOptions::default()).await;
    let user = world.person("noor@example.com").await;
    let form = SignIn { email: "noor@example.com".to_owned(), password: PASSWORD.to_owned().into(), device: None };
    let checked = accounts::sign_in(&world.deps, &world.visitor(), &world.hasher, form).await.unwrap();
    let text = reset_link(&world, user).await;
    accounts::reset(&world.deps, &world.visitor(), &world.hasher, &text, "openings-between".to_owned().into()).await.unwrap();
    // The session is begun only now, with what was checked before.
    let data = json!({ "user": user, "password_number": checked.password_number });
    assert!(accounts::create_session(&world.deps, b"late", Some(user), &data).await.unwrap());
    assert!(accounts::find_session(&world.deps, b"late").await.unwrap().is_none());
    let fresh = json!({ "user": user, "password_number": checked.password_number + 1 });
    accounts::create_session(&world.deps, b"fresh", Some(user), &fresh).await.unwrap();
    assert!(accounts::find_session(&world.deps, b"fresh").await.unwrap().is_some());
}

#[tokio::test]
async fn passwords_at_one_account_of_a_server_are_counted_whoever_tries_them() {
    let (world, sandbox) = crate::support::world().await;
    let mut refused = 0;
    for number in 0..5 {
        let user = world.person(&format!("p{number}@example.com")).await;
        for guess in 0..6 {
            let form = CaldavForm {
                server: sandbox.base_url(),
                username: sandbox::CALDAV_USERNAME.to_owned(),
                password: format!("guess{guess}").into(),
            };
            match domain::calendar::connect_caldav(&world.deps, &world.as_user(user), form).await {
                Err(CaldavProblem::Refused) => refused += 1,
                Err(CaldavProblem::TooOften(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(refused, 20);
}

#[tokio::test]
async fn a_known_browser_is_a_stranger_after_a_reset() {
    let world = World::new(WorldOptions::default()).await;
    let user = world.person("noor@example.com").await;
    let form = |password: &str, device: Option<String>| SignIn {
        email: "noor@example.com".to_owned(),
        password: password.to_owned().into(),
        device,
    };
    let stolen = accounts::sign_in(&world.deps, &from(&world, "thief"), &world.hasher, form(PASSWORD, None)).await.unwrap().device;
    accounts::reset(&world.deps, &world.visitor(), &world.hasher, &reset_link(&world, user).await, "openings-between".to_owned().into())
        .await
        .unwrap();
    let mut guesses = 0;
    while !matches!(
        accounts::sign_in(&world.deps, &from(&world, "thief"), &world.hasher, form("guess", Some(stolen.clone()))).await,
        Err(AccountError::TooOften(_))
    ) {
        guesses += 1;
    }
    assert_eq!(guesses, 9, "counted with the sign-in before, as anybody's from there");
    let elsewhere = accounts::sign_in(&world.deps, &from(&world, "thief"), &world.hasher, form("openings-between", Some(stolen))).await;
    assert!(matches!(elsewhere, Err(AccountError::TooOften(_))));
}

/// A link to set a new password, as it is mailed.
async fn reset_link(world: &World, user: types::UserId) -> String {
    let purpose = domain::jobs::LinkPurpose::ResetPassword;
    accounts::make_link(&world.deps, &world.as_user(user), Some(user), purpose).await.unwrap();
    let token: uuid::Uuid =
        sqlx::query_scalar("select id from user_tokens where purpose = 'reset_password' order by created_at desc limit 1")
            .fetch_one(&world.behind().await)
            .await
            .unwrap();
    accounts::link_text(&world.deps, user, types::UserTokenId(token), purpose)
}

#[tokio::test]
async fn a_link_that_is_used_up_costs_no_hash_and_new_passwords_are_counted() {
    let world = World::new(WorldOptions::default()).await;
    let user = world.person("noor@example.com").await;
    let link = reset_link(&world, user).await;
    let reset = async |op: &Op, password: &str| accounts::reset(&world.deps, op, &world.hasher, &link, password.to_owned().into()).await;
    // Judged while the link lives, and said so.
    assert!(matches!(reset(&world.visitor(), "password1").await, Err(AccountError::Invalid(_))));
    reset(&world.visitor(), "openings-between").await.unwrap();
    assert!(matches!(reset(&world.visitor(), "password1").await, Err(AccountError::LinkDead)), "not even judged");
    let mut sent = 0;
    let place = from(&world, "a stranger");
    while !matches!(reset(&place, "openings-between").await, Err(AccountError::TooOften(_))) {
        sent += 1;
    }
    assert_eq!(sent, 100);
    // The same for sign-ups that come to nothing.
    let weak = SignUp { password: "password1".to_owned().into(), ..sign_up("A", "somebody@example.com") };
    assert!(matches!(accounts::sign_up(&world.deps, &place, &world.hasher, weak).await, Err(AccountError::TooOften(_))));
}

#[tokio::test]
async fn mails_that_are_never_sent_do_not_use_up_those_that_let_the_owner_in() {
    let world = World::new(WorldOptions::default()).await;
    world.person("noor@example.com").await;
    for place in 0..9 {
        accounts::resend(&world.deps, &from(&world, &place.to_string()), "noor@example.com").await.unwrap();
        accounts::sign_up(&world.deps, &from(&world, &place.to_string()), &world.hasher, sign_up("A", "noor@example.com")).await.unwrap();
    }
    accounts::request_reset(&world.deps, &from(&world, "the owner"), "noor@example.com").await.unwrap();
    runner(&world).step().await.unwrap();
    assert_eq!(world.mails().iter().filter(|mail| mail.subject.contains("new password")).count(), 1);
}
