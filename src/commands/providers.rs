//! From configuration to the providers that are asked.

use providers::calendly::Calendly;
use providers::google::{Google, GoogleSettings};
use providers::microsoft::{Microsoft, MicrosoftSettings};
use providers::outbound::Outbound;
use providers::stripe::{Stripe, StripeSettings};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{CalendlyAppConfig, CalendlyConfig, GoogleConfig, NetworkConfig, OutlookConfig, StripeConfig};

/// Where this installation is to a provider.
#[derive(Clone, Copy)]
pub(super) struct Here<'c> {
    pub network: &'c NetworkConfig,
    pub webhook_token: &'c SecretString,
    pub sandbox_url: Option<&'c str>,
}

impl Here<'_> {
    /// Where a provider pushes to.
    pub fn webhook_url(self, provider: &str) -> SecretString {
        format!("{}/webhooks/{provider}/{}", self.network.public_origin(), self.webhook_token.expose_secret()).into()
    }

    /// Whether the real providers can reach this installation: they push to HTTPS only, and not into somebody's own machine.
    fn is_reachable(self) -> bool {
        self.network.is_https() && !self.network.is_local()
    }
}

/// Where people come back to from Google when they sign in with it.
pub(super) const GOOGLE_SIGN_IN_CALLBACK: &str = "/sign-in/google/callback";

/// What is needed to talk to Google, wherever it is.
pub(super) fn google(given: &GoogleConfig, here: Here<'_>, outbound: &Outbound) -> Option<Google> {
    let settings = match given {
        GoogleConfig::Off => return None,
        #[cfg(feature = "sandbox")]
        GoogleConfig::Sandbox => {
            let base = here.sandbox_url?;
            let url = |path: &str| url::Url::parse(&format!("{base}/google{path}")).ok();
            GoogleSettings {
                client_id: sandbox::CLIENT_ID.to_owned(),
                client_secrets: vec![sandbox::CLIENT_SECRET.to_owned().into()],
                auth_url: url("/o/oauth2/v2/auth")?,
                token_url: url("/token")?,
                revoke_url: url("/revoke")?,
                api_url: url("/calendar/v3")?,
                issuer: format!("{base}/google"),
                jwks_url: url("/certs")?,
                sign_in_redirect_url: here.network.public_url.join(GOOGLE_SIGN_IN_CALLBACK).ok()?,
                redirect_url: here.network.public_url.join("/api/calendar/callback/google").ok()?,
                webhook_url: Some(here.webhook_url("google")),
            }
        }
        #[cfg(not(feature = "sandbox"))]
        GoogleConfig::Sandbox => {
            let _ = here.sandbox_url;
            return None;
        }
        GoogleConfig::Given { client_id, client_secrets, auth_url, token_url, revoke_url, api_url, issuer, jwks_url, redirect_url } => {
            GoogleSettings {
                client_id: client_id.clone(),
                client_secrets: client_secrets.clone(),
                auth_url: auth_url.clone(),
                token_url: token_url.clone(),
                revoke_url: revoke_url.clone(),
                api_url: api_url.clone(),
                issuer: issuer.clone(),
                jwks_url: jwks_url.clone(),
                sign_in_redirect_url: here.network.public_url.join(GOOGLE_SIGN_IN_CALLBACK).ok()?,
                redirect_url: redirect_url.clone(),
                webhook_url: here.is_reachable().then(|| here.webhook_url("google")),
            }
        }
    };
    Some(Google::new(settings, outbound.clone()))
}

/// What is needed to talk to Microsoft, wherever it is.
pub(super) fn microsoft(given: &OutlookConfig, here: Here<'_>, outbound: &Outbound) -> Option<Microsoft> {
    let (client_id, client_secrets, tenant, authority_url, api_url, redirect_url, webhook_url) = match given {
        OutlookConfig::Off => return None,
        #[cfg(feature = "sandbox")]
        OutlookConfig::Sandbox => {
            let base = here.sandbox_url?;
            let url = |path: &str| url::Url::parse(&format!("{base}{path}")).ok();
            (
                sandbox::CLIENT_ID.to_owned(),
                vec![sandbox::CLIENT_SECRET.to_owned().into()],
                "common".to_owned(),
                url("/microsoft")?,
                url("/graph/v1.0")?,
                here.network.public_url.join("/api/calendar/callback/outlook").ok()?,
                Some(here.webhook_url("outlook")),
            )
        }
        #[cfg(not(feature = "sandbox"))]
        OutlookConfig::Sandbox => {
            let _ = here.sandbox_url;
            return None;
        }
        OutlookConfig::Given { client_id, client_secrets, tenant, authority_url, api_url, redirect_url } => (
            client_id.clone(),
            client_secrets.clone(),
            tenant.clone(),
            authority_url.clone(),
            api_url.clone(),
            redirect_url.clone(),
            here.is_reachable().then(|| here.webhook_url("outlook")),
        ),
    };
    let (auth_url, token_url) = MicrosoftSettings::endpoints(&authority_url, &tenant)?;
    let settings = MicrosoftSettings { client_id, client_secrets, auth_url, token_url, api_url, redirect_url, webhook_url };
    Some(Microsoft::new(settings, outbound.clone()))
}

/// Calendly, or its stand-in where that runs.
pub(super) fn calendly(given: &CalendlyConfig, here: Here<'_>, outbound: &Outbound) -> Result<Calendly, String> {
    let stand_in = here.sandbox_url.map(|base| format!("{base}/calendly"));
    let url = match (&given.api_url, stand_in) {
        (Some(url), _) => Ok(url.clone()),
        (None, stand_in) => url::Url::parse(stand_in.as_deref().unwrap_or("https://api.calendly.com")),
    };
    let app = match &given.app {
        CalendlyAppConfig::Off => None,
        CalendlyAppConfig::Given(app) => Some(app.clone()),
        #[cfg(feature = "sandbox")]
        CalendlyAppConfig::Sandbox(redirect_url) => redirect_url.clone().zip(here.sandbox_url).and_then(|(redirect_url, base)| {
            Some(providers::calendly::CalendlyApp {
                client_id: sandbox::CLIENT_ID.to_owned(),
                client_secrets: vec![sandbox::CLIENT_SECRET.to_owned().into()],
                auth_url: url::Url::parse(&format!("{base}/calendly/oauth")).ok()?,
                redirect_url,
            })
        }),
        #[cfg(not(feature = "sandbox"))]
        CalendlyAppConfig::Sandbox(_) => None,
    };
    let webhook = (here.sandbox_url.is_some() || here.is_reachable()).then(|| here.webhook_url("calendly"));
    Ok(Calendly::new(url.map_err(|error| format!("CALENDLY_API_URL: {error}"))?, webhook, app, outbound.clone()))
}

/// Stripe, or its stand-in, if anything can be sold here.
pub(super) fn stripe(given: &StripeConfig, sandbox_url: Option<&str>, outbound: &Outbound) -> Option<Stripe> {
    let settings = match given {
        StripeConfig::Off => return None,
        #[cfg(feature = "sandbox")]
        StripeConfig::Sandbox => StripeSettings {
            api_url: url::Url::parse(&format!("{}/stripe", sandbox_url?)).ok()?,
            key: sandbox::STRIPE_KEY.to_owned().into(),
            is_live: false,
            webhook_secrets: vec![sandbox::WEBHOOK_SECRET.to_owned().into()],
        },
        #[cfg(not(feature = "sandbox"))]
        StripeConfig::Sandbox => {
            let _ = sandbox_url;
            return None;
        }
        StripeConfig::Given { key, is_live, is_restricted, api_url, webhook_secrets } => {
            if !is_restricted {
                tracing::warn!(
                    "STRIPE_SECRET_KEY may do everything at Stripe; a restricted key (rk_…) is enough, and the README says for what"
                );
            }
            StripeSettings { api_url: api_url.clone(), key: key.clone(), is_live: *is_live, webhook_secrets: webhook_secrets.clone() }
        }
    };
    Some(Stripe::new(settings, outbound.clone()))
}
