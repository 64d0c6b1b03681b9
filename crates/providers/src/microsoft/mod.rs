//! Microsoft: Entra ID v2.0 with PKCE, and Graph v1.0 calendars, read-only.
//!
//! The rules relied on are Microsoft's own: learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow and
//! learn.microsoft.com/graph/delta-query-events.

mod calendar;
mod errors;
mod event;
mod oauth;
mod push;
mod wire;

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::oauth::{ClientSettings, OauthClient};
use crate::outbound::{Destination, Outbound};

/// The least that lists calendars and reads events, and lives on without the person.
pub const SCOPES: &[&str] = &["offline_access", "User.Read", "Calendars.Read"];

/// Graph waits ten seconds for each of two addresses of ours.
const PUSH_TIMEOUT: Duration = Duration::from_secs(25);

/// Where Microsoft is, and who we are to it.
#[derive(Debug, Clone)]
pub struct MicrosoftSettings {
    /// `OUTLOOK_CLIENT_ID`.
    pub client_id: String,
    /// `OUTLOOK_CLIENT_SECRET`.
    pub client_secrets: Vec<SecretString>,
    /// The authorize endpoint of the tenant.
    pub auth_url: Url,
    /// The token endpoint of the tenant.
    pub token_url: Url,
    /// `GRAPH_API_URL`, with the version path.
    pub api_url: Url,
    /// Our own callback, registered with Microsoft byte for byte.
    pub redirect_url: Url,
    /// Where Microsoft reaches us with pushes, if it can.
    pub webhook_url: Option<SecretString>,
}

impl MicrosoftSettings {
    /// The two endpoints of a tenant below an authority (`https://login.microsoftonline.com`); `None` when that is no base address.
    pub fn endpoints(authority: &Url, tenant: &str) -> Option<(Url, Url)> {
        let endpoint = |name| {
            let mut url = authority.clone();
            url.path_segments_mut().ok()?.pop_if_empty().extend([tenant, "oauth2", "v2.0", name]);
            Some(url)
        };
        Some((endpoint("authorize")?, endpoint("token")?))
    }
}

/// Microsoft, as one installation is registered with it.
#[derive(Debug)]
pub struct Microsoft {
    settings: MicrosoftSettings,
    outbound: Outbound,
    destination: Destination,
    push_destination: Destination,
    oauth: OauthClient,
}

impl Microsoft {
    /// Microsoft at the given addresses; no others are ever called.
    pub fn new(settings: MicrosoftSettings, outbound: Outbound) -> Self {
        // Graph asks our own address before it answers. If that cannot be reached, it is no fault of Graph's: reads go on.
        let push_destination = Destination { timeout: PUSH_TIMEOUT, ..Destination::configured("microsoft push", &[&settings.api_url]) };
        let destination = Destination::configured("microsoft", &[&settings.token_url, &settings.api_url]);
        let client = ClientSettings {
            client_id: settings.client_id.clone(),
            client_secrets: settings.client_secrets.clone(),
            auth_url: settings.auth_url.clone(),
            token_url: settings.token_url.clone(),
            redirect_url: settings.redirect_url.clone(),
            scopes: SCOPES,
            authorize_extra: oauth::AUTHORIZE_EXTRA,
            scopes_on_refresh: true,
            client_authentication: oauth2::AuthType::RequestBody,
            refresh_is_repeatable: true,
            error: oauth::token_error,
        };
        let oauth = OauthClient::new(client, outbound.clone(), destination.clone());
        Self { settings, outbound, destination, push_destination, oauth }
    }

    /// Whether it can reach us.
    pub const fn pushes(&self) -> bool {
        self.settings.webhook_url.is_some()
    }
}
