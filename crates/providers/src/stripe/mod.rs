//! Stripe: Checkout by redirect, refunds, and what its webhooks say.
//!
//! What is sent is built with async-stripe's request types, so that a parameter that Stripe does not know does not compile; it goes out by the one
//! guarded client, and what comes back is read here, leniently and only as far as it is used (docs/adr/0025). No card data passes through Kairos:
//! people pay at Stripe's own page.

mod checkout;
mod errors;
mod event;
mod list;
mod refund;
mod wire;

use secrecy::SecretString;
use stripe_client_core::{RequestBuilder, StripeMethod};
use url::Url;

use crate::outbound::{Body, Destination, Outbound, Request, Response};
use crate::signature::is_signed;

pub use checkout::{CheckoutSession, CheckoutStatus, MoneyState, NewCheckout};
use chrono::{DateTime, Utc};
pub use event::{StripeEvent, is_acted_on};
pub use refund::{NewRefund, StripeRefund};

/// The version of the API that requests are written for and answers are read as. An endpoint for webhooks is to be pinned to the same.
pub const VERSION: &str = "2026-09-30.endive";

/// Stripe, at one address, with one key.
#[derive(Debug)]
pub struct Stripe {
    api_url: Url,
    key: SecretString,
    /// What its webhooks are signed with.
    webhook_secrets: Vec<SecretString>,
    outbound: Outbound,
    destination: Destination,
    /// Whether money is real. Objects and events of the other kind are none of ours.
    is_live: bool,
}

/// Where it is, and with what it is spoken to.
#[derive(Debug)]
pub struct StripeSettings {
    /// `STRIPE_API_URL`: the bare origin.
    pub api_url: Url,
    /// `STRIPE_SECRET_KEY`.
    pub key: SecretString,
    /// Whether money is real.
    pub is_live: bool,
    /// `STRIPE_WEBHOOK_SECRET`, several while one is exchanged.
    pub webhook_secrets: Vec<SecretString>,
}

/// Why Stripe did not do it. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// The key is none, has ended, or is a publishable one.
    #[error("the key is refused")]
    KeyRefused,
    /// The key is a restricted one that may not do this.
    #[error("the key may not do this")]
    KeyMayNot,
    /// There is no such object, or it is of the other mode.
    #[error("no such object")]
    NotFound,
    /// The object is not in the state for it: a session that is not open any more, a charge that was given back already.
    #[error("not in this state")]
    WrongState,
    /// The amount is less than is charged, or more than is left.
    #[error("the amount cannot be charged or given back")]
    WrongAmount,
    /// Too many requests, or the same one is under way.
    #[error("asked too often")]
    RateLimited,
    /// Unreachable, or its own failure. With the same idempotency key it may be asked again.
    #[error("Stripe is down")]
    Down,
    /// An answer that is not what Stripe promises, or a request that it does not understand.
    #[error("the answer cannot be read")]
    Unreadable,
}

impl StripeError {
    /// The code in logs and the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyRefused => "key_refused",
            Self::KeyMayNot => "key_may_not",
            Self::NotFound => "not_found",
            Self::WrongState => "wrong_state",
            Self::WrongAmount => "wrong_amount",
            Self::RateLimited => "rate_limited",
            Self::Down => "down",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether the same request may well succeed later.
    pub const fn passes(self) -> bool {
        matches!(self, Self::RateLimited | Self::Down | Self::Unreadable | Self::KeyRefused | Self::KeyMayNot)
    }
}

impl Stripe {
    /// At `STRIPE_API_URL`, the bare origin; no other address is ever called.
    pub fn new(settings: StripeSettings, outbound: Outbound) -> Self {
        let StripeSettings { api_url, key, is_live, webhook_secrets } = settings;
        Self { destination: Destination::configured("stripe", &[&api_url]), api_url, key, webhook_secrets, outbound, is_live }
    }

    /// Whether this delivery of a webhook was signed by Stripe, at about `now`.
    pub fn has_signed(&self, header: &str, body: &[u8], now: DateTime<Utc>) -> bool {
        is_signed(header, body, &self.webhook_secrets, now)
    }

    /// Whether money is real.
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Sends what async-stripe built. A POST is repeated only with an idempotency key, which makes it one (docs.stripe.com/api/idempotent_requests).
    async fn send(&self, built: RequestBuilder, idempotency_key: Option<&str>) -> Result<Response, StripeError> {
        let mut url = self.api_url.clone();
        url.set_path(&format!("{}/v1{}", url.path().trim_end_matches('/'), built.path));
        url.set_query(built.query.as_deref().filter(|query| !query.is_empty()));
        let mut request = Request::get(url).bearer(&self.key);
        request.headers.extend(header("stripe-version", VERSION));
        if matches!(built.method, StripeMethod::Post) {
            request.method = reqwest::Method::POST;
            request.body = Body::Bytes("application/x-www-form-urlencoded", built.body.unwrap_or_default().into_bytes());
            request.repeatable = idempotency_key.is_some();
            request.headers.extend(idempotency_key.and_then(|key| header("idempotency-key", key)));
        }
        let answer = self.outbound.send(&self.destination, request).await.map_err(errors::unanswered)?;
        if answer.status.is_success() { Ok(answer) } else { Err(errors::refused(&answer)) }
    }
}

fn header(name: &'static str, value: &str) -> Option<(reqwest::header::HeaderName, reqwest::header::HeaderValue)> {
    Some((reqwest::header::HeaderName::from_static(name), value.parse().ok()?))
}
