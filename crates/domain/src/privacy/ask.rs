//! Somebody wants to be forgotten, or does not any more.

use serde_json::json;
use types::{PrivacyRequestId, UserId};

use super::{DEADLINE, GRACE, PrivacyError, by_token, store, token, token_hash};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::offers;

/// Asks for it. It is done when the time for taking it back is over; one that is open already is the answer. Whoever sells sells nothing new from here on.
pub async fn ask_erasure(deps: &Deps, op: &Op) -> Result<PrivacyRequestId, PrivacyError> {
    let user = op.user().ok_or(PrivacyError::NotFound)?;
    let (id, now) = (PrivacyRequestId(deps.new_id()), deps.now());
    let mut tx = deps.begin(op).await?;
    let row = store::NewRequest {
        id,
        user,
        token_hash: &token_hash(deps, &token(deps, id)),
        asked_at: now,
        due_at: now + DEADLINE,
        runs_at: now + GRACE,
    };
    if !store::insert_erasure(&mut tx, &row).await? {
        tx.rollback().await?;
        let mut tx = deps.begin(op).await?;
        let open = store::find_open(&mut tx, user).await?.ok_or(PrivacyError::NotFound)?;
        tx.rollback().await?;
        return Ok(open);
    }
    let closed = offers::close_all_in(&mut tx, user, now).await?;
    let detail = json!({ "runs_at": row.runs_at, "sessions_closed": closed });
    audit::append(&mut tx, deps, op, Event::done(Action::PrivacyErasureAsked, user, id.0).with(detail));
    enqueue(&mut tx, Job::EraseUser { user, request: id }.at(row.runs_at))?;
    enqueue(&mut tx, Job::SendPrivacyMail { user, request: id })?;
    tx.commit().await?;
    Ok(id)
}

/// Takes the open one back.
pub async fn cancel_erasure(deps: &Deps, op: &Op) -> Result<(), PrivacyError> {
    let user = op.user().ok_or(PrivacyError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let open = store::find_open(&mut tx, user).await?.ok_or(PrivacyError::NotFound)?;
    tx.rollback().await?;
    cancel(deps, op, user, open).await
}

/// Takes back the one that a mailed link is for.
pub async fn cancel_erasure_by(deps: &Deps, op: &Op, token: &str) -> Result<(), PrivacyError> {
    let Some((request, Some(user))) = by_token(deps, token).await? else { return Err(PrivacyError::NotFound) };
    cancel(deps, &op.as_user(user), user, request).await
}

async fn cancel(deps: &Deps, op: &Op, user: UserId, request: PrivacyRequestId) -> Result<(), PrivacyError> {
    let mut tx = deps.begin(op).await?;
    if !store::cancel(&mut tx, request, deps.now()).await? {
        return Err(PrivacyError::TooLate);
    }
    audit::append(&mut tx, deps, op, Event::done(Action::PrivacyErasureCancelled, user, request.0));
    enqueue(&mut tx, Job::SendPrivacyMail { user, request })?;
    tx.commit().await?;
    Ok(())
}
