//! What a provider is asked with. Access tokens are refreshed by one at a time, on any number of replicas.
//!
//! A lease in the row says who refreshes; the others wait and read what was stored. No transaction is open while the provider
//! is asked, and the new tokens are stored before they are used.

use chrono::{DateTime, TimeDelta, Utc};
use providers::calendar::Credentials;
use secrecy::{ExposeSecret, SecretString};
use types::{ConnectionId, HealthReason, Provider};

use super::failure::SyncFailure;
use super::store::connections::{self, ConnectionRow};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, LEASE, LOOKS, Op, look_again};
use crate::vault::{PersonKey, Place};

/// A token that lives less than this is refreshed before it is used.
const MARGIN: TimeDelta = TimeDelta::minutes(2);

pub(in crate::calendar) const fn place(column: &'static str, connection: ConnectionId) -> Place {
    Place::new("calendar_connections", column, connection.0)
}

/// Credentials that should work now. `refused`: an access token the provider has just refused, which is then not used again.
pub(in crate::calendar) async fn credentials(
    deps: &Deps,
    op: &Op,
    connection: ConnectionId,
    refused: Option<&SecretString>,
) -> Result<Credentials, SyncFailure> {
    for _ in 0..LOOKS {
        let mut tx = deps.begin(op).await?;
        let row = connections::find(&mut tx, connection).await?.ok_or(SyncFailure::Gone)?;
        let key = PersonKey::load_in(&mut tx, deps, row.user_id).await?;
        if row.provider == Provider::Caldav {
            return caldav_credentials(&key, &row);
        }
        if let Some(token) = usable_token(deps, &key, &row, refused)? {
            return Ok(Credentials::Bearer(token));
        }
        let seen = row.access_token_sealed.as_deref();
        let leased = connections::lease_refresh(&mut tx, connection, seen, deps.now(), deps.now() + LEASE).await?;
        tx.commit().await?;
        if leased {
            let refresh_token = refresh_token(&key, &row)?;
            let (own_deps, own_op, provider, consented_at) = (deps.clone(), op.clone(), row.provider, row.consented_at);
            // If the caller goes away between the provider's answer and our commit, the answer is still stored.
            let work = async move { refresh(&own_deps, &own_op, provider, connection, &refresh_token, consented_at).await };
            return deps.finish(work).await.ok_or(SyncFailure::because(HealthReason::ProviderDown))?.map(Credentials::Bearer);
        }
        look_again().await;
    }
    Err(SyncFailure::because(HealthReason::ProviderDown))
}

pub(in crate::calendar) fn usable_token(
    deps: &Deps,
    key: &PersonKey,
    row: &ConnectionRow,
    refused: Option<&SecretString>,
) -> Result<Option<SecretString>, SyncFailure> {
    let (Some(sealed), Some(expires_at)) = (&row.access_token_sealed, row.access_token_expires_at) else { return Ok(None) };
    let token = key.open_secret(place("access_token_sealed", row.id), sealed)?;
    let was_refused = refused.is_some_and(|refused| refused.expose_secret() == token.expose_secret());
    Ok((expires_at > deps.now() + MARGIN && !was_refused).then_some(token))
}

pub(in crate::calendar) fn refresh_token(key: &PersonKey, row: &ConnectionRow) -> Result<SecretString, SyncFailure> {
    let sealed = row.refresh_token_sealed.as_ref().ok_or(SyncFailure::because(HealthReason::ConsentWithdrawn))?;
    Ok(key.open_secret(place("refresh_token_sealed", row.id), sealed)?)
}

fn caldav_credentials(key: &PersonKey, row: &ConnectionRow) -> Result<Credentials, SyncFailure> {
    let (Some(server), Some(password)) = (&row.server_url_sealed, &row.password_sealed) else {
        return Err(SyncFailure::because(HealthReason::KeyMissing));
    };
    Ok(Credentials::Basic {
        server: key
            .open_text(place("server_url_sealed", row.id), server)?
            .parse()
            .map_err(|_| SyncFailure::because(HealthReason::AddressRefused))?,
        username: key.open_text(place("account_sealed", row.id), &row.account_sealed)?,
        password: key.open_secret(place("password_sealed", row.id), password)?,
    })
}

async fn refresh(
    deps: &Deps,
    op: &Op,
    provider: Provider,
    connection: ConnectionId,
    refresh_token: &SecretString,
    consented_at: Option<DateTime<Utc>>,
) -> Result<SecretString, SyncFailure> {
    let source = deps.providers.oauth(provider).ok_or(SyncFailure::because(HealthReason::ClientRefused))?;
    let answer = source.client().refresh(refresh_token).await;
    let mut tx = deps.begin(op).await?;
    let row = connections::find(&mut tx, connection).await?.ok_or(SyncFailure::Gone)?;
    let grant = match answer {
        Ok(grant) => grant,
        Err(error) => {
            connections::end_lease(&mut tx, connection).await?;
            tx.commit().await?;
            return Err(error.into());
        }
    };
    let key = PersonKey::load_in(&mut tx, deps, row.user_id).await?;
    let seal = |column, token: &SecretString| key.seal(place(column, connection), token.expose_secret().as_bytes(), &*deps.chance);
    let access = seal("access_token_sealed", &grant.access_token);
    let refresh = grant.refresh_token.as_ref().map(|token| seal("refresh_token_sealed", token));
    let expires_at = deps.now() + TimeDelta::from_std(grant.expires_in).unwrap_or(TimeDelta::hours(1));
    connections::store_tokens(&mut tx, connection, &access, refresh.as_deref(), expires_at, consented_at).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::ConnectionTokenRefreshed, row.user_id, connection.0));
    tx.commit().await?;
    Ok(grant.access_token)
}
