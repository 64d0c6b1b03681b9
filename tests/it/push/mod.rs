//! Push: a change there is seen here without anybody asking, and nothing that can go wrong on the way loses or invents one.

mod address;
mod channels;
mod messages;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::calendar::{self, Wanted};
use domain::jobs::{Recovery, Runner};
use kairos::dispatch::Dispatcher;
use sandbox::{EventDraft, OutlookDraft};
use types::{ConnectionId, Role, UserId};

use crate::support::{Site, site_with_push, site_with_push_on_a_wire};

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

    /// The same, listened to.
    async fn google_on_a_wire() -> Self {
        let site = site_with_push_on_a_wire().await;
        let scene = Self::begin_on(site, async |site, cookie| site.connect_google(cookie).await).await;
        scene.settle().await;
        scene
    }

    async fn outlook() -> Self {
        let scene = Self::begin(async |site, cookie| site.connect_outlook(cookie).await).await;
        scene.settle().await;
        scene
    }

    async fn begin(connect: impl AsyncFnOnce(&Site, &str) -> ConnectionId) -> Self {
        Self::begin_on(site_with_push().await, connect).await
    }

    async fn begin_on(site: Site, connect: impl AsyncFnOnce(&Site, &str) -> ConnectionId) -> Self {
        let (user, cookie) = site.signed_in("noor@example.com", &[Role::User]).await;
        let connection = connect(&site, &cookie).await;
        let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
        let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
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
        let (from, to) = (self.now() - TimeDelta::days(1), self.now() + TimeDelta::days(7));
        let page = self.site.world.page(self.user, &Wanted { between: Some((from, to)), ..Wanted::FRAME }).await;
        let events = calendar::events(&page, from, to);
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

async fn channel_ids(scene: &Scene) -> Vec<uuid::Uuid> {
    sqlx::query_scalar("select id from calendar_channels order by id").fetch_all(&scene.site.world.behind().await).await.unwrap()
}
