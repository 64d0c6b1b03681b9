//! With what an account at Calendly is spoken to.

use providers::calendly::{CalendlyAccount, CalendlyError};
use secrecy::SecretString;
use types::UserId;

use super::token::{MARGIN, renew};
use super::{Offer, SchedulingError, account_place, offer_place, store, token_place};
use crate::base::{Deps, LOOKS, Op};
use crate::vault::PersonKey;

/// A token, and whose it is.
pub(super) struct Access {
    pub user: UserId,
    pub token: SecretString,
    pub account: CalendlyAccount,
    token_sealed: Vec<u8>,
}

/// Which event type is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which<'a> {
    /// By its id here.
    Id(uuid::Uuid),
    /// By the hash of its name there, which it keeps when the account is connected again.
    Hash(&'a [u8]),
}

/// The account of the person of `op`.
pub(super) async fn access(deps: &Deps, op: &Op) -> Result<Access, SchedulingError> {
    Ok(access_to(deps, op, None).await?.0)
}

/// The same, with what Calendly calls one of its event types, and its id here. A token that is about to end is renewed first.
pub(super) async fn access_to(
    deps: &Deps,
    op: &Op,
    which: Option<Which<'_>>,
) -> Result<(Access, Option<(uuid::Uuid, Offer)>), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    for _ in 0..LOOKS {
        let mut tx = deps.begin(op).await?;
        let sealed = store::find_account(&mut tx, user).await?.ok_or(SchedulingError::NotConnected)?;
        if sealed.expires_at.is_some_and(|at| at <= deps.now() + MARGIN) {
            tx.rollback().await?;
            renew(deps, op, user, &sealed).await?;
            continue;
        }
        let key = PersonKey::load_in(&mut tx, deps, user).await?;
        let found = match which {
            Some(Which::Id(id)) => store::find_offer(&mut tx, user, Some(id), None).await?,
            Some(Which::Hash(hash)) => store::find_offer(&mut tx, user, None, Some(hash)).await?,
            None => None,
        };
        tx.rollback().await?;
        let event_type = match found {
            Some((id, offer)) => {
                let offer: Offer = serde_json::from_slice(&key.open(offer_place(id), &offer)?)?;
                Some((id, offer))
            }
            // Asked for and not there any more.
            None if which.is_some() => return Err(SchedulingError::Calendly(CalendlyError::NotFound)),
            None => None,
        };
        let token = key.open_secret(token_place(user), &sealed.token)?;
        let account = serde_json::from_slice(&key.open(account_place(user), &sealed.account)?)?;
        return Ok((Access { user, token, account, token_sealed: sealed.token }, event_type));
    }
    Err(CalendlyError::Down.into())
}

impl Access {
    /// What Calendly answered. A token of a consent that it refuses before its time is renewed before anything is asked again.
    pub async fn heard<T>(&self, deps: &Deps, op: &Op, answer: Result<T, CalendlyError>) -> Result<T, SchedulingError> {
        if matches!(answer, Err(CalendlyError::TokenRefused)) {
            let mut tx = deps.begin(op).await?;
            store::expire_token(&mut tx, self.user, &self.token_sealed, deps.now()).await?;
            tx.commit().await?;
        }
        Ok(answer?)
    }
}
