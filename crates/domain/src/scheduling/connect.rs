//! A builder connects their account at Calendly: with a token they made there, or with what a consent gave (consent.rs).

use chrono::TimeDelta;
use providers::calendly::{CalendlyAccount, CalendlyError, EventType};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::consent::Tokens;
use super::token::SealedTokens;
use super::{NOTICE, SchedulingError, account_place, read, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::consents;
use crate::limits::{self, Limit};
use crate::vault::PersonKey;
use types::ConsentPurpose;

/// No token of Calendly's is longer.
const MAX_TOKEN: usize = 4_096;

/// Proves the token by reading with it, and keeps it, in the place of one that was there. Nothing is kept of a token that cannot read.
pub async fn connect_calendly(deps: &Deps, op: &Op, token: SecretString) -> Result<(), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    let token = SecretString::from(token.expose_secret().trim().to_owned());
    let is_one =
        (1..=MAX_TOKEN).contains(&token.expose_secret().len()) && token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
    if !is_one {
        return Err(SchedulingError::NoToken);
    }
    limits::take(deps, op, Limit::PasswordsOfPerson, user.0.as_bytes()).await??;
    keep(deps, op, Tokens { access: token, refresh: None }).await
}

/// Reads with the tokens, and keeps them and what was read.
pub(super) async fn keep(deps: &Deps, op: &Op, tokens: Tokens) -> Result<(), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    let (calendly, token) = (&deps.providers.calendly, &tokens.access);
    let account = calendly.account(token).await?;
    let event_types = calendly.event_types(token, &account.uri).await?;
    prove(deps, token, &account, &event_types).await?;

    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let row = store::AccountRow {
        user,
        account_hash: &deps.vault.lookup().hash("calendly account", account.uri.as_bytes()),
        account_sealed: &key.seal(account_place(user), &serde_json::to_vec(&account)?, &*deps.chance),
        tokens: &SealedTokens::of(deps, &key, user, &tokens),
        now: deps.now(),
    };
    if !store::put_account(&mut tx, &row).await? {
        return Err(SchedulingError::Taken);
    }
    read::keep_event_types(&mut tx, deps, &key, user, &event_types).await?;
    let by = if tokens.refresh.is_some() { "consent" } else { "token" };
    let detail = json!({ "event_types": event_types.len(), "by": by });
    audit::append(&mut tx, deps, op, Event::done(Action::CalendlyConnected, user, user.0).with(detail));
    consents::give_in(&mut tx, deps, op, user, ConsentPurpose::Calendly).await?;
    read::put_in(&mut tx, deps, user, read::EVERY)?;
    tx.commit().await?;
    read::listen(deps, token, &account).await;
    Ok(())
}

/// Reads with the token whatever is read later: one that lacks a scope is better refused now than when somebody wants to pay.
async fn prove(deps: &Deps, token: &SecretString, account: &CalendlyAccount, event_types: &[EventType]) -> Result<(), CalendlyError> {
    let (calendly, from) = (&deps.providers.calendly, deps.now() + NOTICE);
    calendly.events(token, &account.uri, from).await?;
    if let Some(sellable) = event_types.iter().find(|event_type| event_type.refusal.is_none()) {
        calendly.available_times(token, &sellable.uri, from, from + TimeDelta::days(1)).await?;
    }
    Ok(())
}
