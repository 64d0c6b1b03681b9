//! What a provider is told after a connection was removed: stop pushing, then forget the consent. In this order, because stopping
//! needs the consent. Nothing of it is kept; what does not succeed now runs out by itself, within a week.

use std::time::Duration;

use providers::calendar::{Credentials, PushSource};
use providers::oauth::{OauthSource, Revoked};
use secrecy::SecretString;
use types::Provider;

use crate::base::Deps;
use crate::calendar::connection::{ConnectionRow, connections, refresh_token, usable_token};
use crate::calendar::push::channels::ChannelRow;
use crate::vault::PersonKey;

/// For stopping pushes, of one connection.
const PATIENCE: Duration = Duration::from_secs(8);
/// The person waits no longer; what is not said by then is said while they go on.
const WAIT: Duration = Duration::from_secs(20);

/// Says all of it, side by side, in a task of its own: a person who goes away does not cut it short. The answers are in order; `None`
/// where the provider could not be told to forget, or not yet.
pub(in crate::calendar) async fn revoke_all(deps: &Deps, revocations: Vec<Revocation>) -> Vec<Option<Revoked>> {
    let count = revocations.len();
    let own_deps = deps.clone();
    let telling =
        deps.finish(async move { futures::future::join_all(revocations.into_iter().map(|revocation| revocation.run(&own_deps))).await });
    tokio::time::timeout(WAIT, telling).await.ok().flatten().unwrap_or_else(|| vec![None; count])
}

pub(in crate::calendar) struct Revocation {
    provider: Provider,
    account_hash: Vec<u8>,
    refresh: Option<SecretString>,
    access: Option<SecretString>,
    channels: Vec<ChannelRow>,
}

impl Revocation {
    /// Takes out of a connection what is needed once its row is gone. Without the person's key there is little to say.
    pub(in crate::calendar) fn prepare(deps: &Deps, key: Option<&PersonKey>, row: &ConnectionRow, channels: Vec<ChannelRow>) -> Self {
        let refresh = key.and_then(|key| refresh_token(key, row).ok());
        let access = key.and_then(|key| usable_token(deps, key, row, None).ok().flatten());
        Self { provider: row.provider, account_hash: row.account_hash.clone(), refresh, access, channels }
    }

    /// `None`: the provider could not be told to forget.
    async fn run(mut self, deps: &Deps) -> Option<Revoked> {
        let source = deps.providers.oauth(self.provider)?;
        if let Some(push) = deps.providers.push(self.provider) {
            let closing = self.close_channels(source, push);
            if tokio::time::timeout(PATIENCE, closing).await.is_err() {
                tracing::info!(provider = %self.provider, "push channels of a removed connection are left to run out");
            }
        }
        // One revocation ends every grant of the account: not that of somebody who shares it, or who connected it again meanwhile.
        let is_used = connections::is_connected(&deps.database, self.provider, &self.account_hash).await;
        if !matches!(is_used, Ok(false)) {
            return None;
        }
        source.revoke(self.refresh.as_ref()?).await.ok()
    }

    async fn close_channels(&mut self, source: &dyn OauthSource, push: &dyn PushSource) {
        let open: Vec<_> = self.channels.iter().filter_map(|row| Some((row.external_id.clone()?, row.resource_id.clone()))).collect();
        if open.is_empty() {
            return;
        }
        if self.access.is_none() {
            let Some(refresh) = &self.refresh else { return };
            let Ok(grant) = source.client().refresh(refresh).await else { return };
            self.access = Some(grant.access_token);
            self.refresh = grant.refresh_token.or(self.refresh.take());
        }
        let Some(access) = self.access.take() else { return };
        let credentials = Credentials::Bearer(access);
        for (external_id, resource_id) in open {
            if push.close_channel(&credentials, &external_id, resource_id.as_deref()).await.is_err() {
                tracing::info!(provider = %self.provider, "a push channel of a removed connection is left to run out");
            }
        }
    }
}
