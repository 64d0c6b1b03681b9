//! Push: a change there is seen here without anybody asking, and nothing that can go wrong on the way loses or invents one.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Recovery, Runner};
use domain::{accounts, calendar};
use kairos::dispatch::Dispatcher;
use sandbox::{Delivery, EventDraft, Fault, FaultKind, OutlookDraft, Route};
use types::{ConnectionId, Role, UserId};

use crate::support::{Site, WEBHOOK_TOKEN, exchange, send, site, site_with_push};

const GOOGLE: &str = "noor.haddad@example.com";
const OUTLOOK: &str = "mira.okafor@contoso.example";

struct Scene {
    site: Site,
    runner: Runner,
    user: UserId,
    cookie: String,
    connection: ConnectionId,
}

impl Scene {
    /// Connected, read, and its channels open; what the stand-in says about that is delivered.
    async fn google() -> Self {
        let scene = Self::begin(async |site, cookie| site.connect_google(cookie).await).await;
        scene.settle().await;
        scene
    }

    async fn outlook() -> Self {
        let scene = Self::begin(async |site, cookie| site.connect_outlook(cookie).await).await;
        scene.settle().await;
        scene
    }

    async fn begin(connect: impl AsyncFnOnce(&Site, &str) -> ConnectionId) -> Self {
        let site = site_with_push().await;
        let (user, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
        let connection = connect(&site, &cookie).await;
        let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
        let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, 4, Recovery::default()).await.unwrap();
        Self { site, runner, user, cookie, connection }
    }

    async fn settle(&self) {
        self.step().await;
        let statuses = self.site.sandbox.deliver().await;
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        self.pass(TimeDelta::minutes(6)).await;
    }

    async fn step(&self) {
        self.site.world.step(&self.runner).await;
    }

    /// Time goes by, and what became due is done.
    async fn pass(&self, by: TimeDelta) {
        self.site.world.clock.advance(by);
        self.site.sandbox.clock().advance(by);
        self.step().await;
    }

    fn now(&self) -> DateTime<Utc> {
        self.site.world.deps.now()
    }

    fn add(&self, title: &str) -> String {
        let at = self.now() + TimeDelta::hours(2);
        self.site
            .sandbox
            .google(|google| google.add_event(GOOGLE, GOOGLE, EventDraft::timed(title, at, at + TimeDelta::minutes(30))))
            .unwrap()
    }

    fn add_outlook(&self, title: &str) {
        let at = self.now() + TimeDelta::hours(2);
        let draft = OutlookDraft::timed(title, at, at + TimeDelta::minutes(30));
        self.site.sandbox.microsoft(|microsoft| microsoft.add_event(OUTLOOK, draft)).unwrap();
    }

    async fn shows(&self, title: &str) -> bool {
        // Not over HTTP: sessions end while these tests let weeks go by.
        let mut reading = self.site.world.deps.read(&self.site.world.as_user(self.user)).await.unwrap().unwrap();
        let person = accounts::load_zoned(&mut reading).await.unwrap().unwrap();
        let events =
            calendar::events(&mut reading, person, self.now() - TimeDelta::days(1), self.now() + TimeDelta::days(7)).await.unwrap();
        events.iter().any(|event| event.title.as_deref() == Some(title))
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.site.world.behind().await).await.unwrap()
    }

    async fn reads(&self) -> i64 {
        self.number("select count(*) from calendar_sync_logs").await
    }

    async fn open_channels(&self) -> i64 {
        self.number("select count(*) from calendar_channels where status = 'open' and confirmed_at is not null").await
    }

    /// How long after the last read the next is due, if nothing is told.
    async fn next_read(&self) -> TimeDelta {
        let sql = "select next_attempt_at, last_sync_at from calendar_connections";
        let (next, last): (DateTime<Utc>, DateTime<Utc>) = sqlx::query_as(sql).fetch_one(&self.site.world.behind().await).await.unwrap();
        next - last
    }

    fn google_channels(&self) -> Vec<DateTime<Utc>> {
        self.site.sandbox.google(|google| google.channels(GOOGLE))
    }

    fn subscriptions(&self) -> Vec<DateTime<Utc>> {
        self.site.sandbox.microsoft(|microsoft| microsoft.subscriptions(OUTLOOK))
    }
}

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
    calendar::choose(&scene.site.world.deps, &op, scene.connection, &[types::CalendarId(primary)]).await.unwrap();
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

async fn channel_ids(scene: &Scene) -> Vec<uuid::Uuid> {
    sqlx::query_scalar("select id from calendar_channels order by id").fetch_all(&scene.site.world.behind().await).await.unwrap()
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
async fn without_an_address_that_can_be_reached_there_are_no_channels_and_reads_go_on_at_intervals() {
    let site = site().await;
    let (_, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
    site.connect_google(&cookie).await;
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, 4, Recovery::default()).await.unwrap();
    site.world.step(&runner).await;
    assert_eq!(site.sandbox.calls(Route::GoogleWatch), 0);
    site.world.clock.advance(TimeDelta::minutes(6));
    site.world.step(&runner).await;
    let reads: i64 = sqlx::query_scalar("select count(*) from calendar_sync_logs").fetch_one(&site.world.behind().await).await.unwrap();
    assert_eq!(reads, 2);
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

#[tokio::test]
async fn a_secret_of_one_provider_opens_nothing_at_the_address_of_the_other() {
    let scene = Scene::google().await;
    let secrets = scene.site.sandbox.google(|google| google.channel_secrets());
    let body = serde_json::json!({ "value": [{ "clientState": secrets[0], "lifecycleEvent": "subscriptionRemoved" }] }).to_string();
    let request = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from(body)).unwrap();
    assert_eq!(exchange(&scene.site.router, request).await.status, StatusCode::ACCEPTED);
    assert_eq!(scene.open_channels().await, 3);
}

fn handshake() -> Request<Body> {
    let uri = format!("/webhooks/outlook/{WEBHOOK_TOKEN}?validationToken=Validation%3A+a%2Fb%3D%3Cscript%3E");
    Request::post(uri).header("content-type", "text/plain").body(Body::empty()).unwrap()
}

#[tokio::test]
async fn the_handshake_is_answered_also_while_the_database_is_away() {
    let site = site().await;
    site.world.database.cut().await;
    let reply = exchange(&site.router, handshake()).await;
    assert_eq!((reply.status, reply.body.as_str()), (StatusCode::OK, "Validation: a/b=<script>"));
    assert_eq!((reply.header("content-type"), reply.header("x-content-type-options")), ("text/plain", "nosniff"));
    site.world.database.restore().await;
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

#[tokio::test]
async fn who_does_not_know_the_address_is_told_nothing_and_stopped_after_a_hundred() {
    let site = site().await;
    for (path, body) in
        [("/webhooks/google/guess", ""), ("/webhooks/outlook/guess", "{}"), ("/webhooks/outlook/guess?validationToken=x", "")]
    {
        let reply = send(&site.router, Method::POST, path, None, Some(body)).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"), "{path}");
    }
    for _ in 0..97 {
        send(&site.router, Method::POST, "/webhooks/google/guess", None, Some("")).await;
    }
    let reply = send(&site.router, Method::POST, "/webhooks/google/guess", None, Some("")).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(exchange(&site.router, handshake()).await.status, StatusCode::OK, "who knows it is not stopped");
}

#[tokio::test]
async fn rubbish_is_answered_plainly() {
    let site = site().await;
    let post = async |body: &'static str| {
        let request = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from(body)).unwrap();
        exchange(&site.router, request).await.status
    };
    assert_eq!(post("not json").await, StatusCode::BAD_REQUEST);
    assert_eq!(post("{}").await, StatusCode::BAD_REQUEST);
    assert_eq!(post(r#"{"value":[]}"#).await, StatusCode::ACCEPTED);
    assert_eq!(post(r#"{"value":[{"clientState":"x","subscriptionId":"y"},{}]}"#).await, StatusCode::ACCEPTED);
    let large = format!(r#"{{"value":[{{"clientState":"{}"}}]}}"#, "x".repeat(900_000));
    let request = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from(large)).unwrap();
    assert_eq!(exchange(&site.router, request).await.status, StatusCode::ACCEPTED);
    let larger = Request::post(format!("/webhooks/outlook/{WEBHOOK_TOKEN}")).body(Body::from("x".repeat(2 << 20))).unwrap();
    assert_eq!(exchange(&site.router, larger).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let guess = Request::post("/webhooks/outlook/guess").body(Body::from("x".repeat(900_000))).unwrap();
    assert_eq!(exchange(&site.router, guess).await.status, StatusCode::NOT_FOUND);
    let bare = Request::post(format!("/webhooks/google/{WEBHOOK_TOKEN}")).body(Body::empty()).unwrap();
    assert_eq!(exchange(&site.router, bare).await.status, StatusCode::NOT_FOUND);
}
