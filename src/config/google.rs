//! Google: the real one by its usual variables, or the stand-in in development.

use secrecy::SecretString;
use url::Url;

use super::network::is_local;
use super::{Environment, Source};

/// The client of the stand-in, which means nothing anywhere else.
pub(super) const SANDBOX_CLIENT: &str = "kairos-sandbox.apps.example";

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
        /// `GOOGLE_CLIENT_SECRET`.
        client_secret: SecretString,
        /// `GOOGLE_AUTH_URL`.
        auth_url: Url,
        /// `GOOGLE_TOKEN_URL`.
        token_url: Url,
        /// `GOOGLE_REVOKE_URL`.
        revoke_url: Url,
        /// `GOOGLE_API_URL`.
        api_url: Url,
        /// Our callback.
        redirect_url: Url,
    },
}

/// An address of a provider: HTTPS, except for a stand-in on this machine.
pub(super) fn provider_url(source: &mut Source, environment: Environment, name: &'static str, default: &str) -> Option<Url> {
    let url = source.parsed::<Url>(name, "a URL");
    if let Some(url) = &url
        && url.scheme() != "https"
        && (!is_local(url) || environment.is_production())
    {
        source.problem(name, "is plain HTTP; only a stand-in on this machine may be, and never in production");
    }
    url.or_else(|| Url::parse(default).ok())
}

pub(super) fn read(source: &mut Source, environment: Environment, public_url: &Url) -> GoogleConfig {
    let client_id = source.text("GOOGLE_CLIENT_ID");
    let client_secret = source.secret("GOOGLE_CLIENT_SECRET");
    let mut address = |name: &'static str, default: &str| provider_url(source, environment, name, default);
    let auth_url = address("GOOGLE_AUTH_URL", "https://accounts.google.com/o/oauth2/v2/auth");
    let token_url = address("GOOGLE_TOKEN_URL", "https://oauth2.googleapis.com/token");
    let revoke_url = address("GOOGLE_REVOKE_URL", "https://oauth2.googleapis.com/revoke");
    let api_url = address("GOOGLE_API_URL", "https://www.googleapis.com/calendar/v3");
    match (client_id, client_secret) {
        (None, None) if environment.is_development() && cfg!(feature = "sandbox") => GoogleConfig::Sandbox,
        (None, None) => GoogleConfig::Off,
        (Some(_), None) => {
            source.problem("GOOGLE_CLIENT_SECRET", "is not set, but GOOGLE_CLIENT_ID is");
            GoogleConfig::Off
        }
        (None, Some(_)) => {
            source.problem("GOOGLE_CLIENT_ID", "is not set, but GOOGLE_CLIENT_SECRET is");
            GoogleConfig::Off
        }
        (Some(client_id), Some(secret)) => {
            if !environment.is_development() && client_id == SANDBOX_CLIENT {
                source.problem("GOOGLE_CLIENT_ID", "is the sandbox's");
            }
            let redirect_url = public_url.join("/api/calendar/callback/google").ok();
            match (auth_url, token_url, revoke_url, api_url, redirect_url) {
                (Some(auth_url), Some(token_url), Some(revoke_url), Some(api_url), Some(redirect_url)) => {
                    GoogleConfig::Given { client_id, client_secret: secret.into(), auth_url, token_url, revoke_url, api_url, redirect_url }
                }
                _ => GoogleConfig::Off,
            }
        }
    }
}
