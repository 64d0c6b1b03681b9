//! Calendly: the real one, or the stand-in in development.

use secrecy::SecretString;
use url::Url;

use super::oauth_client::provider_url;
use super::{Environment, Source};

/// `CALENDLY_API_URL`. `None`: the local stand-in, at the sandbox's address.
pub(super) fn read(source: &mut Source, environment: Environment) -> Option<Url> {
    let is_set = source.text("CALENDLY_API_URL").is_some();
    let url = provider_url(source, environment, "CALENDLY_API_URL", "https://api.calendly.com");
    url.filter(|_| is_set || !environment.is_development() || cfg!(not(feature = "sandbox")))
}

/// `CALENDLY_WEBHOOK_SECRET`, several while one is exchanged.
pub(super) fn webhook_secrets(source: &mut Source) -> Vec<SecretString> {
    let text = source.secret("CALENDLY_WEBHOOK_SECRET").unwrap_or_default();
    let secrets: Vec<&str> = text.split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
    if secrets.iter().any(|secret| secret.len() < 32) {
        source.problem("CALENDLY_WEBHOOK_SECRET", "has fewer than 32 letters: make one with: openssl rand -hex 32");
    }
    secrets.into_iter().map(|secret| secret.to_owned().into()).collect()
}
