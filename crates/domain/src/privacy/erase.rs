//! Forgetting somebody. Each step looks first what there is, so that it is finished once, whatever dies on the way.

use chrono::TimeDelta;
use serde_json::json;
use types::{BookingId, BookingStatus, PrivacyRequestId, UserId};

use super::page::Holdings;
use super::store::{self, Begun};
use super::{PrivacyError, Request, certificate, letters};
use crate::accounts;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::booking::{self, BookingError};
use crate::calendar::{self, Which};
use crate::jobs::{Job, enqueue};
use crate::scheduling;

/// When it is looked again whether what was sold is settled.
const WHILE_UNSETTLED: TimeDelta = TimeDelta::minutes(10);
/// When it is looked again whether a legal hold was lifted.
const WHILE_HELD: TimeDelta = TimeDelta::days(1);
/// As long as somebody who does not answer is waited for.
const PATIENCE: TimeDelta = TimeDelta::days(3);
/// When it is looked again whether the audit log is sealed: within a second, as a rule.
const WHILE_UNSEALED: TimeDelta = TimeDelta::seconds(5);

/// Does what is due of it, and puts itself in again where something is not.
pub async fn erase(deps: &Deps, op: &Op, request: PrivacyRequestId) -> Result<(), PrivacyError> {
    let user = op.user().ok_or(PrivacyError::NotFound)?;
    let (request, holdings) = match begin(deps, op, user, request).await? {
        Begun::Yes(request, holdings) => (request, holdings),
        Begun::NotYet(at) => return again(deps, op, user, request, at).await,
        // Taken back, or done.
        Begun::Over => return Ok(()),
    };
    let mut tx = deps.begin(op).await?;
    let held = letters::held_until(&mut tx, user, deps.now()).await?;
    tx.rollback().await?;
    if let Some(until) = held {
        // It may be lifted before its day.
        return again(deps, op, user, request.id, until.min(deps.now() + WHILE_HELD)).await;
    }
    if !settle(deps, op, user).await? {
        return again(deps, op, user, request.id, deps.now() + WHILE_UNSETTLED).await;
    }
    // Providers are told while there is something to tell them with.
    booking::clear_calendly(deps, op).await?;
    calendar::disconnect(deps, op, Which::All).await?;
    scheduling::disconnect_calendly(deps, op).await?;
    // For a week at most: the month of the law leaves room for it.
    if !calendar::revoke_waiting(deps, op, user).await? {
        return again(deps, op, user, request.id, deps.now() + WHILE_UNSETTLED).await;
    }
    let asked = ask_sellers(deps, op, user, &request).await?;
    if forget(deps, op, &request, &holdings, asked).await? {
        return Ok(());
    }
    again(deps, op, user, request.id, deps.now() + WHILE_UNSEALED).await
}

/// Puts in what is open, at a start: a copy of the database that came back may know of a request and not of its job.
pub async fn resume_erasures(deps: &Deps) -> Result<(), sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    for (request, user, runs_at) in store::open_erasures(&mut tx).await? {
        enqueue(&mut tx, Job::EraseUser { user, request }.at(runs_at.max(deps.now())))?;
    }
    tx.commit().await
}

async fn begin(deps: &Deps, op: &Op, user: UserId, request: PrivacyRequestId) -> Result<Begun, PrivacyError> {
    let mut tx = deps.begin(op).await?;
    let begun = store::begin(&mut tx, request, user, deps.now()).await?;
    if let Begun::Yes(found, holdings) = &begun
        && store::note_holdings(&mut tx, found.id, holdings).await?
    {
        audit::append(&mut tx, deps, op, Event::done(Action::PrivacyErasureBegun, user, found.id.0));
    }
    tx.commit().await?;
    Ok(begun)
}

async fn again(
    deps: &Deps,
    op: &Op,
    user: UserId,
    request: PrivacyRequestId,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<(), PrivacyError> {
    let mut tx = deps.begin(op).await?;
    enqueue(&mut tx, Job::EraseUser { user, request }.at(at))?;
    tx.commit().await?;
    Ok(())
}

/// Ends what they sold and what they bought: their clients get everything back, they get what the policy says. `false`: money is on its way, or a
/// session is under way.
async fn settle(deps: &Deps, op: &Op, user: UserId) -> Result<bool, PrivacyError> {
    let sold = booking::list_unsettled(deps, op).await?;
    for (booking, status) in &sold {
        end(deps, op, user, *booking, *status).await?;
    }
    let mut tx = deps.begin(op).await?;
    let bought = store::bought_ahead(&mut tx, user).await?;
    tx.rollback().await?;
    for (builder, booking) in &bought {
        end(deps, &op.as_client_of(*builder), *builder, *booking, BookingStatus::Confirmed).await?;
    }
    if sold.is_empty() && bought.is_empty() {
        return Ok(true);
    }
    // What was ended just now and needs nothing more.
    let mut tx = deps.begin(op).await?;
    let is_bought = store::bought_ahead(&mut tx, user).await?.is_empty();
    tx.rollback().await?;
    Ok(is_bought && booking::list_unsettled(deps, op).await?.is_empty())
}

async fn end(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, status: BookingStatus) -> Result<(), PrivacyError> {
    // Those that wait for Stripe are waited for.
    if !status.takes_time() {
        return Ok(());
    }
    match booking::cancel(deps, op, builder, booking, None).await {
        // Under way, or over, or ended by somebody else this moment.
        Ok(()) | Err(BookingError::NotNow(_) | BookingError::NotFound) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Asks Calendly to forget them wherever they booked, in the name of whoever sold: how many accounts were asked, and how many may not ask. While Calendly
/// does not answer it is tried again, for three days.
async fn ask_sellers(deps: &Deps, op: &Op, user: UserId, request: &Request) -> Result<(u32, u32), PrivacyError> {
    let Some(email) = accounts::recipient(deps, user).await?.and_then(|recipient| recipient.email) else { return Ok((0, 0)) };
    let mut tx = deps.begin(op).await?;
    let sellers = store::bought_from(&mut tx, user).await?;
    tx.rollback().await?;
    let (mut asked, mut refused) = (0, 0);
    for builder in sellers {
        match scheduling::forget_invitee(deps, &op.as_client_of(builder), &email).await {
            Ok(true) => asked += 1,
            Err(error) if deps.now() < request.runs_at + PATIENCE => return Err(error.into()),
            Ok(false) | Err(_) => refused += 1,
        }
    }
    Ok((asked, refused))
}

/// The last step, in one transaction. `false`: an entry about them waits for its seal.
async fn forget(deps: &Deps, op: &Op, request: &Request, holdings: &Holdings, (asked, refused): (u32, u32)) -> Result<bool, PrivacyError> {
    let origin = audit::origin(deps).await?;
    let text = certificate::text(&origin, request, holdings, (asked, refused), deps.now());
    let note = audit::sign(deps, &text).await?;
    let mut tx = deps.begin(op).await?;
    let event = Event::of_installation(Action::PrivacyErased).on(request.id.0);
    audit::append(&mut tx, deps, op, event.with(json!({ "certificate_sha256": audit::digest(&note), "holdings": holdings, "calendly_asked": asked, "calendly_refused": refused })));
    if !store::erase(&mut tx, request.id, &note, deps.now()).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    tx.commit().await?;
    tracing::info!(request = %request.id, "somebody was forgotten");
    Ok(true)
}
