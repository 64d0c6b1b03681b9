//! The life of channels: opened, renewed, replaced, closed.

use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar;
use sandbox::{Fault, FaultKind, Route};

use super::{GOOGLE, OUTLOOK, Scene, channel_ids};

#[tokio::test]
async fn channels_at_google_are_replaced_before_they_end_and_there_is_never_none() {
    is_renewed(&Scene::google().await, 3, Scene::google_channels).await;
}

#[tokio::test]
async fn subscriptions_at_outlook_are_extended_before_they_end_and_there_is_never_none() {
    is_renewed(&Scene::outlook().await, 2, Scene::subscriptions).await;
}

/// For twenty days, in which each ends at least twice.
async fn is_renewed(scene: &Scene, counting: usize, living: impl Fn(&Scene) -> Vec<DateTime<Utc>>) {
    for _ in 0..(20 * 4) {
        scene.pass(TimeDelta::hours(6)).await;
        scene.site.sandbox.deliver().await;
        let living = living(scene);
        assert!(living.iter().filter(|end| **end > scene.now()).count() >= counting, "{living:?} at {}", scene.now());
    }
    assert_eq!(living(scene).len(), counting, "old ones are closed");
    assert_eq!(scene.open_channels().await, i64::try_from(counting).unwrap());
}

#[tokio::test]
async fn unticking_a_calendar_closes_its_channel_and_disconnecting_all_before_consent_is_given_back() {
    let scene = Scene::google().await;
    let op = scene.site.world.as_user(scene.user);
    let primary: uuid::Uuid =
        sqlx::query_scalar("select id from calendars where is_primary").fetch_one(&scene.site.world.behind().await).await.unwrap();
    calendar::choose_calendars(&scene.site.world.deps, &op, scene.connection, &[types::CalendarId(primary)]).await.unwrap();
    scene.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.google_channels().len(), 1);
    scene.add("Too late");
    // The access token has run out, so stopping needs another.
    scene.site.world.clock.advance(TimeDelta::hours(2));
    scene.site.sandbox.clock().advance(TimeDelta::hours(2));
    let done = calendar::disconnect(&scene.site.world.deps, &op, calendar::Which::All).await.unwrap();
    assert_eq!((done.removed, done.not_revoked), (1, 0));
    assert!(scene.google_channels().is_empty());
    assert!(!scene.site.sandbox.google(|google| google.has_grant(GOOGLE)));
    assert_eq!(scene.site.sandbox.deliver().await, [200], "an orphan is answered and dropped");
    assert_eq!(scene.number("select count(*) from calendar_channels").await, 0);
}

#[tokio::test]
async fn disconnecting_outlook_deletes_its_subscriptions() {
    let scene = Scene::outlook().await;
    assert_eq!(scene.subscriptions().len(), 2);
    calendar::disconnect(&scene.site.world.deps, &scene.site.world.as_user(scene.user), calendar::Which::All).await.unwrap();
    assert!(scene.subscriptions().is_empty());
}

#[tokio::test]
async fn consent_given_anew_opens_new_channels_and_closes_those_of_the_old_one() {
    let scene = Scene::google().await;
    let before = channel_ids(&scene).await;
    scene.site.connect_google(&scene.cookie).await;
    scene.settle().await;
    let after = channel_ids(&scene).await;
    assert_eq!(after.len(), 3);
    assert!(before.iter().all(|id| !after.contains(id)));
    assert_eq!(scene.google_channels().len(), 3);
}

#[tokio::test]
async fn a_channel_whose_opening_was_never_answered_is_known_by_its_first_message_and_closed() {
    let scene = Scene::begin(async |site, cookie| {
        site.sandbox.inject(Fault::next(Route::GoogleWatch, 1, FaultKind::AnswerLost));
        site.connect_google(cookie).await
    })
    .await;
    scene.settle().await;
    for _ in 0..5 {
        scene.pass(TimeDelta::minutes(8)).await;
        scene.site.sandbox.deliver().await;
    }
    assert_eq!(scene.open_channels().await, 3);
    assert_eq!(scene.google_channels().len(), 3, "nothing is left behind there");
}

#[tokio::test]
async fn a_calendar_that_cannot_be_watched_is_read_at_intervals() {
    let scene = Scene::begin(async |site, cookie| {
        let kind = FaultKind::Status { status: 400, reason: "pushNotSupportedForRequestedResource".to_owned(), retry_after: None };
        site.sandbox.inject(Fault::next(Route::GoogleWatch, 1, kind));
        site.connect_google(cookie).await
    })
    .await;
    scene.settle().await;
    assert_eq!(scene.open_channels().await, 2);
    assert!(scene.next_read().await <= TimeDelta::minutes(5));
    let asked = scene.site.sandbox.calls(Route::GoogleWatch);
    scene.pass(TimeDelta::hours(3)).await;
    assert_eq!(scene.site.sandbox.calls(Route::GoogleWatch), asked, "not asked again at every read");
    scene.pass(TimeDelta::hours(22)).await;
    scene.site.sandbox.deliver().await;
    assert_eq!(scene.open_channels().await, 3, "asked again on the next day");
}

#[tokio::test]
async fn a_provider_that_is_down_is_asked_for_channels_again_when_it_is_back_and_reads_go_on() {
    let scene = Scene::begin(async |site, cookie| {
        let kind = FaultKind::Status { status: 503, reason: "backendError".to_owned(), retry_after: Some(1_200) };
        site.sandbox.inject(Fault::next(Route::GoogleWatch, 9, kind));
        site.connect_google(cookie).await
    })
    .await;
    scene.step().await;
    assert_eq!((scene.open_channels().await, scene.reads().await), (0, 1));
    let asked = scene.site.sandbox.calls(Route::GoogleWatch);
    scene.pass(TimeDelta::minutes(15)).await;
    assert_eq!(scene.site.sandbox.calls(Route::GoogleWatch), asked, "not before the provider said");
    scene.site.sandbox.heal();
    for _ in 0..8 {
        scene.pass(TimeDelta::minutes(10)).await;
        scene.site.sandbox.deliver().await;
    }
    assert_eq!(scene.open_channels().await, 3);
}

#[tokio::test]
async fn a_replacement_that_is_refused_leaves_the_channel_that_works() {
    let scene = Scene::google().await;
    let kind = FaultKind::Status { status: 400, reason: "push.webhookUrlNotHttps".to_owned(), retry_after: None };
    scene.site.sandbox.inject(Fault::next(Route::GoogleWatch, 50, kind));
    for _ in 0..26 {
        scene.pass(TimeDelta::hours(6)).await;
    }
    assert!(scene.site.sandbox.calls(Route::GoogleWatch) > 3, "it was tried");
    assert_eq!(scene.google_channels().iter().filter(|end| **end > scene.now()).count(), 3);
    scene.add("Still told of");
    scene.site.sandbox.deliver().await;
    scene.pass(TimeDelta::seconds(20)).await;
    assert!(scene.shows("Still told of").await);
    scene.site.sandbox.heal();
    for _ in 0..8 {
        scene.pass(TimeDelta::hours(6)).await;
        scene.site.sandbox.deliver().await;
    }
    assert_eq!(scene.open_channels().await, 3);
}

#[tokio::test]
async fn a_subscription_that_ended_without_a_word_is_made_anew_and_tells_again() {
    let scene = Scene::outlook().await;
    scene.site.sandbox.microsoft(|microsoft| microsoft.lose_subscriptions(OUTLOOK));
    scene.pass(TimeDelta::days(6)).await;
    scene.pass(TimeDelta::minutes(1)).await;
    assert_eq!(scene.subscriptions().len(), 2);
    assert_eq!(scene.open_channels().await, 2);
    scene.add_outlook("After the gap");
    scene.site.sandbox.deliver().await;
    scene.pass(TimeDelta::seconds(20)).await;
    assert!(scene.shows("After the gap").await);
}

#[tokio::test]
async fn who_asks_us_to_wait_is_asked_for_no_other_channel_either() {
    let scene = Scene::begin(async |site, cookie| {
        let kind = FaultKind::Status { status: 403, reason: "rateLimitExceeded".to_owned(), retry_after: Some(3_600) };
        site.sandbox.inject(Fault::next(Route::GoogleWatch, 1, kind));
        site.connect_google(cookie).await
    })
    .await;
    scene.step().await;
    assert_eq!(scene.site.sandbox.calls(Route::GoogleWatch), 1);
    for _ in 0..10 {
        scene.pass(TimeDelta::minutes(5)).await;
    }
    assert_eq!(scene.site.sandbox.calls(Route::GoogleWatch), 1);
    scene.pass(TimeDelta::minutes(15)).await;
    scene.site.sandbox.deliver().await;
    assert_eq!(scene.open_channels().await, 3);
}

#[tokio::test]
async fn what_is_disconnected_or_connected_anew_during_an_opening_leaves_no_channel_behind() {
    for anew in [false, true] {
        let scene = Scene::begin(async |site, cookie| {
            let connection = site.connect_google(cookie).await;
            site.sandbox.inject(Fault::next(Route::GoogleWatch, 1, FaultKind::Slow(std::time::Duration::from_secs(3))));
            connection
        })
        .await;
        let meanwhile = async {
            while scene.site.sandbox.calls(Route::GoogleWatch) == 0 {
                tokio::task::yield_now().await;
            }
            if anew {
                scene.site.connect_google(&scene.cookie).await;
            } else {
                calendar::disconnect(&scene.site.world.deps, &scene.site.world.as_user(scene.user), calendar::Which::All).await.unwrap();
            }
        };
        tokio::join!(scene.step(), meanwhile);
        for _ in 0..4 {
            scene.pass(TimeDelta::minutes(10)).await;
            scene.site.sandbox.deliver().await;
        }
        assert_eq!(scene.google_channels().len(), if anew { 3 } else { 0 }, "anew: {anew}");
        assert_eq!(scene.open_channels().await, if anew { 3 } else { 0 });
    }
}
