//! Outlook: the real one by its usual variables, or the stand-in in development.

use secrecy::SecretString;
use url::Url;

use super::oauth_client::{self, ClientConfig, provider_url};
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
        /// `OUTLOOK_CLIENT_SECRET`, the newest first.
        client_secrets: Vec<SecretString>,
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
    let client = oauth_client::read(source, environment, "OUTLOOK_CLIENT_ID", "OUTLOOK_CLIENT_SECRET");
    let tenant = source.text("OUTLOOK_TENANT_ID").unwrap_or_else(|| "common".to_owned());
    if !tenant.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.')) {
        source.problem("OUTLOOK_TENANT_ID", "is neither common, organizations, consumers nor the id or domain of a tenant");
    }
    let authority_url = provider_url(source, environment, "OUTLOOK_AUTHORITY_URL", "https://login.microsoftonline.com");
    let api_url = provider_url(source, environment, "GRAPH_API_URL", "https://graph.microsoft.com/v1.0");
    let redirect_url = public_url.join("/api/calendar/callback/outlook").ok();
    let (client_id, client_secrets) = match client {
        ClientConfig::Sandbox => return OutlookConfig::Sandbox,
        ClientConfig::Off => return OutlookConfig::Off,
        ClientConfig::Given { client_id, client_secrets } => (client_id, client_secrets),
    };
    match (authority_url, api_url, redirect_url) {
        (Some(authority_url), Some(api_url), Some(redirect_url)) => {
            OutlookConfig::Given { client_id, client_secrets, tenant, authority_url, api_url, redirect_url }
        }
        _ => OutlookConfig::Off,
    }
}
