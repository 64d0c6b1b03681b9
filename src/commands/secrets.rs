//! Every secret of the configuration, by name and fingerprint, so that its age is known.

use domain::base::KnownSecret;
use domain::vault::{Key, Vault};
use secrecy::{ExposeSecret, SecretString};

use crate::config::{CalendlyAppConfig, Config, GoogleConfig, OutlookConfig, StripeConfig};

/// What was given, before it goes where it is used. The stand-ins' are none.
pub(super) fn given(config: &Config) -> Vec<(&'static str, SecretString)> {
    let mut given = vec![("WEBHOOK_PATH_TOKEN", config.webhook_token.clone())];
    if let GoogleConfig::Given { client_secret, .. } = &config.google {
        given.push(("GOOGLE_CLIENT_SECRET", client_secret.clone()));
    }
    if let OutlookConfig::Given { client_secret, .. } = &config.outlook {
        given.push(("OUTLOOK_CLIENT_SECRET", client_secret.clone()));
    }
    if let CalendlyAppConfig::Given(app) = &config.calendly.app {
        given.push(("CALENDLY_CLIENT_SECRET", app.client_secret.clone()));
    }
    given.extend(config.calendly.webhook_secrets.iter().map(|secret| ("CALENDLY_WEBHOOK_SECRET", secret.clone())));
    if let StripeConfig::Given { key, webhook_secrets, .. } = &config.stripe {
        given.push(("STRIPE_SECRET_KEY", key.clone()));
        given.extend(webhook_secrets.iter().map(|secret| ("STRIPE_WEBHOOK_SECRET", secret.clone())));
    }
    given
}

/// The keys that the list of secrets does not have: of them the fingerprint is their own.
pub(super) fn keys(config: &Config) -> Vec<KnownSecret> {
    let session = std::iter::once(&config.keys.session).chain(&config.keys.older_sessions).map(|key| ("SESSION_KEY", key.id().to_owned()));
    let audit = ("AUDIT_SIGNING_KEY", Key::new(*config.keys.audit.expose_secret()).id().to_owned());
    session.chain([audit]).map(|(purpose, fingerprint)| KnownSecret { purpose, fingerprint }).collect()
}

/// By fingerprint: a keyed hash, which says nothing of the secret to anybody without this installation's own key.
pub(super) fn fingerprints(given: &[(&'static str, SecretString)], vault: &Vault) -> Vec<KnownSecret> {
    let of = |(purpose, secret): &(&'static str, SecretString)| KnownSecret {
        purpose,
        fingerprint: hex::encode(&vault.lookup().hash("secret fingerprint", secret.expose_secret().as_bytes())[..6]),
    };
    given.iter().map(of).collect()
}
