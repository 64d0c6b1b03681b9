//! Google: the real one by its usual variables, or the stand-in in development.

use secrecy::SecretString;
use url::Url;

use super::oauth_client::{self, ClientConfig, provider_url};
use super::{Environment, Source};

/// How Google is reached.
#[derive(Debug)]
pub enum GoogleConfig {
    /// The local stand-in, at the sandbox's address.
    Sandbox,
    /// Not offered.
    Off,
    /// As registered.
    Given {
        /// `GOOGLE_CLIENT_ID`.
        client_id: String,
        /// `GOOGLE_CLIENT_SECRET`, the newest first.
        client_secrets: Vec<SecretString>,
        /// `GOOGLE_AUTH_URL`.
        auth_url: Url,
        /// `GOOGLE_TOKEN_URL`.
        token_url: Url,
        /// `GOOGLE_REVOKE_URL`.
        revoke_url: Url,
        /// `GOOGLE_API_URL`.
        api_url: Url,
        /// `GOOGLE_ISSUER`.
        issuer: String,
        /// `GOOGLE_JWKS_URL`.
        jwks_url: Url,
        /// Our callback.
        redirect_url: Url,
    },
}

pub(super) fn read(source: &mut Source, environment: Environment, public_url: &Url) -> GoogleConfig {
    let client = oauth_client::read(source, environment, "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET");
    let mut address = |name: &'static str, default: &str| provider_url(source, environment, name, default);
    let auth_url = address("GOOGLE_AUTH_URL", "https://accounts.google.com/o/oauth2/v2/auth");
    let token_url = address("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token");
    let revoke_url = address("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke");
    let api_url = address("GOOGLE_API_URL", "https://www.googleapis.com/calendar/v3");
    let issuer = address("GOOGLE_ISSUER", "https://accounts.google.com");
    let jwks_url = address("GOOGLE_JWKS_URL", "https://www.googleapis.com/oauth2/v3/certs");
    let redirect_url = public_url.join("/api/calendar/callback/google").ok();
    let (client_id, client_secrets) = match client {
        ClientConfig::Sandbox => return GoogleConfig::Sandbox,
        ClientConfig::Off => return GoogleConfig::Off,
        ClientConfig::Given { client_id, client_secrets } => (client_id, client_secrets),
    };
    match (auth_url, token_url, revoke_url, api_url, issuer.zip(jwks_url), redirect_url) {
        (Some(auth_url), Some(token_url), Some(revoke_url), Some(api_url), Some((issuer, jwks_url)), Some(redirect_url)) => {
            // A URL always has a slash after its host; an issuer is compared as it is written.
            let issuer = issuer.as_str().trim_end_matches('/').to_owned();
            GoogleConfig::Given { client_id, client_secrets, auth_url, token_url, revoke_url, api_url, issuer, jwks_url, redirect_url }
        }
        _ => GoogleConfig::Off,
    }
}
