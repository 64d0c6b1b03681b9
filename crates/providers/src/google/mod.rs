//! Google: OAuth 2.0 with PKCE, and Calendar API v3, read-only.
//!
//! The rules relied on are Google's own: developers.google.com/identity/protocols/oauth2/web-server and
//! developers.google.com/calendar/api/guides/sync.

mod calendar;
mod errors;
mod oauth;
mod push;
mod wire;

use secrecy::SecretString;
use url::Url;

use crate::oauth::{ClientSettings, OauthClient};
use crate::outbound::{Destination, Outbound};

/// The least that lists calendars and reads events.
pub const SCOPE: &str = "https://www.googleapis.com/auth/calendar.readonly";

/// Where Google is, and who we are to it.
#[derive(Debug, Clone)]
pub struct GoogleSettings {
    /// `GOOGLE_CLIENT_ID`.
    pub client_id: String,
    /// `GOOGLE_CLIENT_SECRET`.
    pub client_secret: SecretString,
    /// `GOOGLE_AUTH_URL`, the page people are sent to.
    pub auth_url: Url,
    /// `GOOGLE_TOKEN_URL`.
    pub token_url: Url,
    /// `GOOGLE_REVOKE_URL`.
    pub revoke_url: Url,
    /// `GOOGLE_API_URL`, with the version path.
    pub api_url: Url,
    /// Our own callback, registered with Google byte for byte.
    pub redirect_url: Url,
    /// Where Google reaches us with pushes, if it can.
    pub webhook_url: Option<SecretString>,
}

/// Google, as one installation is registered with it.
#[derive(Debug)]
pub struct Google {
    settings: GoogleSettings,
    outbound: Outbound,
    destination: Destination,
    oauth: OauthClient,
}

impl Google {
    /// Google at the given addresses; no others are ever called.
    pub fn new(settings: GoogleSettings, outbound: Outbound) -> Self {
        let destination = Destination::configured("google", &[&settings.token_url, &settings.revoke_url, &settings.api_url]);
        let client = ClientSettings {
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            auth_url: settings.auth_url.clone(),
            token_url: settings.token_url.clone(),
            redirect_url: settings.redirect_url.clone(),
            scopes: &[SCOPE],
            authorize_extra: oauth::AUTHORIZE_EXTRA,
            scopes_on_refresh: false,
            error: oauth::token_error,
        };
        let oauth = OauthClient::new(client, outbound.clone(), destination.clone());
        Self { settings, outbound, destination, oauth }
    }

    /// Whether it can reach us.
    pub const fn pushes(&self) -> bool {
        self.settings.webhook_url.is_some()
    }
}
