//! Calendly: the real one, or the stand-in in development.

use providers::calendly::CalendlyApp;
use secrecy::SecretString;
use url::Url;

use super::oauth_client::{self, ClientConfig, provider_url};
use super::{Environment, Source};

/// Where a builder comes back from Calendly's consent page.
pub const CALENDLY_CALLBACK: &str = "/builder/connect/calendly/callback";

/// How Calendly is reached.
#[derive(Debug)]
pub struct CalendlyConfig {
    /// `CALENDLY_API_URL`. `None`: the local stand-in, at the sandbox's address.
    pub api_url: Option<Url>,
    /// As whom people are asked for consent; without it, builders bring a personal token.
    pub app: CalendlyAppConfig,
    /// `CALENDLY_WEBHOOK_SECRET`: what Calendly signs its webhooks with, the newest first; none: one made out of this installation's own keys.
    pub webhook_secrets: Vec<SecretString>,
}

/// What this installation is registered at Calendly as.
#[derive(Debug)]
pub enum CalendlyAppConfig {
    /// The stand-in's, with this callback of ours.
    Sandbox(Option<Url>),
    /// Nothing.
    Off,
    /// An application of its developer portal.
    Given(CalendlyApp),
}

pub(super) fn read(source: &mut Source, environment: Environment, public_url: &Url) -> CalendlyConfig {
    let is_set = source.text("CALENDLY_API_URL").is_some();
    let api_url = provider_url(source, environment, "CALENDLY_API_URL", "https://api.calendly.com");
    let api_url = api_url.filter(|_| is_set || !environment.is_development() || cfg!(not(feature = "sandbox")));
    let webhook_secrets = webhook_secrets(source);
    let app = app(source, environment, public_url);
    // Calendly signs with a key of the application's own, which nothing here can know by itself.
    if matches!(app, CalendlyAppConfig::Given(_)) && webhook_secrets.is_empty() {
        source
            .problem("CALENDLY_WEBHOOK_SECRET", "is not set, but CALENDLY_CLIENT_ID is: it is the webhook signing key of that application");
    }
    CalendlyConfig { api_url, app, webhook_secrets }
}

fn app(source: &mut Source, environment: Environment, public_url: &Url) -> CalendlyAppConfig {
    let client = oauth_client::read(source, environment, "CALENDLY_CLIENT_ID", "CALENDLY_CLIENT_SECRET");
    let auth_url = provider_url(source, environment, "CALENDLY_AUTH_URL", "https://auth.calendly.com/oauth");
    let redirect_url = public_url.join(CALENDLY_CALLBACK).ok();
    match (client, auth_url, redirect_url) {
        (ClientConfig::Sandbox, _, redirect_url) => CalendlyAppConfig::Sandbox(redirect_url),
        (ClientConfig::Given { client_id, client_secrets }, Some(auth_url), Some(redirect_url)) => {
            CalendlyAppConfig::Given(CalendlyApp { client_id, client_secrets, auth_url, redirect_url })
        }
        _ => CalendlyAppConfig::Off,
    }
}

/// `CALENDLY_WEBHOOK_SECRET`, several while one is exchanged.
fn webhook_secrets(source: &mut Source) -> Vec<SecretString> {
    let text = source.secret("CALENDLY_WEBHOOK_SECRET").unwrap_or_default();
    let secrets: Vec<&str> = text.split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
    if secrets.iter().any(|secret| secret.len() < 32) {
        source.problem("CALENDLY_WEBHOOK_SECRET", "has fewer than 32 letters: make one with: openssl rand -hex 32");
    }
    secrets.into_iter().map(|secret| secret.to_owned().into()).collect()
}
