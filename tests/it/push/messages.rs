//! What arrives, and what is made of it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use domain::testing::Traffic;
use sandbox::{Delivery, Fault, FaultKind, Route};

use super::{GOOGLE, OUTLOOK, Scene, channel_ids};
use crate::support::{WEBHOOK_TOKEN, exchange};

#[tokio::test]
async fn a_change_at_google_is_seen_within_seconds_without_anybody_asking() {
    let scene = Scene::google().await;
    assert_eq!(scene.open_channels().await, 3, "one for each calendar that counts");
    assert!(scene.next_read().await > TimeDelta::minutes(7), "what is told of is read less often");
    scene.add("Told by push");
    assert_eq!(scene.site.sandbox.deliver().await, [200]);
    scene.pass(TimeDelta::seconds(15)).await;
    assert!(scene.shows("Told by push").await);
}

#[tokio::test]
async fn a_change_at_outlook_is_seen_within_seconds_without_anybody_asking() {
    let scene = Scene::outlook().await;
    assert_eq!(scene.open_channels().await, 2);
    scene.add_outlook("Told by Graph");
    assert_eq!(scene.site.sandbox.deliver().await, [202]);
    scene.pass(TimeDelta::seconds(15)).await;
    assert!(scene.shows("Told by Graph").await);
}

#[tokio::test]
async fn a_thousand_pushes_at_once_and_a_thousand_more_meanwhile_ask_for_few_reads() {
    let scene = Scene::google().await;
    let before = scene.reads().await;
    for round in 0..2 {
        for number in 0..1_000 {
            scene.add(&format!("Burst {round} {number}"));
        }
        let statuses = scene.site.sandbox.deliver().await;
        assert!(statuses.len() == 1_000 && statuses.iter().all(|status| *status == 200));
        scene.pass(TimeDelta::seconds(6)).await;
    }
    scene.pass(TimeDelta::minutes(1)).await;
    let reads = scene.reads().await - before;
    assert!((1..=3).contains(&reads), "{reads} reads");
    assert!(scene.shows("Burst 0 0").await && scene.shows("Burst 1 999").await);
    let entries = scene.number("select count(*) from audit_events where action = 'channel.heard'").await;
    assert!(entries <= reads, "{entries} entries for {reads} reads");
}

#[tokio::test]
async fn a_push_with_news_costs_two_statements_and_one_that_says_nothing_new_costs_one() {
    let scene = Scene::google_on_a_wire().await;
    let heard = async || scene.number("select count(*) from audit_events where action = 'channel.heard'").await;
    // The first prepares the statements.
    scene.add("First");
    assert_eq!(scene.site.sandbox.deliver().await, [200]);
    scene.pass(TimeDelta::minutes(1)).await;
    let before = heard().await;
    scene.site.traffic().await;
    scene.add("News");
    assert_eq!(scene.site.sandbox.deliver().await, [200]);
    assert_eq!((heard().await, scene.site.traffic().await), (before + 1, Traffic { statements: 2, releases: 2, prepared: 0 }));
    scene.add("Asked for already");
    assert_eq!(scene.site.sandbox.deliver().await, [200]);
    assert_eq!((heard().await, scene.site.traffic().await), (before + 1, Traffic { statements: 1, releases: 1, prepared: 0 }));
}

#[tokio::test]
async fn pushes_in_parallel_ask_once() {
    let scene = Scene::google().await;
    scene.add("Once");
    let before = scene.number("select count(*) from audit_events where action = 'channel.heard'").await;
    scene.site.sandbox.set_delivery(Delivery::Twice);
    scene.add("Twice");
    let deliveries = futures::future::join_all((0..20).map(|_| {
        scene.add("Again");
        scene.site.sandbox.deliver()
    }));
    assert!(deliveries.await.concat().iter().all(|status| *status == 200));
    assert_eq!(scene.number("select count(*) from audit_events where action = 'channel.heard'").await - before, 1);
}

#[tokio::test]
async fn late_twice_out_of_order_or_never_the_day_ends_up_the_same() {
    for delivery in Delivery::ALL {
        let scene = Scene::google().await;
        let first = scene.add("Cancelled soon");
        scene.site.sandbox.deliver().await;
        scene.pass(TimeDelta::minutes(1)).await;
        scene.site.sandbox.set_delivery(delivery);
        scene.add("Stays");
        scene.site.sandbox.google(|google| google.cancel_event(GOOGLE, GOOGLE, &first));
        if delivery == Delivery::Late {
            scene.pass(TimeDelta::minutes(3)).await;
        }
        scene.site.sandbox.deliver().await;
        // What was delivered is seen at once; what was not is found by the read at intervals.
        let is_told = !matches!(delivery, Delivery::Misdirected | Delivery::Lost);
        scene.pass(if is_told { TimeDelta::seconds(20) } else { TimeDelta::minutes(16) }).await;
        assert!(scene.shows("Stays").await && !scene.shows("Cancelled soon").await, "{delivery:?}");
    }
}

#[tokio::test]
async fn a_push_to_the_wrong_channel_is_taken_and_changes_nothing() {
    for scene in [Scene::google().await, Scene::outlook().await] {
        scene.site.sandbox.set_delivery(Delivery::Misdirected);
        let audited = scene.number("select count(*) from audit_events").await;
        if scene.google_channels().is_empty() {
            scene.add_outlook("Elsewhere");
        } else {
            scene.add("Elsewhere");
        }
        assert!(scene.site.sandbox.deliver().await.iter().all(|status| *status < 300));
        assert_eq!(scene.number("select count(*) from audit_events").await, audited);
        assert_eq!(scene.number("select count(*) from calendar_connections where asked_at is not null").await, 0);
    }
}

#[tokio::test]
async fn a_silent_channel_is_noticed_what_it_kept_back_is_read_and_another_takes_its_place() {
    let scene = Scene::google().await;
    scene.site.sandbox.set_delivery(Delivery::Lost);
    scene.add("Never told of");
    scene.site.sandbox.deliver().await;
    scene.pass(TimeDelta::minutes(15)).await;
    assert!(scene.shows("Never told of").await, "found by the read at intervals");
    assert!(scene.next_read().await <= TimeDelta::minutes(5), "nothing is left to a channel that is silent");
    let first: Vec<uuid::Uuid> = channel_ids(&scene).await;
    scene.site.sandbox.set_delivery(Delivery::InTime);
    for _ in 0..12 {
        scene.pass(TimeDelta::minutes(6)).await;
        scene.site.sandbox.deliver().await;
    }
    let later = channel_ids(&scene).await;
    assert_eq!(later.len(), 3);
    assert_eq!(first.iter().filter(|id| later.contains(id)).count(), 2, "the silent one was replaced, and no other");
    assert_eq!(scene.google_channels().len(), 3);
    scene.pass(TimeDelta::minutes(6)).await;
    assert!(scene.next_read().await > TimeDelta::minutes(7));
}

#[tokio::test]
async fn graph_is_answered_when_it_asks_for_reauthorization_ends_a_subscription_or_lost_a_message() {
    let scene = Scene::outlook().await;
    let tell = async |event: &str| {
        scene.site.sandbox.microsoft(|microsoft| microsoft.push_lifecycle(OUTLOOK, event));
        assert_eq!(scene.site.sandbox.deliver().await, [202, 202]);
    };
    let before = scene.subscriptions();
    scene.pass(TimeDelta::hours(5)).await;
    tell("reauthorizationRequired").await;
    scene.step().await;
    let renewed = scene.subscriptions();
    assert!(renewed.iter().zip(&before).all(|(new, old)| new > old), "{renewed:?} {before:?}");
    tell("subscriptionRemoved").await;
    assert!(scene.subscriptions().is_empty());
    scene.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.subscriptions().len(), 2);
    assert_eq!(scene.open_channels().await, 2);
    scene.pass(TimeDelta::minutes(1)).await;
    let reads = scene.reads().await;
    tell("missed").await;
    scene.pass(TimeDelta::minutes(1)).await;
    assert!(scene.reads().await > reads);
}

#[tokio::test]
async fn news_do_not_hurry_a_provider_that_asked_us_to_wait() {
    let scene = Scene::google().await;
    let kind = FaultKind::Status { status: 429, reason: "rateLimitExceeded".to_owned(), retry_after: Some(600) };
    scene.site.sandbox.inject(Fault::next(Route::GoogleEvents, 1, kind));
    scene.add("Refused at first");
    scene.site.sandbox.deliver().await;
    scene.pass(TimeDelta::seconds(40)).await;
    let calls = scene.site.sandbox.calls(Route::GoogleEvents);
    scene.add("More news");
    scene.site.sandbox.deliver().await;
    scene.pass(TimeDelta::minutes(5)).await;
    assert_eq!(scene.site.sandbox.calls(Route::GoogleEvents), calls);
    scene.pass(TimeDelta::minutes(6)).await;
    assert!(scene.shows("More news").await && scene.shows("Refused at first").await);
}

#[tokio::test]
async fn a_push_that_was_decided_before_the_connection_changed_is_decided_anew() {
    type Seen = (String, i32, Option<DateTime<Utc>>, Option<DateTime<Utc>>, Option<DateTime<Utc>>);
    let scene = Scene::google().await;
    let behind = scene.site.world.behind().await;
    let sql = "select status, attempts, next_attempt_at, asked_at, read_began_at from calendar_connections where id = $1";
    let seen: Seen = sqlx::query_as(sql).bind(scene.connection.0).fetch_one(&behind).await.unwrap();
    let taken = async || {
        let (status, attempts, next_attempt_at, asked_at, read_began_at) = seen.clone();
        let sql =
            "select kairos_notified($1, (select id from calendar_channels limit 1), $2, $3, $4, $5, $6, $7, null, null, $8, null, null)";
        sqlx::query_scalar::<_, String>(sql)
            .bind(scene.user.0)
            .bind(scene.connection.0)
            .bind(status)
            .bind(attempts)
            .bind(next_attempt_at)
            .bind(asked_at)
            .bind(read_began_at)
            .bind(scene.now())
            .fetch_one(&behind)
            .await
            .unwrap()
    };
    assert_eq!(taken().await, "done");
    // A sync that ended in between: the provider asked for a pause, or the consent is gone.
    for change in [
        "update calendar_connections set attempts = attempts + 1",
        "update calendar_connections set next_attempt_at = next_attempt_at + interval '1 hour'",
        "update calendar_connections set status = 'degraded'",
        "update calendar_connections set asked_at = now() + interval '1 hour'",
        "update calendar_connections set read_began_at = now() + interval '1 hour'",
    ] {
        sqlx::query(change).execute(&behind).await.unwrap();
        assert_eq!(taken().await, "changed", "{change}");
        let back = "update calendar_connections set status = $2, attempts = $3, next_attempt_at = $4, asked_at = $5, read_began_at = $6 where id = $1";
        let (status, attempts, next_attempt_at, asked_at, read_began_at) = seen.clone();
        let query = sqlx::query(back).bind(scene.connection.0).bind(status).bind(attempts).bind(next_attempt_at);
        query.bind(asked_at).bind(read_began_at).execute(&behind).await.unwrap();
        assert_eq!(taken().await, "done");
    }
}

#[tokio::test]
async fn a_secret_of_one_provider_opens_nothing_at_the_address_of_the_other() {
    let scene = Scene::google().await;
    let secrets = scene.site.sandbox.google(|google| google.channel_secrets());
    let body = serde_json::json!({ "value": [{ "clientState": secrets[0], "lifecycleEvent": "subscriptionRemoved" }] }).to_string();
    let request = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from(body)).unwrap();
    assert_eq!(exchange(&scene.site.router, request).await.status, StatusCode::ACCEPTED);
    assert_eq!(scene.open_channels().await, 3);
}

#[tokio::test]
async fn a_push_while_the_database_is_away_is_to_come_again_and_is_acted_on_then() {
    let scene = Scene::google().await;
    scene.add("Told twice");
    scene.site.sandbox.set_delivery(Delivery::Twice);
    scene.site.world.database.cut().await;
    let statuses = scene.site.sandbox.deliver().await;
    assert!(statuses.iter().all(|status| *status == 503), "{statuses:?}");
    scene.site.world.database.restore().await;
    scene.add("Told again");
    // Each connection of the pool finds out by itself that it was cut.
    for _ in 0..10 {
        scene.add("And again");
        scene.site.sandbox.deliver().await;
    }
    scene.pass(TimeDelta::seconds(40)).await;
    assert!(scene.shows("Told twice").await && scene.shows("Told again").await);
}
