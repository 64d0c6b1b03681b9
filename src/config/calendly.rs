//! Calendly: the real one, or the stand-in in development.

use url::Url;

use super::oauth_client::provider_url;
use super::{Environment, Source};

/// `CALENDLY_API_URL`. `None`: the local stand-in, at the sandbox's address.
pub(super) fn read(source: &mut Source, environment: Environment) -> Option<Url> {
    let is_set = source.text("CALENDLY_API_URL").is_some();
    let url = provider_url(source, environment, "CALENDLY_API_URL", "https://api.calendly.com");
    url.filter(|_| is_set || !environment.is_development() || cfg!(not(feature = "sandbox")))
}
