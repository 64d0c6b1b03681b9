//! Finding what webhooks lost and crashes left: every booking that waits for something is compared with Stripe and Calendly, and brought on.

use std::collections::HashMap;

use chrono::TimeDelta;
use providers::calendly::CalendlyError;
use types::{BookingId, BookingStatus, Drift, RefundStatus, UserId};

use super::drift::Standing;
use super::{BookingError, book, cancel, drift, finish, moved, refund, release, settle, store};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::limits::{self, Limit};
use crate::payments;
use crate::scheduling::{self, SchedulingError};

/// How often it is looked.
const EVERY: TimeDelta = TimeDelta::minutes(5);
/// What waits for longer is looked after.
const PATIENCE: TimeDelta = TimeDelta::minutes(2);

/// Puts in a repair of every booking that waits for something, and itself for the next time.
pub async fn reconcile(deps: &Deps, op: &Op) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    for (user, booking) in store::list_waiting(&mut tx, deps.now() - PATIENCE).await? {
        enqueue(&mut tx, Job::RepairBooking { user, booking })?;
    }
    for user in store::list_builders(&mut tx, deps.now()).await? {
        enqueue(&mut tx, Job::CompareWithCalendly { user })?;
    }
    enqueue(&mut tx, Job::ReconcileBookings.at(deps.now() + EVERY))?;
    tx.commit().await?;
    Ok(())
}

/// Compares what is ahead of a builder with what stands at Calendly, and has repaired what differs: what was moved or cancelled there without our
/// hearing of it. One that cannot be asked is asked the next time.
pub async fn compare(deps: &Deps, op: &Op) -> Result<(), BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let now = deps.now();
    let events = match scheduling::events_ahead(deps, op, now).await {
        Ok(events) => events,
        Err(error) => {
            tracing::warn!(%error, "what stands at Calendly could not be read");
            return Ok(());
        }
    };
    // Beyond the last one that was read nothing is known.
    let until = if events.len() < scheduling::MOST_EVENTS { None } else { events.last().map(|event| event.starts_at) };
    let there: HashMap<Vec<u8>, _> = events.into_iter().map(|event| (book::calendly_hash(deps, &event.uri), event.starts_at)).collect();
    let mut tx = deps.begin(op).await?;
    for (booking, starts_at, hash) in store::list_ahead(&mut tx, builder, now).await? {
        if until.is_none_or(|until| starts_at < until) && there.get(&hash) != Some(&starts_at) {
            let what = if there.contains_key(&hash) { Drift::Time } else { Drift::Cancellation };
            store::put_open_drift(&mut tx, deps.new_id(), builder, booking, what, None, now).await?;
            enqueue(&mut tx, Job::RepairBooking { user: builder, booking })?;
        }
    }
    scheduling::note_compared_in(&mut tx, builder, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Compares one booking of a builder with Stripe and Calendly now, because they ask for it, and brings it to where they say it stands.
pub async fn compare_now(deps: &Deps, op: &Op, booking: BookingId) -> Result<(), BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    limits::take(deps, op, Limit::SyncsOfPerson, builder.0.as_bytes()).await??;
    repair(deps, &Op::job(op.request_id, Some(builder)), builder, booking).await
}

/// Has everything of a builder compared that is not over, because they ask for it.
pub async fn compare_everything(deps: &Deps, op: &Op) -> Result<(), BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    limits::take(deps, op, Limit::SyncsOfPerson, builder.0.as_bytes()).await??;
    let mut tx = deps.begin(op).await?;
    for (booking, _) in store::list_unsettled(&mut tx, builder).await? {
        enqueue(&mut tx, Job::RepairBooking { user: builder, booking })?;
    }
    enqueue(&mut tx, Job::CompareWithCalendly { user: builder })?;
    tx.commit().await?;
    Ok(())
}

/// Everything that was booked with the person of `op` and is not over.
pub(crate) async fn list_unsettled(deps: &Deps, op: &Op) -> Result<Vec<(BookingId, BookingStatus)>, BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let bookings = store::list_unsettled(&mut tx, builder).await?;
    tx.rollback().await?;
    Ok(bookings)
}

/// Sees to it that nothing stands at Calendly any more of what the person of `op` called off here: the job that would have done it may be lost.
pub(crate) async fn clear_calendly(deps: &Deps, op: &Op) -> Result<(), BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let called_off = store::list_called_off(&mut tx, builder, deps.now()).await?;
    tx.rollback().await?;
    for booking in called_off {
        match cancel::cancel_at_calendly(deps, op, builder, booking).await {
            // There is nothing left to say it with: the account is given up, or lets nobody in any more.
            Err(BookingError::Scheduling(
                SchedulingError::NotConnected
                | SchedulingError::Calendly(CalendlyError::TokenRefused | CalendlyError::ScopeMissing | CalendlyError::Forbidden),
            )) => return Ok(()),
            done => done?,
        }
    }
    Ok(())
}

/// Brings one booking to where Stripe and Calendly say it stands, and writes down what differed.
pub async fn repair(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let before = Standing::of(&store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?);
    tx.rollback().await?;
    let result = bring_on(deps, op, builder, booking).await;
    drift::note(deps, op, builder, booking, before, &result).await?;
    result
}

/// Does for one booking what is due, whatever was to have done it: the same verbs, which look first.
async fn bring_on(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    settle::settle(deps, op, builder, booking).await?;
    send_refunds(deps, op, builder, booking).await?;
    match status(deps, op, builder, booking).await? {
        BookingStatus::Held | BookingStatus::AwaitingPayment => release::release(deps, op, builder, booking).await,
        BookingStatus::Paid => book::book_at_calendly(deps, op, builder, booking).await,
        BookingStatus::Confirmed => {
            // What needs no Calendly first: it may refuse, and a session that is over is over.
            settle::mirror(deps, op, builder, booking).await?;
            finish::finish(deps, op, builder, booking).await?;
            moved::follow_calendly(deps, op, builder, booking, None).await
        }
        _ => settle::mirror(deps, op, builder, booking).await,
    }
}

/// Refunds that were asked for and whose job is gone.
async fn send_refunds(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let refunds = payments::refunds_in(&mut tx, booking, row.price.currency).await?;
    tx.rollback().await?;
    for asked in refunds.into_iter().filter(|refund| refund.status == RefundStatus::Requested) {
        refund::send_refund(deps, op, builder, booking, asked.id).await?;
    }
    Ok(())
}

async fn status(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<BookingStatus, BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    tx.rollback().await?;
    Ok(row.status)
}
