//! What a provider is told after a connection was removed: stop pushing, then revoke the token. In this order, because stopping needs it. The token is
//! kept for that, sealed, until the provider was told, and for no longer than a week; a push channel that is left runs out within a week.

use std::time::Duration;

use chrono::TimeDelta;
use providers::calendar::{Credentials, PushSource};
use providers::oauth::{OauthSource, Revoked};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use types::UserId;
use uuid::Uuid;

use super::revocations::{self, RevocationRow};
use super::store;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, Tx};
use crate::calendar::CalendarError;
use crate::calendar::connection::{ConnectionRow, connections, refresh_token, usable_token};
use crate::calendar::push::channels::ChannelRow;
use crate::jobs::{Job, enqueue};
use crate::vault::{PersonKey, Place, VaultError};

/// For stopping pushes, of one connection.
const PATIENCE: Duration = Duration::from_secs(8);
/// The person waits no longer; what is not said by then is said while they go on.
const WAIT: Duration = Duration::from_secs(20);
/// Before a provider that did not answer is told again; at first for a process that died before it said anything, later a quarter of what it lasted so far.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// No longer than this.
const AGAIN_AT_MOST: TimeDelta = TimeDelta::hours(6);
/// For so long it is tried: longer than most outages, and than a provider is isolated.
const TRIED_FOR: TimeDelta = TimeDelta::days(7);
/// From when somebody comes back from a provider until their connection is kept: less than this.
const CONNECTING: TimeDelta = TimeDelta::minutes(1);

/// A token that is to be revoked, and what else ends with its connection.
pub(in crate::calendar) struct Revocation {
    row: RevocationRow,
    token: SecretString,
    access: Option<SecretString>,
    channels: Vec<ChannelRow>,
}

impl Revocation {
    /// Takes out of a connection what is needed once its row is gone, and has it done whatever becomes of this process. `None`: its token cannot be read,
    /// or there is none.
    pub(in crate::calendar) async fn prepare(
        tx: &mut Tx,
        deps: &Deps,
        user: UserId,
        key: &PersonKey,
        connection: &ConnectionRow,
        channels: Vec<ChannelRow>,
    ) -> Result<Option<Self>, sqlx::Error> {
        let Ok(token) = refresh_token(key, connection) else { return Ok(None) };
        let access = usable_token(deps, key, connection, None).ok().flatten();
        let id = deps.new_id();
        let row = RevocationRow {
            id,
            provider: connection.provider,
            account_hash: connection.account_hash.clone(),
            token_sealed: key.seal(place(id), token.expose_secret().as_bytes(), &*deps.chance),
            asked_at: deps.now(),
        };
        revocations::insert(tx, user, &row).await?;
        enqueue(tx, Job::RevokeToken { user, revocation: id }.at(deps.now() + AGAIN))?;
        Ok(Some(Self { row, token, access, channels }))
    }

    async fn run(mut self, deps: &Deps, op: &Op) -> Option<Revoked> {
        let source = deps.providers.oauth(self.row.provider)?;
        if let Some(push) = deps.providers.push(self.row.provider) {
            let closing = self.close_channels(source, push);
            if tokio::time::timeout(PATIENCE, closing).await.is_err() {
                tracing::info!(provider = %self.row.provider, "push channels of a removed connection are left to run out");
            }
        }
        let told = tell(deps, &self.row, &self.token).await;
        if let Some(told) = told
            && let Err(error) = end(deps, op, &self.row, told).await
        {
            tracing::warn!(%error, "that a token was revoked could not be kept; the provider is told once more");
        }
        told.and_then(Told::revoked)
    }

    async fn close_channels(&mut self, source: &dyn OauthSource, push: &dyn PushSource) {
        let open: Vec<_> = self.channels.iter().filter_map(|row| Some((row.external_id.clone()?, row.resource_id.clone()))).collect();
        if open.is_empty() {
            return;
        }
        if self.access.is_none() {
            let Ok(grant) = source.client().refresh(&self.token).await else { return };
            self.access = Some(grant.access_token);
            self.token = grant.refresh_token.unwrap_or_else(|| self.token.clone());
        }
        let Some(access) = self.access.take() else { return };
        let credentials = Credentials::Bearer(access);
        for (external_id, resource_id) in open {
            if push.close_channel(&credentials, &external_id, resource_id.as_deref()).await.is_err() {
                tracing::info!(provider = %self.row.provider, "a push channel of a removed connection is left to run out");
            }
        }
    }
}

/// How a revocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Revoked(Revoked),
    /// Somebody else is connected to the account, or its person is again: the provider would end that too.
    StillUsed,
    /// Nobody answered for too long.
    GivenUp,
}

impl Told {
    const fn revoked(self) -> Option<Revoked> {
        match self {
            Self::Revoked(revoked) => Some(revoked),
            Self::StillUsed | Self::GivenUp => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked(Revoked::Done) => "revoked",
            Self::Revoked(Revoked::ByPersonOnly) => "by_person_only",
            Self::StillUsed => "still_used",
            Self::GivenUp => "given_up",
        }
    }
}

fn place(id: Uuid) -> Place {
    Place::new("token_revocations", "token_sealed", id)
}

/// Says all of it, side by side, in a task of its own: a person who goes away does not cut it short. The answers are in order; `None`
/// where the provider could not be told, or not yet.
pub(in crate::calendar) async fn revoke_all(deps: &Deps, op: &Op, revocations: Vec<Revocation>) -> Vec<Option<Revoked>> {
    let count = revocations.len();
    let (own_deps, own_op) = (deps.clone(), op.clone());
    let telling = deps.finish(async move {
        futures::future::join_all(revocations.into_iter().map(|revocation| revocation.run(&own_deps, &own_op))).await
    });
    tokio::time::timeout(WAIT, telling).await.ok().flatten().unwrap_or_else(|| vec![None; count])
}

/// Tells a provider what it was not told when the connection was removed. One that does not answer is told again, for a week.
pub async fn revoke_token(deps: &Deps, op: &Op, user: UserId, revocation: Uuid) -> Result<(), CalendarError> {
    tell_again(deps, op, user, revocation).await.map(|_| ())
}

/// `false`: not now, and a job tells it later.
async fn tell_again(deps: &Deps, op: &Op, user: UserId, revocation: Uuid) -> Result<bool, CalendarError> {
    let mut tx = deps.begin(op).await?;
    let Some(row) = revocations::find(&mut tx, revocation).await? else { return Ok(true) };
    // A replica whose keys are older may not open it, and another one may.
    let token = match PersonKey::load_in(&mut tx, deps, user).await {
        Ok(key) => key.open_secret(place(row.id), &row.token_sealed).ok(),
        Err(VaultError::Database(error)) => return Err(error.into()),
        Err(_) => None,
    };
    // The provider would end the consent that is just being given too.
    let is_connecting = store::is_any_used_since(&mut tx, user, row.provider, deps.now() - CONNECTING).await?;
    tx.rollback().await?;
    let told = match &token {
        Some(token) if !is_connecting => tell(deps, &row, token).await,
        _ => None,
    };
    let lasted = deps.now() - row.asked_at;
    let told = told.or_else(|| (lasted >= TRIED_FOR).then_some(Told::GivenUp));
    if let Some(told) = told {
        end(deps, op, &row, told).await?;
        return Ok(true);
    }
    let mut tx = deps.begin(op).await?;
    enqueue(&mut tx, Job::RevokeToken { user, revocation }.at(deps.now() + (lasted / 4).clamp(AGAIN, AGAIN_AT_MOST)))?;
    tx.commit().await?;
    Ok(false)
}

/// Tells providers now what they were not told yet of the person. `false`: not all of them answered.
pub(crate) async fn revoke_waiting(deps: &Deps, op: &Op, user: UserId) -> Result<bool, CalendarError> {
    let mut tx = deps.begin(op).await?;
    let waiting = revocations::of_user(&mut tx, user).await?;
    tx.rollback().await?;
    let mut are_told = true;
    for revocation in waiting {
        are_told &= tell_again(deps, op, user, revocation).await?;
    }
    Ok(are_told)
}

/// `None`: not now.
async fn tell(deps: &Deps, row: &RevocationRow, token: &SecretString) -> Option<Told> {
    // One revocation ends every grant of the account: not that of somebody who shares it, or who connected it again meanwhile.
    match connections::is_connected(&deps.database, row.provider, &row.account_hash).await {
        Ok(false) => Some(Told::Revoked(deps.providers.oauth(row.provider)?.revoke(token).await.ok()?)),
        Ok(true) => Some(Told::StillUsed),
        Err(_) => None,
    }
}

/// The token is not needed any more.
async fn end(deps: &Deps, op: &Op, row: &RevocationRow, told: Told) -> Result<(), sqlx::Error> {
    let Some(user) = op.user() else { return Ok(()) };
    let mut tx = deps.begin(op).await?;
    if revocations::delete(&mut tx, row.id).await? {
        let outcome = if told == Told::GivenUp { Outcome::Failed } else { Outcome::Succeeded };
        let detail = json!({ "provider": row.provider, "told": told.as_str() });
        audit::append(&mut tx, deps, op, Event::done(Action::ConnectionRevoked, user, row.id).ending(outcome).with(detail));
    }
    tx.commit().await
}
