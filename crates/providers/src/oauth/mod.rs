//! OAuth 2.0 with PKCE (RFC 6749, RFC 7636), as Google and Microsoft both speak it.

mod client;

use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::calendar::{CalendarSource, Credentials, RemoteCalendar, SourceError};

pub use client::{ClientSettings, OauthClient};

/// What the person's browser is sent to the provider with.
#[derive(Debug)]
pub struct AuthorizeRequest<'a> {
    /// Ties the way back to this session; echoed.
    pub state: &'a SecretString,
    /// The PKCE verifier; only its hash is sent.
    pub verifier: &'a SecretString,
    /// Shows the provider which account is meant, when reconnecting.
    pub login_hint: Option<&'a str>,
    /// Comes back inside the ID token, where one is asked for (OpenID Connect Core, 3.1.2.1).
    pub nonce: Option<&'a SecretString>,
}

/// What the browser brings back from the provider (RFC 6749, 4.1.2); anything else that comes along is ignored.
#[derive(Debug, Default, Deserialize)]
pub struct AuthorizeResponse {
    /// `state`.
    pub state: Option<String>,
    /// `code`.
    pub code: Option<String>,
    /// `error`.
    pub error: Option<String>,
}

/// What the provider granted.
#[derive(Debug)]
pub struct Grant {
    /// For the calendar API, about an hour.
    pub access_token: SecretString,
    /// For the next access token. Google leaves it out on refresh, where the old one stays valid; Microsoft sends a new one, and
    /// the old one is then discarded.
    pub refresh_token: Option<SecretString>,
    /// Life of the access token.
    pub expires_in: Duration,
    /// What was granted, which may be less than was asked. Empty when the answer does not say, which means: as asked.
    pub scopes: Vec<String>,
    /// Who it is, signed by the provider, where `openid` was asked for. Not verified yet.
    pub id_token: Option<SecretString>,
}

/// Why there is no token. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The code or refresh token is dead, or the person has to sign in there again.
    #[error("the grant is dead")]
    GrantDead,
    /// Our own client id or secret is refused.
    #[error("the client is refused")]
    ClientRefused,
    /// An administrator at the provider forbids it, or has to allow it first.
    #[error("an administrator has to allow it")]
    AdminPolicy,
    /// Asked to wait.
    #[error("rate limited")]
    RateLimited,
    /// Nothing was sent: requests failed for several accounts a moment ago.
    #[error("not tried, because the token server failed a moment ago")]
    NotTried,
    /// Unreachable, or its own failure, or an answer that could not be understood.
    #[error("the token server is down")]
    Down,
}

/// Whether a grant could be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// The provider took it back, or it was dead already.
    Done,
    /// The provider has no way for an app to give it back; the person can, on a page of the provider.
    ByPersonOnly,
}

/// Whose calendars a grant opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The provider's own stable id of the account; kept only as a keyed hash.
    pub id: String,
    /// The name people know it by, usually an email address.
    pub name: String,
}

/// A provider that is connected by consent.
#[async_trait::async_trait]
pub trait OauthSource: CalendarSource {
    /// The protocol itself, with this provider's addresses and words.
    fn client(&self) -> &OauthClient;

    /// Gives back what the person granted, if the provider has a way.
    async fn revoke(&self, token: &SecretString) -> Result<Revoked, TokenError>;

    /// Whether the scopes of a grant are enough to read calendars.
    fn is_enough(&self, grant: &Grant) -> bool;

    /// Whose calendars these are.
    async fn account(&self, credentials: &Credentials, calendars: &[RemoteCalendar]) -> Result<Account, SourceError>;
}
