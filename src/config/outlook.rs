//! Outlook: the real one by its usual variables, or the stand-in in development.

use secrecy::SecretString;
use url::Url;

use super::google::{SANDBOX_CLIENT, provider_url};
use super::{Environment, Source};

/// How Microsoft is reached.
#[derive(Debug)]
pub enum OutlookConfig {
    /// The local stand-in, at the sandbox's address.
    Sandbox,
    /// Not offered.
    Off,
    /// As registered.
    Given {
        /// `OUTLOOK_CLIENT_ID`.
        client_id: String,
        /// `OUTLOOK_CLIENT_SECRET`.
        client_secret: SecretString,
        /// `OUTLOOK_TENANT_ID`: `common`, `organizations`, `consumers` or a tenant's id.
        tenant: String,
        /// `OUTLOOK_AUTHORITY_URL`.
        authority_url: Url,
        /// `GRAPH_API_URL`.
        api_url: Url,
        /// Our callback.
        redirect_url: Url,
    },
}

pub(super) fn read(source: &mut Source, environment: Environment, public_url: &Url) -> OutlookConfig {
    let client_id = source.text("OUTLOOK_CLIENT_ID");
    let client_secret = source.secret("OUTLOOK_CLIENT_SECRET");
    let tenant = source.text("OUTLOOK_TENANT_ID").unwrap_or_else(|| "common".to_owned());
    if !tenant.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.')) {
        source.problem("OUTLOOK_TENANT_ID", "is neither common, organizations, consumers nor the id or domain of a tenant");
    }
    let authority_url = provider_url(source, environment, "OUTLOOK_AUTHORITY_URL", "https://login.microsoftonline.com");
    let api_url = provider_url(source, environment, "GRAPH_API_URL", "https://graph.microsoft.com/v1.0");
    match (client_id, client_secret) {
        (None, None) if environment.is_development() && cfg!(feature = "sandbox") => OutlookConfig::Sandbox,
        (None, None) => OutlookConfig::Off,
        (Some(_), None) => {
            source.problem("OUTLOOK_CLIENT_SECRET", "is not set, but OUTLOOK_CLIENT_ID is");
            OutlookConfig::Off
        }
        (None, Some(_)) => {
            source.problem("OUTLOOK_CLIENT_ID", "is not set, but OUTLOOK_CLIENT_SECRET is");
            OutlookConfig::Off
        }
        (Some(client_id), Some(secret)) => {
            if !environment.is_development() && client_id == SANDBOX_CLIENT {
                source.problem("OUTLOOK_CLIENT_ID", "is the sandbox's");
            }
            let redirect_url = public_url.join("/api/calendar/callback/outlook").ok();
            match (authority_url, api_url, redirect_url) {
                (Some(authority_url), Some(api_url), Some(redirect_url)) => {
                    OutlookConfig::Given { client_id, client_secret: secret.into(), tenant, authority_url, api_url, redirect_url }
                }
                _ => OutlookConfig::Off,
            }
        }
    }
}
