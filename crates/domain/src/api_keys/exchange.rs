//! A program exchanges its key for a token.

use secrecy::SecretString;
use serde_json::json;
use types::Scope;

use super::make::hash;
use super::token::{self, LIFETIME};
use super::{ApiKeyError, Bearer, store};
use crate::accounts;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, act_as, present_lookup};
use crate::limits::{self, Limit};

/// What a program gets.
#[derive(Debug)]
pub struct Exchanged {
    /// The token.
    pub token: SecretString,
    /// How long it holds, in seconds.
    pub seconds: i64,
    /// What it allows.
    pub scopes: Vec<Scope>,
}

/// A token for `key`, for `wanted` of its scopes or all of them.
pub async fn exchange(deps: &Deps, op: &Op, key: &SecretString, wanted: &[Scope]) -> Result<Exchanged, ApiKeyError> {
    let now = deps.now();
    let mut tx = deps.database.begin(None).await?;
    let presented = hash(deps, key);
    present_lookup(&mut tx, &presented).await?;
    let Some(found) = store::find(&mut tx, &presented).await? else {
        // Whoever guesses is counted where they guess, and is nobody's entry.
        tx.rollback().await?;
        limits::take_for_client(deps, op, Limit::KeysFromAddress).await??;
        return Err(ApiKeyError::Refused);
    };
    act_as(&mut tx, found.user).await?;
    let refused = if accounts::is_locked_in(&mut tx, found.user).await? {
        Some((ApiKeyError::Refused, "locked"))
    } else if found.ended_at.is_some() {
        Some((ApiKeyError::Refused, "ended"))
    } else if found.expires_at <= now {
        Some((ApiKeyError::Refused, "expired"))
    } else if !wanted.iter().all(|scope| found.scopes.contains(scope)) {
        Some((ApiKeyError::ScopeMissing, "scope"))
    } else {
        None
    };
    if let Some((error, why)) = refused {
        // First, so that what is written is bounded by what is let through.
        limits::take_for_client(deps, op, Limit::KeysFromAddress).await??;
        let event = Event::done(Action::ApiKeyRefused, found.user, found.id.0).ending(Outcome::Refused).with(json!({ "because": why }));
        audit::append(&mut tx, deps, op, event);
        tx.commit().await?;
        return Err(error);
    }
    let scopes = if wanted.is_empty() { found.scopes } else { wanted.to_vec() };
    // Not longer than its key.
    let lifetime = LIFETIME.min(found.expires_at - now);
    let token = token::sign(deps, &Bearer { user: found.user, key: found.id, scopes: scopes.clone() }, lifetime)?;
    store::used(&mut tx, found.user, found.id, now).await?;
    let event = Event::done(Action::ApiKeyExchanged, found.user, found.id.0).with(json!({ "scopes": scopes }));
    audit::append(&mut tx, deps, &op.as_user(found.user), event);
    tx.commit().await?;
    Ok(Exchanged { token, seconds: lifetime.num_seconds(), scopes })
}

/// A token that we signed was refused. If that is because its person ended the key, somebody else has what they should not, and it is written down.
/// Returns whether it is.
pub async fn note_use_after_end(deps: &Deps, op: &Op, bearer: &Bearer) -> Result<bool, ApiKeyError> {
    if limits::take_for_client(deps, op, Limit::KeysFromAddress).await?.is_err() {
        return Ok(false);
    }
    let mut tx = deps.database.begin(Some(bearer.user)).await?;
    if !store::was_ended(&mut tx, bearer.user, bearer.key).await? {
        return Ok(false);
    }
    let event = Event::done(Action::ApiKeyRefused, bearer.user, bearer.key.0).ending(Outcome::Refused);
    audit::append(&mut tx, deps, op, event.with(json!({ "because": "token_after_end" })));
    tx.commit().await?;
    Ok(true)
}
