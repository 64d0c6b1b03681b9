//! Consent at Calendly: OAuth 2.1 with PKCE. Access lives two hours; a refresh token can be used once, and one whose answer is lost is lost.

use oauth2::AuthType;
use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Calendly, CalendlyError};
use crate::oauth::{AuthorizeRequest, ClientSettings, Grant, OauthClient, TokenError};
use crate::outbound::{Destination, Outbound};

/// What is asked for, and what a personal token must be made with. Calendly names two scopes for the available times; both are asked for.
pub const SCOPES: &[&str] = &[
    "users:read",
    "event_types:read",
    "availability:read",
    "scheduled_events:read",
    "scheduled_events:write",
    "scheduling_links:write",
    "webhooks:write",
];

/// Who this installation is to Calendly, as registered there.
#[derive(Debug, Clone)]
pub struct CalendlyApp {
    /// `CALENDLY_CLIENT_ID`.
    pub client_id: String,
    /// `CALENDLY_CLIENT_SECRET`, the newest first.
    pub client_secrets: Vec<SecretString>,
    /// `CALENDLY_AUTH_URL`: what `/authorize`, `/token` and `/revoke` are below.
    pub auth_url: Url,
    /// Our own callback, registered byte for byte.
    pub redirect_url: Url,
}

/// Calendly's OAuth endpoints.
#[derive(Debug)]
pub(super) struct Consent {
    client: OauthClient,
    app: CalendlyApp,
}

impl Consent {
    pub fn new(app: CalendlyApp, outbound: Outbound) -> Self {
        let settings = ClientSettings {
            client_id: app.client_id.clone(),
            client_secrets: app.client_secrets.clone(),
            auth_url: below(&app.auth_url, "authorize"),
            token_url: below(&app.auth_url, "token"),
            redirect_url: app.redirect_url.clone(),
            scopes: SCOPES,
            authorize_extra: &[],
            scopes_on_refresh: false,
            client_authentication: AuthType::BasicAuth,
            refresh_is_repeatable: false,
            error: token_error,
        };
        let destination = Destination::configured("calendly_consent", &[&app.auth_url]);
        Self { client: OauthClient::new(settings, outbound, destination), app }
    }
}

fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// RFC 6749, 5.2.
fn token_error(answer: &BasicErrorResponse) -> TokenError {
    match answer.error() {
        BasicErrorResponseType::InvalidGrant => TokenError::GrantDead,
        BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => TokenError::ClientRefused,
        _ => TokenError::Down,
    }
}

impl From<TokenError> for CalendlyError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::GrantDead => Self::TokenRefused,
            TokenError::ClientRefused => Self::ClientRefused,
            TokenError::AdminPolicy => Self::Forbidden,
            TokenError::RateLimited => Self::RateLimited { wait: None },
            TokenError::NotTried | TokenError::Down => Self::Down,
        }
    }
}

impl Calendly {
    /// Whether this installation is registered at Calendly, so that people need not make a token by hand.
    pub const fn asks_consent(&self) -> bool {
        self.consent.is_some()
    }

    /// Scheme, host and port of the page where consent is given.
    pub fn consent_origin(&self) -> Option<String> {
        self.consent.as_ref().map(|consent| consent.client.consent_origin())
    }

    fn consent(&self) -> Result<&Consent, CalendlyError> {
        self.consent.as_ref().ok_or(CalendlyError::ClientRefused)
    }

    /// The page where consent is given.
    pub fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Result<Url, CalendlyError> {
        Ok(self.consent()?.client.authorize_url(request))
    }

    /// Trades the code of the way back for tokens.
    pub async fn exchange(&self, code: &str, verifier: &SecretString) -> Result<Grant, CalendlyError> {
        Ok(self.consent()?.client.exchange(code, verifier).await?)
    }

    /// A new pair for a refresh token, which is dead from here on, also when the answer is lost.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Grant, CalendlyError> {
        Ok(self.consent()?.client.refresh(refresh_token).await?)
    }

    /// Gives a consent back (RFC 7009).
    pub async fn revoke(&self, token: &SecretString) -> Result<(), CalendlyError> {
        let consent = self.consent()?;
        let url = below(&consent.app.auth_url, "revoke");
        for secret in &consent.app.client_secrets {
            let form = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("client_id", &consent.app.client_id)
                .append_pair("client_secret", secret.expose_secret())
                .append_pair("token", token.expose_secret())
                .finish();
            let answer = consent.client.form_call(url.clone(), form.into_bytes(), None, true).await.map_err(super::errors::unanswered)?;
            match answer.status.as_u16() {
                // 400: it was dead already.
                200..=299 | 400 => return Ok(()),
                // While a secret is changed, two are known there.
                401 | 403 => {}
                _ => return Err(CalendlyError::Down),
            }
        }
        Err(CalendlyError::ClientRefused)
    }
}
