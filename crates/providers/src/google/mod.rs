//! Google: OAuth 2.0 with PKCE, and Calendar API v3, read-only.
//!
//! The rules relied on are Google's own: developers.google.com/identity/protocols/oauth2/web-server and
//! developers.google.com/calendar/api/guides/sync.

mod calendar;
mod errors;
mod id_token;
mod oauth;
mod push;
mod sign_in;
mod wire;

use secrecy::SecretString;
use url::Url;

use self::id_token::SigningKeys;
pub use self::sign_in::{GoogleIdentity, IdentityError};
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
    pub client_secrets: Vec<SecretString>,
    /// `GOOGLE_AUTH_URL`, the page people are sent to.
    pub auth_url: Url,
    /// `GOOGLE_TOKEN_URL`.
    pub token_url: Url,
    /// `GOOGLE_REVOKE_URL`.
    pub revoke_url: Url,
    /// `GOOGLE_API_URL`, with the version path.
    pub api_url: Url,
    /// `GOOGLE_ISSUER`: who signs ID tokens.
    pub issuer: String,
    /// `GOOGLE_JWKS_URL`: where the keys are that it signs them with.
    pub jwks_url: Url,
    /// Our own callback for signing in, registered with Google byte for byte.
    pub sign_in_redirect_url: Url,
    /// Our own callback for calendars, registered with Google byte for byte.
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
    sign_in: OauthClient,
    keys: SigningKeys,
}

impl Google {
    /// Google at the given addresses; no others are ever called.
    pub fn new(settings: GoogleSettings, outbound: Outbound) -> Self {
        let destination =
            Destination::configured("google", &[&settings.token_url, &settings.revoke_url, &settings.api_url, &settings.jwks_url]);
        let client = ClientSettings {
            client_id: settings.client_id.clone(),
            client_secrets: settings.client_secrets.clone(),
            auth_url: settings.auth_url.clone(),
            token_url: settings.token_url.clone(),
            redirect_url: settings.redirect_url.clone(),
            scopes: &[SCOPE],
            authorize_extra: oauth::AUTHORIZE_EXTRA,
            scopes_on_refresh: false,
            client_authentication: oauth2::AuthType::RequestBody,
            refresh_is_repeatable: true,
            error: oauth::token_error,
        };
        let for_sign_in = ClientSettings {
            redirect_url: settings.sign_in_redirect_url.clone(),
            scopes: sign_in::SCOPES,
            authorize_extra: sign_in::AUTHORIZE_EXTRA,
            ..client.clone()
        };
        let oauth = OauthClient::new(client, outbound.clone(), destination.clone());
        let sign_in = OauthClient::new(for_sign_in, outbound.clone(), destination.clone());
        Self { settings, outbound, destination, oauth, sign_in, keys: SigningKeys::default() }
    }

    /// Whether it can reach us.
    pub const fn pushes(&self) -> bool {
        self.settings.webhook_url.is_some()
    }
}
