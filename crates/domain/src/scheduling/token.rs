//! Tokens of a consent are renewed before they end, by one at a time on any number of replicas.
//!
//! A lease in the row says who renews; the others wait, and read what was stored. No transaction is open while Calendly is asked, and the new pair
//! is committed before it is used: a refresh token works once.

use chrono::TimeDelta;
use providers::calendly::CalendlyError;
use secrecy::{ExposeSecret, SecretString};
use types::UserId;

use super::consent::Tokens;
use super::{SchedulingError, refresh_place, store, token_place};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, LEASE, Op, look_again};
use crate::limits::{self, Limit};
use crate::vault::PersonKey;

/// A token that lives less than this is renewed before it is used.
pub(super) const MARGIN: TimeDelta = TimeDelta::minutes(5);

/// Renews the tokens of `user`, if nobody else does: `sealed` is what was seen of them.
pub(super) async fn renew(deps: &Deps, op: &Op, user: UserId, sealed: &store::SealedAccount) -> Result<(), SchedulingError> {
    let Some(refresh_sealed) = &sealed.refresh_token else { return Ok(()) };
    let now = deps.now();
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let is_leased = store::lease_refresh(&mut tx, user, refresh_sealed, now, now + LEASE).await?;
    tx.commit().await?;
    if !is_leased {
        look_again().await;
        return Ok(());
    }
    let token = key.open_secret(refresh_place(user), refresh_sealed)?;
    let (own_deps, own_op, seen) = (deps.clone(), op.clone(), refresh_sealed.clone());
    // If the caller goes away between Calendly's answer and our commit, the answer is still stored.
    let work = async move { exchange(&own_deps, &own_op, user, &token, &seen).await };
    deps.finish(work).await.unwrap_or(Err(CalendlyError::Down.into()))
}

async fn exchange(deps: &Deps, op: &Op, user: UserId, token: &SecretString, seen: &[u8]) -> Result<(), SchedulingError> {
    let allowed = limits::take(deps, op, Limit::CalendlyTokens, user.0.as_bytes()).await?;
    let answer = match allowed {
        Ok(()) => deps.providers.calendly.refresh(token).await,
        Err(_) => Err(CalendlyError::RateLimited { wait: None }),
    };
    let mut tx = deps.begin(op).await?;
    let tokens = match answer.map(|grant| Tokens::of(grant, deps.now())) {
        Ok(Some(tokens)) => tokens,
        failed => {
            store::end_lease(&mut tx, user, seen).await?;
            tx.commit().await?;
            return Err(failed.err().unwrap_or(CalendlyError::Unreadable).into());
        }
    };
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let sealed = SealedTokens::of(deps, &key, user, &tokens);
    // Kept only in the place of the one that was used: the account may have been connected anew, or given up.
    if store::put_tokens(&mut tx, user, seen, &sealed).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::CalendlyTokenRefreshed, user, user.0));
    }
    tx.commit().await?;
    Ok(())
}

/// Tokens as they are kept.
pub(super) struct SealedTokens {
    pub token: Vec<u8>,
    pub refresh_token: Option<Vec<u8>>,
    pub expires_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl SealedTokens {
    pub fn of(deps: &Deps, key: &PersonKey, user: UserId, tokens: &Tokens) -> Self {
        let seal = |place, token: &SecretString| key.seal(place, token.expose_secret().as_bytes(), &*deps.chance);
        Self {
            token: seal(token_place(user), &tokens.access),
            refresh_token: tokens.refresh.as_ref().map(|(token, _)| seal(refresh_place(user), token)),
            expires_at: tokens.refresh.as_ref().map(|(_, expires_at)| *expires_at),
        }
    }
}
