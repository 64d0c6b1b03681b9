//! Giving a time free again that was not paid.

use types::{BookingId, BookingStatus, Cause, PaymentStatus, UserId};

use super::change::{Note, happen_in};
use super::machine::Happening;
use super::{BookingError, settle, store};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::payments;

/// Ends Stripe's page, and gives the time free when its hold is over or it was cancelled. A payment that was faster is taken; while Stripe does not
/// say how it stands, the time stays held: the job is tried again.
pub async fn release(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let payments = payments::list_in(&mut tx, booking).await?;
    tx.rollback().await?;
    let waits = matches!(row.status, BookingStatus::Held | BookingStatus::AwaitingPayment);
    if waits && row.held_until > deps.now() {
        // Held for longer since: come back then.
        let mut tx = deps.begin(op).await?;
        enqueue(&mut tx, Job::ReleaseHold { user: builder, booking }.at(row.held_until))?;
        tx.commit().await?;
        return Ok(());
    }
    for payment in payments.iter().filter(|payment| payment.status == PaymentStatus::Open) {
        if let Some(session) = payments::end_checkout(deps, payment).await? {
            settle::apply(deps, op, builder, booking, payment, &session).await?;
        }
    }
    for payment in payments.iter().filter(|payment| payment.status == PaymentStatus::Pending) {
        if let Some(session) = payments::read_checkout(deps, payment).await? {
            settle::apply(deps, op, builder, booking, payment, &session).await?;
        }
    }
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    for payment in payments.iter().filter(|payment| payment.status == PaymentStatus::Opening) {
        payments::close_in(&mut tx, payment.id, PaymentStatus::Expired).await?;
    }
    if row.held_until <= deps.now() {
        // Paid, cancelled or expired meanwhile, it stays what it is.
        let _ = happen_in(&mut tx, deps, op, &mut row, Happening::TimeOver, Note::new("expired", Cause::Job)).await?;
    }
    tx.commit().await?;
    Ok(())
}
