//! Reads what can be booked at Calendly: each day, and when the builder asks.

use chrono::TimeDelta;
use providers::calendly::{CalendlyAccount, CalendlyError, EventType};
use secrecy::SecretString;
use serde_json::json;
use types::UserId;

use super::access::access;
use super::{Offer, SchedulingError, offer_place, signing_key, store};
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, Tx};
use crate::jobs::{Job, enqueue};
use crate::limits::{self, Limit};
use crate::vault::PersonKey;

/// How often it is read without being asked for.
pub(super) const EVERY: TimeDelta = TimeDelta::days(1);
/// The same while it fails.
const WHILE_FAILING: TimeDelta = TimeDelta::minutes(30);

/// The builder asks for it now.
pub async fn read_again(deps: &Deps, op: &Op) -> Result<(), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    limits::take(deps, op, Limit::SyncsOfPerson, user.0.as_bytes()).await??;
    read_calendly(deps, op, user).await
}

/// Reads the account and what can be booked there. What was read before stays when this fails, and it is written down that it did. Puts itself in for
/// the next time; one that has no account any more does not.
pub async fn read_calendly(deps: &Deps, op: &Op, user: UserId) -> Result<(), SchedulingError> {
    let mut tx = deps.begin(op).await?;
    let account_sealed = store::find_account(&mut tx, user).await?.ok_or(SchedulingError::NotConnected)?.account;
    tx.rollback().await?;
    let read = match read(deps, op).await {
        Ok(event_types) => Ok(event_types),
        Err(SchedulingError::Calendly(error)) => Err(of_account(error)),
        Err(error) => return Err(error),
    };

    let mut tx = deps.begin(op).await?;
    // The account may have been connected anew, or given up, while Calendly was asked.
    if !store::lock_account(&mut tx, user, &account_sealed).await? {
        return Ok(());
    }
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let event = match &read {
        Ok(event_types) => {
            keep_event_types(&mut tx, deps, &key, user, event_types).await?;
            store::note_read(&mut tx, user, deps.now()).await?;
            Event::done(Action::CalendlyRead, user, user.0).with(json!({ "event_types": event_types.len() }))
        }
        Err(error) => {
            let is_new = store::note_failure(&mut tx, user, error.as_str(), deps.now()).await?;
            // Told once, and only of what does not go by itself.
            if is_new && needs_builder(*error) {
                enqueue(&mut tx, Job::MailBrokenCalendly { user })?;
            }
            let detail = json!({ "because": error.as_str() });
            Event::done(Action::CalendlyReadFailed, user, user.0).ending(Outcome::Failed).with(detail)
        }
    };
    audit::append(&mut tx, deps, op, event);
    put_in(&mut tx, deps, user, if read.is_ok() { EVERY } else { WHILE_FAILING })?;
    tx.commit().await?;
    read.map(|_| ()).map_err(Into::into)
}

/// Whether only the builder can mend it.
const fn needs_builder(error: CalendlyError) -> bool {
    matches!(error, CalendlyError::TokenRefused | CalendlyError::ScopeMissing | CalendlyError::Forbidden)
}

/// The same for an account: what is asked here is always there, and always fits.
const fn of_account(error: CalendlyError) -> CalendlyError {
    match error {
        CalendlyError::NotFound | CalendlyError::DoesNotFit => CalendlyError::Unreadable,
        error => error,
    }
}

async fn read(deps: &Deps, op: &Op) -> Result<Vec<EventType>, SchedulingError> {
    match read_once(deps, op).await {
        // What a consent gave was renewed meanwhile; a personal token is refused again.
        Err(SchedulingError::Calendly(CalendlyError::TokenRefused)) => read_once(deps, op).await,
        read => read,
    }
}

async fn read_once(deps: &Deps, op: &Op) -> Result<Vec<EventType>, SchedulingError> {
    let (calendly, access) = (&deps.providers.calendly, access(deps, op).await?);
    // A token keeps working when its account leaves an organization; then what it says of itself changes.
    let present = access.heard(deps, op, calendly.account(&access.token).await).await?;
    if present.uri != access.account.uri {
        return Err(CalendlyError::TokenRefused.into());
    }
    let event_types = calendly.event_types(&access.token, &present.uri).await?;
    listen(deps, &access.token, &present).await;
    Ok(event_types)
}

/// Sees to it that Calendly tells us what changes. Where it does not let us, what changed is found by comparing.
pub(super) async fn listen(deps: &Deps, token: &SecretString, account: &CalendlyAccount) {
    let name = deps.new_id().to_string();
    if let Err(error) = deps.providers.calendly.keep_subscription(token, account, &signing_key(deps), &name).await {
        tracing::warn!(%error, "Calendly does not tell what changes; it is compared instead");
    }
}

/// Puts the next read in.
pub(super) fn put_in(tx: &mut Tx, deps: &Deps, user: UserId, after: TimeDelta) -> Result<(), sqlx::Error> {
    enqueue(tx, Job::ReadCalendly { user }.at(deps.now() + after))
}

/// Puts what was read in the place of what was there. Those that are still there keep their ids.
pub(super) async fn keep_event_types(
    tx: &mut Tx,
    deps: &Deps,
    key: &PersonKey,
    user: UserId,
    event_types: &[EventType],
) -> Result<(), SchedulingError> {
    let hash = |uri: &str| event_type_hash(deps, uri);
    let present = store::list_event_types(tx, user).await?;
    let hashes: Vec<Vec<u8>> = event_types.iter().map(|event_type| hash(&event_type.uri)).collect();
    store::delete_event_types_but(tx, user, &hashes).await?;
    for (event_type, uri_hash) in event_types.iter().zip(&hashes) {
        let id = present.iter().find(|(_, known)| known == uri_hash).map_or_else(|| deps.new_id(), |(id, _)| *id);
        let offer = serde_json::to_vec(&Offer::of(event_type))?;
        let row = store::EventTypeRow {
            id,
            user,
            uri_hash,
            offer_sealed: &key.seal(offer_place(id), &offer, &*deps.chance),
            minutes: event_type.minutes,
            questions: &json!(event_type.questions),
            refusal: event_type.refusal.map(|refusal| refusal.as_str()),
        };
        store::put_event_type(tx, &row).await?;
    }
    Ok(())
}

/// The hash by which an event type is known here, also when the account is connected anew.
pub(crate) fn event_type_hash(deps: &Deps, uri: &str) -> Vec<u8> {
    deps.vault.lookup().hash("calendly event type", uri.as_bytes()).to_vec()
}
