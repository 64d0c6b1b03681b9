//! A builder who sells, strangers who buy, and the stand-ins of Calendly and Stripe between them.

use std::sync::Arc;

use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::jobs::{Recovery, Runner};
use domain::testing::WorldOptions;
use hmac::{Hmac, KeyInit, Mac};
use kairos::dispatch::Dispatcher;
use sandbox::CALENDLY_TOKEN;
use serde_json::Value;
use sha2::Sha256;
use sqlx::PgPool;
use types::{Role, UserId};

use crate::support::{Reply, Site, WEBHOOK_TOKEN, between, site_with_push};

/// What is sold.
pub const SESSION: &str = "/b/bruno-costa/pricing-review";
/// A time at which it can begin: two days ahead.
pub const SLOT: &str = "2026-11-26T14:00:00Z";
/// Another one, later on the same day.
pub const LATER: &str = "2026-11-26T15:30:00Z";
pub const CARD: &str = "4242424242424242";

pub struct Stall {
    pub site: Site,
    pub builder: UserId,
    pub cookie: String,
    pub behind: PgPool,
    runner: Runner,
}

/// A builder with an account at Calendly, a page, and one session that is open.
pub async fn stall() -> Stall {
    stall_on(site_with_push().await).await
}

/// The same on a site of another kind.
pub async fn stall_on(site: Site) -> Stall {
    let (builder, cookie) = site.signed_in("bruno@example.com", &[Role::User, Role::Builder]).await;
    site.post("/builder/connect/calendly", Some(&cookie), &format!("access_token={CALENDLY_TOKEN}")).await;
    let page = site.post("/builder/profile", Some(&cookie), "slug=bruno-costa&name=Bruno+Costa&about=Prices").await;
    assert_eq!(page.header("location"), "/builder/profile?notice=builder_page_saved", "{}", page.body);
    let behind = site.world.behind().await;
    let dispatcher = Arc::new(Dispatcher::new(site.world.deps.clone()));
    let runner = Runner::new(site.world.deps.database.pool().clone(), dispatcher, Recovery::default());
    domain::jobs::start_recurring(&site.world.deps).await.unwrap();
    let stall = Stall { site, builder, cookie, behind, runner };
    stall.offer("Pricing review", "140", "EUR", "flexible", "none").await;
    stall
}

impl Stall {
    /// Makes a session of an hour and opens it.
    pub async fn offer(&self, title: &str, price: &str, currency: &str, policy: &str, tax: &str) {
        let event_type: uuid::Uuid =
            sqlx::query_scalar("select id from calendly_event_types where minutes = 60 and refusal is null and questions = '[]'")
                .fetch_one(&self.behind)
                .await
                .unwrap();
        let form = format!(
            "event_type={event_type}&title={}&description=One+page&price={price}&currency={currency}&policy={policy}&tax={tax}",
            title.replace(' ', "+")
        );
        let made = self.site.post("/builder/sessions/new", Some(&self.cookie), &form).await;
        assert_eq!(made.header("location"), "/builder/sessions?notice=session_saved", "{}", made.body);
        let id: uuid::Uuid =
            sqlx::query_scalar("select id from session_types where title = $1").bind(title).fetch_one(&self.behind).await.unwrap();
        let opened = self.site.post(&format!("/builder/sessions/{id}/open"), Some(&self.cookie), "open=true").await;
        assert_eq!(opened.header("location"), "/builder/sessions?notice=session_opened", "{}", opened.body);
    }

    /// Delivers what waits and does what is due, until nothing is left of either.
    pub async fn settle(&self) {
        for _ in 0..6 {
            self.site.sandbox.deliver().await;
            self.work().await;
        }
    }

    /// Another replica, on the same clock.
    pub fn options(&self) -> WorldOptions {
        let providers = Some((self.site.sandbox.base_url(), sandbox::CLIENT_ID, sandbox::CLIENT_SECRET));
        WorldOptions { providers, now: self.site.world.deps.now(), ..WorldOptions::default() }
    }

    /// Does what is due, without webhooks.
    pub async fn work(&self) {
        self.site.world.step(&self.runner).await;
    }

    /// Moves every clock.
    pub fn advance(&self, by: TimeDelta) {
        self.site.world.clock.advance(by);
        self.site.sandbox.clock().advance(by);
    }

    /// A stranger holds a time.
    pub async fn hold(&self, at: &str, email: &str) -> Reply {
        let attempt = self.site.world.deps.new_id();
        self.hold_with(at, email, &attempt.to_string()).await
    }

    /// The same by a form of this name.
    pub async fn hold_with(&self, at: &str, email: &str, attempt: &str) -> Reply {
        self.site.get(SESSION, None).await;
        self.site.post(SESSION, None, &form(at, email, attempt)).await
    }

    /// A stranger is led to Stripe's page for a time; its session there, and the path of their booking.
    pub async fn reserve(&self, at: &str, email: &str) -> (String, String) {
        let reply = self.hold(at, email).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        let url = reply.header("location").to_owned();
        assert!(url.contains("/stripe/pay/"), "{url}");
        let session = url.rsplit('/').next().unwrap().to_owned();
        (session.clone(), self.path_of(&session))
    }

    /// The path of the booking that a session at Stripe is for.
    pub fn path_of(&self, session: &str) -> String {
        let sessions = self.site.sandbox.stripe(|stripe| stripe.sessions());
        let found = sessions.iter().find(|made| made["id"] == session).unwrap();
        found["cancel_url"].as_str().unwrap().strip_prefix("http://localhost:3000").unwrap().to_owned()
    }

    /// The client pays at Stripe's page.
    pub fn pay(&self, session: &str, card: &str) {
        let now = self.site.sandbox.clock().now();
        assert!(self.site.sandbox.stripe(|stripe| stripe.pay(session, card, false, now)));
    }

    /// Somebody books and pays, and it is confirmed. The path of their booking.
    pub async fn sold(&self, at: &str, email: &str) -> String {
        let (session, path) = self.reserve(at, email).await;
        self.pay(&session, CARD);
        self.settle().await;
        assert_eq!(self.status(&path).await, "confirmed");
        path
    }

    /// Where a booking stands.
    pub async fn status(&self, path: &str) -> String {
        let id = self.id_of(path).await;
        sqlx::query_scalar("select status from bookings where id = $1").bind(id).fetch_one(&self.behind).await.unwrap()
    }

    /// The id of the booking at a path.
    pub async fn id_of(&self, path: &str) -> uuid::Uuid {
        let token = path.rsplit('/').next().unwrap();
        let hash = self.site.world.deps.vault.lookup().hash("booking token", token.as_bytes());
        sqlx::query_scalar("select id from bookings where token_hash = $1").bind(&hash[..]).fetch_one(&self.behind).await.unwrap()
    }

    /// What happened to a booking, the oldest first.
    pub async fn happened(&self, path: &str) -> Vec<String> {
        let id = self.id_of(path).await;
        sqlx::query_scalar("select what from booking_changes where booking_id = $1 order by number")
            .bind(id)
            .fetch_all(&self.behind)
            .await
            .unwrap()
    }

    /// How many rows a query finds.
    pub async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.behind).await.unwrap()
    }

    /// What is taken in at Stripe and not given back, in minor units.
    pub fn balance(&self) -> i64 {
        self.site.sandbox.stripe(|stripe| stripe.balance())
    }

    /// Events at Calendly that take place.
    pub fn events(&self) -> Vec<Value> {
        self.site.sandbox.calendly(|calendly| calendly.events()).into_iter().filter(|event| event["status"] == "active").collect()
    }

    /// Subjects of the mails to somebody, the oldest first.
    pub fn mails(&self, email: &str) -> Vec<String> {
        let mut mails: Vec<String> = self.site.world.mails().into_iter().filter(|mail| mail.to == email).map(|mail| mail.subject).collect();
        mails.reverse();
        mails
    }

    /// What a client cancels, seeing first what comes back.
    pub async fn cancel(&self, path: &str) -> Reply {
        let page = self.site.get(&format!("{path}/cancel"), None).await.body;
        let back = between(&page, "name=\"back\" value=\"", "\"").to_owned();
        self.site.post(&format!("{path}/cancel"), None, &format!("back={back}")).await
    }

    /// Where webhooks go.
    pub fn webhook(source: &str) -> String {
        format!("/webhooks/{source}/{WEBHOOK_TOKEN}")
    }
}

/// What a stranger sends.
pub fn form(at: &str, email: &str, attempt: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("starts_at", at).append_pair("name", "Tomasz Wrona").append_pair("email", email).append_pair("zone", "Europe/Warsaw");
    form.append_pair("policy", "flexible-1").append_pair("price", "14000").append_pair("attempt", attempt).finish()
}

/// The header that signs `body`, as Stripe and Calendly do.
pub fn signature(secret: &str, at: i64, body: &str) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(format!("{at}.{body}"));
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}
