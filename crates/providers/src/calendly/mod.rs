//! Calendly, API v2: whose account a token opens, what can be booked there, and booking it.
//!
//! The rules relied on are Calendly's own: developer.calendly.com/api-docs.

mod booking;
mod consent;
mod delivery;
mod errors;
mod question;
mod subscription;
mod wire;

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::outbound::{Destination, Outbound, Request, Response};

pub use booking::{CalendlyEvent, Invitee, MOST_EVENTS, NewInvitee};
pub use consent::{CalendlyApp, SCOPES};
pub use delivery::{CalendlyDelivery, has_signed};
pub use question::{Answer, MOST_QUESTIONS, Question, QuestionKind};
use wire::{Collection, EventTypeBody, Resource, UserBody};

/// As many pages as are ever asked for: a hundred event types each.
const MAX_PAGES: usize = 10;

/// Calendly, at one address.
#[derive(Debug)]
pub struct Calendly {
    api_url: Url,
    /// Where Calendly reaches us with webhooks, if it can.
    webhook_url: Option<SecretString>,
    consent: Option<consent::Consent>,
    outbound: Outbound,
    destination: Destination,
}

/// Whose account it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendlyAccount {
    /// Calendly's name for them: a URI, opaque.
    pub uri: String,
    /// Their organization's.
    pub organization: String,
    /// What they are called there.
    pub name: String,
    /// Their address there.
    pub email: String,
    /// Their public page there.
    pub scheduling_url: String,
}

/// Something that can be booked there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Calendly's name for it: a URI, opaque.
    pub uri: String,
    /// What it is called.
    pub name: String,
    /// Its public page.
    pub scheduling_url: String,
    /// How long it takes, in minutes.
    pub minutes: i32,
    /// Where it takes place, as it is said when it is booked; nothing: Calendly does not ask.
    pub location: Option<serde_json::Value>,
    /// What it asks its invitee, in order.
    pub questions: Vec<Question>,
    /// Why it cannot be sold through Kairos, if it cannot.
    pub refusal: Option<Refusal>,
}

/// Why an event type is not offered. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Calendly itself takes money for it: the client would pay twice.
    Paid,
    /// Switched off there.
    Inactive,
    /// Several people book the same hour; cancelling one would cancel all.
    Group,
    /// Several hosts share it, so that it is not known whose hour it takes.
    Team,
    /// Its times are voted on, or made for one occasion.
    NotInstant,
    /// It asks its invitee where it is to be, or something in a way that is not known here: whoever books for them has no answer.
    Asks,
}

impl Refusal {
    /// Every one.
    pub const ALL: [Self; 6] = [Self::Paid, Self::Inactive, Self::Group, Self::Team, Self::NotInstant, Self::Asks];

    /// The text kept in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Inactive => "inactive",
            Self::Group => "group",
            Self::Team => "team",
            Self::NotInstant => "not_instant",
            Self::Asks => "asks",
        }
    }
}

/// Why Calendly did not answer as asked. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendlyError {
    /// The token is none, has ended or was revoked.
    #[error("the token is refused")]
    TokenRefused,
    /// This installation's own client id or secret is refused, or there is none.
    #[error("the client is refused")]
    ClientRefused,
    /// The token may not do this: scopes were left out when it was made.
    #[error("the token lacks a scope")]
    ScopeMissing,
    /// The account may not do this: its plan or its organization forbids it.
    #[error("the account may not do this")]
    Forbidden,
    /// It is not there, or not for this account.
    #[error("not there")]
    NotFound,
    /// It was asked for something that does not fit: a time that is not offered any more, or an event that was cancelled already.
    #[error("it does not fit")]
    DoesNotFit,
    /// Asked to wait.
    #[error("rate limited")]
    RateLimited {
        /// For how long, if that was said.
        wait: Option<Duration>,
    },
    /// Unreachable, or its own failure, or nothing was sent because it failed a moment ago.
    #[error("Calendly is down")]
    Down,
    /// An answer that is not what Calendly promises.
    #[error("the answer cannot be read")]
    Unreadable,
}

impl CalendlyError {
    /// The text kept in the database, and the code in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenRefused => "token_refused",
            Self::ClientRefused => "client_refused",
            Self::ScopeMissing => "scope_missing",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::DoesNotFit => "does_not_fit",
            Self::RateLimited { .. } => "rate_limited",
            Self::Down => "down",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Calendly {
    /// At `CALENDLY_API_URL`; no other address is ever called but those of `app`, if this installation is registered there.
    pub fn new(api_url: Url, webhook_url: Option<SecretString>, app: Option<CalendlyApp>, outbound: Outbound) -> Self {
        let destination = Destination::configured("calendly", &[&api_url]);
        let consent = app.map(|app| consent::Consent::new(app, outbound.clone()));
        Self { api_url, webhook_url, consent, outbound, destination }
    }

    /// Whose account `token` opens.
    pub async fn account(&self, token: &SecretString) -> Result<CalendlyAccount, CalendlyError> {
        let answer = self.get("users/me", &[], token).await?;
        let user: Resource<UserBody> = serde_json::from_slice(&answer.body).map_err(|_| CalendlyError::Unreadable)?;
        Ok(user.resource.into())
    }

    /// What the account `user` offers, with what cannot be sold and why.
    pub async fn event_types(&self, token: &SecretString, user: &str) -> Result<Vec<EventType>, CalendlyError> {
        let (mut found, mut page_token) = (Vec::new(), None::<String>);
        for _ in 0..MAX_PAGES {
            let mut query = vec![("user", user), ("count", "100"), ("sort", "name:asc")];
            query.extend(page_token.as_deref().map(|token| ("page_token", token)));
            let answer = self.get("event_types", &query, token).await?;
            let page: Collection<EventTypeBody> = serde_json::from_slice(&answer.body).map_err(|_| CalendlyError::Unreadable)?;
            found.extend(page.collection.into_iter().filter_map(EventTypeBody::into_event_type));
            page_token = page.pagination.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(found);
            }
        }
        Ok(found)
    }

    async fn get(&self, path: &str, query: &[(&str, &str)], token: &SecretString) -> Result<Response, CalendlyError> {
        let mut url = self.at(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.send(Request::get(url), token).await
    }

    /// Not repeated: Calendly has no idempotency keys.
    async fn post(&self, path: &str, body: &serde_json::Value, token: &SecretString) -> Result<Response, CalendlyError> {
        self.send(Request::post_json(self.at(path), body), token).await
    }

    async fn delete(&self, path: &str, token: &SecretString) -> Result<(), CalendlyError> {
        let request = Request { method: reqwest::Method::DELETE, ..Request::get(self.at(path)) };
        self.send(request, token).await.map(|_| ())
    }

    async fn send(&self, request: Request, token: &SecretString) -> Result<Response, CalendlyError> {
        let answer = self.outbound.send(&self.destination, request.bearer(token)).await.map_err(errors::unanswered)?;
        if answer.status.is_success() { Ok(answer) } else { Err(errors::refused(&answer)) }
    }

    fn at(&self, path: &str) -> Url {
        let mut url = self.api_url.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url
    }
}
