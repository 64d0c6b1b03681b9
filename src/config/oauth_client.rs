//! What Google and Outlook have in common: a client id with its secret, and addresses that staging may replace.

use secrecy::SecretString;
use url::Url;

use super::network::is_local;
use super::{Environment, Source};

/// The client of the stand-ins, which means nothing anywhere else.
const SANDBOX_CLIENT: &str = "kairos-sandbox.apps.example";

/// The client a provider knows this installation by.
pub(super) enum ClientConfig {
    /// The stand-in's.
    Sandbox,
    /// None, or half of one, which was told.
    Off,
    /// As registered.
    Given { client_id: String, client_secrets: Vec<SecretString> },
}

/// Both or neither: the stand-in in development, else the provider is not offered.
pub(super) fn read(source: &mut Source, environment: Environment, id_name: &'static str, secret_name: &'static str) -> ClientConfig {
    match (source.text(id_name), source.secret(secret_name)) {
        (None, None) if environment.is_development() && cfg!(feature = "sandbox") => ClientConfig::Sandbox,
        (None, None) => ClientConfig::Off,
        (Some(_), None) => {
            source.problem(secret_name, format!("is not set, but {id_name} is"));
            ClientConfig::Off
        }
        (None, Some(_)) => {
            source.problem(id_name, format!("is not set, but {secret_name} is"));
            ClientConfig::Off
        }
        (Some(client_id), Some(secret)) => {
            if !environment.is_development() && client_id == SANDBOX_CLIENT {
                source.problem(id_name, "is the sandbox's");
            }
            let secrets = secret.split(',').map(str::trim).filter(|secret| !secret.is_empty());
            ClientConfig::Given { client_id, client_secrets: secrets.map(|secret| secret.to_owned().into()).collect() }
        }
    }
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
