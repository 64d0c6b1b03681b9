//! Every secret of the configuration, by name and fingerprint, so that its age is known.

use domain::base::KnownSecret;
use domain::vault::Vault;
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

/// What all of it is, keys included, without being able to say what: two that are equal need nothing to be done.
pub(super) fn identity(config: &Config, vault: &Vault) -> Vec<String> {
    identity_of(key_ids(config), &given(config), vault)
}

/// The same of what was taken out of a configuration before.
pub(super) fn identity_of(key_ids: Vec<String>, given: &[(&'static str, SecretString)], vault: &Vault) -> Vec<String> {
    let secrets = fingerprints(given, vault).into_iter().map(|secret| format!("{} {}", secret.purpose, secret.fingerprint));
    key_ids.into_iter().chain(secrets).collect()
}

/// Fingerprints of keys, in their order.
pub(super) fn key_ids(config: &Config) -> Vec<String> {
    let keys = &config.keys;
    let keys = [&keys.current, &keys.session].into_iter().chain(&keys.older).chain(&keys.older_sessions);
    keys.map(|key| key.id().to_owned()).collect()
}

/// By fingerprint: a keyed hash, which says nothing of the secret to anybody without this installation's own key.
pub(super) fn fingerprints(given: &[(&'static str, SecretString)], vault: &Vault) -> Vec<KnownSecret> {
    let of = |(purpose, secret): &(&'static str, SecretString)| KnownSecret {
        purpose,
        fingerprint: hex::encode(&vault.lookup().hash("secret fingerprint", secret.expose_secret().as_bytes())[..6]),
    };
    given.iter().map(of).collect()
}
