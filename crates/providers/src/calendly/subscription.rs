//! Webhook subscriptions: one of ours, and active.

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::wire::{Collection, Resource, SubscriptionBody};
use super::{Calendly, CalendlyAccount, CalendlyError};

impl Calendly {
    /// Whether Calendly can tell us anything: it delivers to HTTPS only, and not into somebody's own machine.
    pub const fn is_told(&self) -> bool {
        self.webhook_url.is_some()
    }

    /// Sees to it that there is one subscription of ours, and that it is active. Calendly ends one after a day of failures, and the same address
    /// cannot be subscribed twice: each has its own `name` in its address, so that the new one is there before the old one goes.
    pub async fn keep_subscription(
        &self,
        token: &SecretString,
        account: &CalendlyAccount,
        signing_key: &SecretString,
        name: &str,
    ) -> Result<(), CalendlyError> {
        let Some(base) = self.webhook_url.as_ref().map(ExposeSecret::expose_secret) else { return Ok(()) };
        let query = [("organization", account.organization.as_str()), ("user", account.uri.as_str()), ("scope", "user"), ("count", "100")];
        let answer = self.get("webhook_subscriptions", &query, token).await?;
        let all: Collection<SubscriptionBody> = serde_json::from_slice(&answer.body).map_err(|_| CalendlyError::Unreadable)?;
        let (active, ended): (Vec<_>, Vec<_>) =
            all.collection.into_iter().filter(|made| made.callback_url.starts_with(base)).partition(|made| made.state == "active");
        if active.is_empty() {
            let body = json!({
                "url": format!("{base}?name={name}"), "events": ["invitee.created", "invitee.canceled"], "organization": account.organization,
                "user": account.uri, "scope": "user", "signing_key": signing_key.expose_secret(),
            });
            let made = self.post("webhook_subscriptions", &body, token).await?;
            let _: Resource<SubscriptionBody> = serde_json::from_slice(&made.body).map_err(|_| CalendlyError::Unreadable)?;
        }
        for old in ended.into_iter().chain(active.into_iter().skip(1)) {
            self.end_subscription(token, &old.uri).await?;
        }
        Ok(())
    }

    /// Ends every subscription of ours: the account is given up.
    pub async fn end_subscriptions(&self, token: &SecretString, account: &CalendlyAccount) -> Result<(), CalendlyError> {
        let Some(base) = self.webhook_url.as_ref().map(ExposeSecret::expose_secret) else { return Ok(()) };
        let query = [("organization", account.organization.as_str()), ("user", account.uri.as_str()), ("scope", "user"), ("count", "100")];
        let answer = self.get("webhook_subscriptions", &query, token).await?;
        let all: Collection<SubscriptionBody> = serde_json::from_slice(&answer.body).map_err(|_| CalendlyError::Unreadable)?;
        for made in all.collection.into_iter().filter(|made| made.callback_url.starts_with(base)) {
            self.end_subscription(token, &made.uri).await?;
        }
        Ok(())
    }

    async fn end_subscription(&self, token: &SecretString, uri: &str) -> Result<(), CalendlyError> {
        match self.delete(&super::booking::path(uri)?, token).await {
            Err(CalendlyError::NotFound) => Ok(()),
            done => done,
        }
    }
}
