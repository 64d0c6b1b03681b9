//! What Stripe says of a booking's payments, and what follows from it.
//!
//! One way for everybody who hears of a payment: the client who comes back, the webhook, the job at the end of the hold, and the repair. Nobody is
//! believed but Stripe, which is asked each time; whoever comes second finds it done.

use providers::stripe::{CheckoutSession, CheckoutStatus, MoneyState, StripeRefund};
use serde_json::json;
use types::{Attention, BookingId, BookingStatus, Cause, Money, PaymentStatus, RefundReason, RefundStatus, Tax, UserId};

use super::change::{Note, attend_in, happen_in, note_in};
use super::machine::Happening;
use super::store::{self, BookingRow};
use super::{BookingError, letter, refund};
use crate::base::{Actor, Deps, Op, Tx};
use crate::jobs::{BookingMail, Job, enqueue};
use crate::limits::{self, Limit};
use crate::payments::{self, Payment};

/// A job of ours that hears of money hears of it from Stripe.
fn told_by(op: &Op) -> Cause {
    if matches!(op.actor, Actor::Client { .. }) { Cause::Client } else { Cause::Webhook }
}

/// Asks Stripe how the payments of a booking stand, and brings the booking to where that leads.
pub async fn settle(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let payments = payments::list_in(&mut tx, booking).await?;
    tx.rollback().await?;
    for payment in payments.iter().filter(|payment| payment.status != PaymentStatus::Paid) {
        if let Some(session) = payments::read_checkout(deps, payment).await? {
            apply(deps, op, builder, booking, payment, &session).await?;
        }
    }
    Ok(())
}

/// The client comes back from Stripe's page. However often they do, Stripe is asked so many times a minute.
pub async fn come_back(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    limits::take(deps, op, Limit::PaymentsOfBooking, booking.0.as_bytes()).await??;
    settle(deps, op, builder, booking).await
}

/// What follows from a session as it stands.
pub(super) async fn apply(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    payment: &Payment,
    session: &CheckoutSession,
) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    match (session.status, session.money) {
        (CheckoutStatus::Complete, MoneyState::Paid) => paid(&mut tx, deps, op, &mut row, payment, session).await?,
        (CheckoutStatus::Complete, MoneyState::Unpaid) if session.has_failed => {
            if payments::close_in(&mut tx, payment.id, PaymentStatus::Failed).await? {
                // What is over already stays over.
                let _ = happen_in(&mut tx, deps, op, &mut row, Happening::PaymentFailed, Note::new("payment_failed", told_by(op))).await?;
            }
        }
        (CheckoutStatus::Complete, MoneyState::Unpaid) => {
            if payments::pending_in(&mut tx, payment.id).await? {
                // The client has done their part: the time is theirs until the money comes, or fails to.
                store::set_held_until(&mut tx, row.id, row.starts_at).await?;
                enqueue(&mut tx, Job::ReleaseHold { user: builder, booking }.at(row.starts_at))?;
                note_in(&mut tx, deps, op, &row, Note::new("payment_pending", told_by(op))).await?;
            }
        }
        (CheckoutStatus::Expired, _) => {
            if payments::close_in(&mut tx, payment.id, PaymentStatus::Expired).await? {
                let _ = happen_in(&mut tx, deps, op, &mut row, Happening::TimeOver, Note::new("expired", told_by(op))).await?;
            }
        }
        (CheckoutStatus::Open, _) => {}
    }
    tx.commit().await?;
    Ok(())
}

/// Whether what was paid is what was asked for.
fn is_the_price(row: &BookingRow, session: &CheckoutSession, total: Money) -> bool {
    let without_added_tax = if row.tax == Tax::Exclusive { total.minor - session.tax } else { total.minor };
    total.currency == row.price.currency && without_added_tax == row.price.minor
}

async fn paid(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &mut BookingRow,
    payment: &Payment,
    session: &CheckoutSession,
) -> Result<(), BookingError> {
    let total = session.total.unwrap_or(payment.amount);
    if !payments::paid_in(tx, payment.id, session, total, deps.now()).await? {
        return Ok(());
    }
    let what = if is_the_price(row, session, total) { Happening::Paid } else { Happening::PaidWrong };
    let detail = json!({ "amount": total.minor, "currency": total.currency });
    let happened = happen_in(tx, deps, op, row, what, Note::new("paid", told_by(op)).with(detail)).await?;
    match (happened, row.status) {
        (Ok(()), BookingStatus::Paid) => enqueue(tx, Job::BookAtCalendly { user: row.builder, booking: row.id })?,
        (Ok(()), BookingStatus::NeedsAttention) => letter::post(tx, row, BookingMail::BuilderAttention)?,
        // The time was given up before the money came, or it was paid twice: it goes back, and nobody has to ask.
        (Ok(()) | Err(_), _) => {
            refund::ask_in(tx, deps, op, row, payment.id, total, RefundReason::PaidTooLate, told_by(op)).await?;
        }
    }
    if session.is_disputed && attend_in(tx, deps, op, row, Attention::Disputed, Cause::Webhook).await? {
        letter::post(tx, row, BookingMail::BuilderAttention)?;
    }
    Ok(())
}

/// Brings our refunds to where Stripe's stand, and the booking with them.
pub async fn mirror(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let payments = payments::list_in(&mut tx, booking).await?;
    tx.rollback().await?;
    for payment in payments.iter().filter(|payment| payment.status == PaymentStatus::Paid) {
        let theirs = payments::read_refunds(deps, payment).await?;
        let mut tx = deps.begin(op).await?;
        let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
        refunds_in(&mut tx, deps, op, &mut row, payment, &theirs).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Takes over how Stripe's refunds of a payment stand.
pub(super) async fn refunds_in(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &mut BookingRow,
    payment: &Payment,
    theirs: &[StripeRefund],
) -> Result<(), BookingError> {
    for change in payments::mirror_in(tx, deps, payment, theirs).await? {
        let detail = json!({ "amount": change.amount.minor, "currency": change.amount.currency, "reason": change.reason });
        match change.status {
            RefundStatus::Succeeded => came_back(tx, deps, op, row, change.reason, detail).await?,
            RefundStatus::Failed | RefundStatus::Canceled => did_not_come_back(tx, deps, op, row, detail).await?,
            RefundStatus::Requested | RefundStatus::Pending => {}
        }
    }
    Ok(())
}

async fn came_back(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &mut BookingRow,
    why: RefundReason,
    detail: serde_json::Value,
) -> Result<(), BookingError> {
    let refunds = payments::refunds_in(tx, row.id, row.price.currency).await?;
    let is_under_way = refunds.iter().any(payments::Refund::is_under_way);
    let paid: i64 = payments::list_in(tx, row.id).await?.iter().filter_map(Payment::paid).map(|paid| paid.minor).sum();
    let back: i64 = refunds.iter().filter(|refund| refund.status == RefundStatus::Succeeded).map(|refund| refund.amount.minor).sum();
    // Where something could not be given back, less than all of it mends nothing.
    let is_owed = row.status == BookingStatus::NeedsAttention && back < paid;
    let note = Note::new("refunded", Cause::Webhook).with(detail);
    if is_under_way || is_owed || happen_in(tx, deps, op, row, Happening::RefundSucceeded, note.clone()).await?.is_err() {
        note_in(tx, deps, op, row, note).await?;
    }
    if why == RefundReason::AtStripe
        && row.status.takes_time()
        && attend_in(tx, deps, op, row, Attention::RefundedElsewhere, Cause::Webhook).await?
    {
        letter::post(tx, row, BookingMail::BuilderAttention)?;
    }
    letter::post(tx, row, BookingMail::Refunded)?;
    Ok(())
}

pub(super) async fn did_not_come_back(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &mut BookingRow,
    detail: serde_json::Value,
) -> Result<(), BookingError> {
    let note = Note::new("refund_failed", Cause::Webhook).with(detail);
    if happen_in(tx, deps, op, row, Happening::RefundFailed, note.clone()).await?.is_err() {
        note_in(tx, deps, op, row, note).await?;
        attend_in(tx, deps, op, row, Attention::RefundFailed, Cause::Webhook).await?;
    }
    letter::post(tx, row, BookingMail::BuilderAttention)?;
    Ok(())
}

/// Whether nothing more comes of a dispute.
pub(super) fn is_decided(status: &str) -> bool {
    matches!(status, "won" | "lost" | "warning_closed" | "prevented")
}

/// How a dispute of a payment stands, as Stripe told of it. While it is open the booking needs its builder, and nothing is given back.
pub async fn dispute(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, id: &str, status: &str) -> Result<(), BookingError> {
    let is_over = is_decided(status);
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    for payment in payments::list_in(&mut tx, booking).await?.into_iter().filter(|payment| payment.status == PaymentStatus::Paid) {
        if !payments::disputed_in(&mut tx, payment.id, id, status).await? {
            continue;
        }
        if is_over && row.attention == Some(Attention::Disputed) {
            let left = (row.status == BookingStatus::NeedsAttention).then_some(Attention::RefundFailed);
            store::set_attention(&mut tx, row.id, left, deps.now()).await?;
            row.attention = left;
            note_in(
                &mut tx,
                deps,
                op,
                &row,
                Note::new("mended", Cause::Webhook).with(json!({ "why": Attention::Disputed, "dispute": status })),
            )
            .await?;
        } else if !is_over && attend_in(&mut tx, deps, op, &mut row, Attention::Disputed, Cause::Webhook).await? {
            letter::post(&mut tx, &row, BookingMail::BuilderAttention)?;
        }
    }
    tx.commit().await?;
    Ok(())
}
