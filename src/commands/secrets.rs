//! Every secret of the configuration, by name and fingerprint: so that its age is known, and that one which was revoked is not used.

use domain::administration::ENCRYPTION_KEY;
use domain::base::KnownSecret;
use domain::upkeep::RevokedSecrets;
use domain::vault::{Key, Vault};
use secrecy::{ExposeSecret, SecretBox, SecretString};

use crate::config::{CalendlyAppConfig, CalendlyConfig, GoogleConfig, KeyConfig, OutlookConfig, StripeConfig};

const SESSION: &str = "SESSION_KEY";
const AUDIT: &str = "AUDIT_SIGNING_KEY";
const PATH_TOKEN: &str = "WEBHOOK_PATH_TOKEN";
const GOOGLE: &str = "GOOGLE_CLIENT_SECRET";
const OUTLOOK: &str = "OUTLOOK_CLIENT_SECRET";
const CALENDLY: &str = "CALENDLY_CLIENT_SECRET";
const CALENDLY_WEBHOOK: &str = "CALENDLY_WEBHOOK_SECRET";
const STRIPE: &str = "STRIPE_SECRET_KEY";
const STRIPE_WEBHOOK: &str = "STRIPE_WEBHOOK_SECRET";

fn audit_id(seed: &SecretBox<[u8; 32]>) -> String {
    Key::new(*seed.expose_secret()).id().to_owned()
}

/// By a keyed hash, which says nothing of the secret to anybody without this installation's own key.
fn fingerprint(vault: &Vault, secret: &SecretString) -> String {
    hex::encode(&vault.lookup().hash("secret fingerprint", secret.expose_secret().as_bytes())[..6])
}

fn known(purpose: &'static str, fingerprints: impl IntoIterator<Item = String>) -> impl Iterator<Item = KnownSecret> {
    fingerprints.into_iter().enumerate().map(move |(number, fingerprint)| KnownSecret { purpose, fingerprint, is_current: number == 0 })
}

/// The keys: of them the fingerprint is their own.
pub(super) fn keys(keys: &KeyConfig) -> Vec<KnownSecret> {
    let ids =
        |current: &Key, older: &[Key]| -> Vec<String> { std::iter::once(current).chain(older).map(|key| key.id().to_owned()).collect() };
    known(ENCRYPTION_KEY, ids(&keys.current, &keys.older))
        .chain(known(SESSION, ids(&keys.session, &keys.older_sessions)))
        .chain(known(AUDIT, std::iter::once(&keys.audit).chain(&keys.older_audits).map(|seed| audit_id(seed))))
        .collect()
}

/// Everything else that was given. The stand-ins' are none.
pub(super) struct Given<'c> {
    pub path_token: &'c SecretString,
    pub google: &'c mut GoogleConfig,
    pub outlook: &'c mut OutlookConfig,
    pub calendly: &'c mut CalendlyConfig,
    pub stripe: &'c mut StripeConfig,
}

impl Given<'_> {
    /// By fingerprint, the one in use first.
    pub fn known(&self, vault: &Vault) -> Vec<KnownSecret> {
        let mut found = Vec::new();
        let mut add =
            |purpose, secrets: &[SecretString]| found.extend(known(purpose, secrets.iter().map(|secret| fingerprint(vault, secret))));
        add(PATH_TOKEN, std::slice::from_ref(self.path_token));
        if let GoogleConfig::Given { client_secrets, .. } = &self.google {
            add(GOOGLE, client_secrets);
        }
        if let OutlookConfig::Given { client_secrets, .. } = &self.outlook {
            add(OUTLOOK, client_secrets);
        }
        if let CalendlyAppConfig::Given(app) = &self.calendly.app {
            add(CALENDLY, &app.client_secrets);
        }
        add(CALENDLY_WEBHOOK, &self.calendly.webhook_secrets);
        if let StripeConfig::Given { key, webhook_secrets, .. } = &self.stripe {
            add(STRIPE, std::slice::from_ref(key));
            add(STRIPE_WEBHOOK, webhook_secrets);
        }
        found
    }

    /// Takes out what was revoked. A provider of which no secret is left is not asked for anything.
    ///
    /// # Errors
    /// Webhooks have no address without another token.
    pub fn without(&mut self, revoked: &RevokedSecrets, vault: &Vault) -> Result<(), String> {
        let is_left = |purpose: &str, secret: &SecretString| !revoked.has(purpose, &fingerprint(vault, secret));
        if !is_left(PATH_TOKEN, self.path_token) {
            return Err(format!("{PATH_TOKEN}: this one was revoked under /admin/keys; put another in"));
        }
        if let GoogleConfig::Given { client_secrets, .. } = self.google {
            client_secrets.retain(|secret| is_left(GOOGLE, secret));
            if client_secrets.is_empty() {
                *self.google = GoogleConfig::Off;
            }
        }
        if let OutlookConfig::Given { client_secrets, .. } = self.outlook {
            client_secrets.retain(|secret| is_left(OUTLOOK, secret));
            if client_secrets.is_empty() {
                *self.outlook = OutlookConfig::Off;
            }
        }
        if let CalendlyAppConfig::Given(app) = &mut self.calendly.app {
            app.client_secrets.retain(|secret| is_left(CALENDLY, secret));
            if app.client_secrets.is_empty() {
                self.calendly.app = CalendlyAppConfig::Off;
            }
        }
        self.calendly.webhook_secrets.retain(|secret| is_left(CALENDLY_WEBHOOK, secret));
        if let StripeConfig::Given { key, webhook_secrets, .. } = self.stripe {
            webhook_secrets.retain(|secret| is_left(STRIPE_WEBHOOK, secret));
            if !is_left(STRIPE, key) {
                *self.stripe = StripeConfig::Off;
            }
        }
        Ok(())
    }
}

/// Takes the keys out that were revoked, before anything is opened by one.
///
/// # Errors
/// The one in use was: nothing goes on without another.
pub(super) fn without_revoked_keys(keys: &mut KeyConfig, revoked: &RevokedSecrets) -> Result<(), String> {
    for (purpose, id) in [(ENCRYPTION_KEY, keys.current.id()), (SESSION, keys.session.id()), (AUDIT, &audit_id(&keys.audit))] {
        if revoked.has(purpose, id) {
            return Err(format!("{purpose}: the key {id} was revoked under /admin/keys; put another in"));
        }
    }
    keys.older.retain(|key| !revoked.has(ENCRYPTION_KEY, key.id()));
    keys.older_sessions.retain(|key| !revoked.has(SESSION, key.id()));
    keys.older_audits.retain(|seed| !revoked.has(AUDIT, &audit_id(seed)));
    Ok(())
}
