//! Money that goes back: asked for in the transaction that decides it, sent by a job, and followed until it has arrived.

use providers::stripe::{NewRefund, StripeRefund};
use types::{BookingId, Money, PaymentId, RefundId, RefundReason, RefundStatus, UserId};

use super::{Payment, PaymentError, Refund, store, stripe};
use crate::base::{Deps, Tx};
use crate::jobs::{Job, enqueue};

/// What is to go back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedRefund {
    pub builder: UserId,
    pub booking: BookingId,
    pub payment: PaymentId,
    pub amount: Money,
    pub reason: RefundReason,
}

/// What became of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefundChange {
    pub amount: Money,
    pub reason: RefundReason,
    pub status: RefundStatus,
}

/// Writes down that money is to go back, and has it sent. Never more than is left of what was paid, however many ask at once.
pub(crate) async fn ask_in(tx: &mut Tx, deps: &Deps, asked: AskedRefund) -> Result<RefundId, PaymentError> {
    let left = store::lock_left(tx, asked.payment).await?.unwrap_or(0);
    if asked.amount.minor <= 0 || asked.amount.minor > left {
        return Err(PaymentError::MoreThanIsLeft);
    }
    let id = RefundId(deps.new_id());
    store::insert_refund(tx, id, &asked, RefundStatus::Requested, None, deps.now()).await?;
    enqueue(tx, Job::SendRefund { user: asked.builder, booking: asked.booking, refund: id })?;
    Ok(id)
}

/// Sends it. Sent again after a crash it is the same refund, by its idempotency key.
pub(crate) async fn send(deps: &Deps, payment: &Payment, refund: &Refund) -> Result<StripeRefund, PaymentError> {
    let stripe = stripe(deps)?;
    let payment_intent = payment.payment_intent.clone().ok_or(PaymentError::NotSetUp)?;
    // Keys are forgotten after a day or later: what was done under one is looked for first.
    let known = stripe.refunds(&payment_intent).await?.into_iter().find(|known| known.reference == Some(refund.id.to_string()));
    if let Some(known) = known {
        return Ok(known);
    }
    let new = NewRefund { payment_intent, amount: refund.amount.minor, reference: refund.id.to_string() };
    Ok(stripe.refund(&new, &format!("refund:{}:{}", payment.booking, refund.id)).await?)
}

/// Everything that Stripe gave back of a payment.
pub(crate) async fn read_refunds(deps: &Deps, payment: &Payment) -> Result<Vec<StripeRefund>, PaymentError> {
    let stripe = stripe(deps)?;
    match &payment.payment_intent {
        Some(intent) => Ok(stripe.refunds(intent).await?),
        None => Ok(Vec::new()),
    }
}

/// Brings our rows to where Stripe's refunds stand, and says what changed. One that was made at Stripe's own page gets a row.
pub(crate) async fn mirror_in(
    tx: &mut Tx,
    deps: &Deps,
    payment: &Payment,
    theirs: &[StripeRefund],
) -> Result<Vec<RefundChange>, sqlx::Error> {
    let ours = store::refunds_in(tx, payment.booking, payment.amount.currency).await?;
    let mut changes = Vec::new();
    for refund in theirs {
        let is_same = |row: &&Refund| {
            row.stripe_refund.as_deref() == Some(&refund.id) || refund.reference.as_deref() == Some(row.id.to_string().as_str())
        };
        let amount = Money::new(refund.amount, payment.amount.currency);
        match ours.iter().find(is_same) {
            Some(row) if row.status == refund.status && row.stripe_refund.is_some() => {}
            // Read before something that is known already.
            Some(row) if refund.status == RefundStatus::Pending && row.stripe_refund.is_some() && row.status != RefundStatus::Requested => {
            }
            Some(row) => {
                store::set_refund(tx, row.id, refund, deps.now()).await?;
                if row.status != refund.status {
                    changes.push(RefundChange { amount, reason: row.reason, status: refund.status });
                }
            }
            None => {
                let reason = RefundReason::AtStripe;
                let asked = AskedRefund { builder: payment.builder, booking: payment.booking, payment: payment.id, amount, reason };
                store::insert_refund(tx, RefundId(deps.new_id()), &asked, refund.status, Some(&refund.id), deps.now()).await?;
                changes.push(RefundChange { amount, reason, status: refund.status });
            }
        }
    }
    Ok(changes)
}

/// That Stripe will not give it back. `false`: it is past that.
pub(crate) async fn refused_in(
    tx: &mut Tx,
    refund: RefundId,
    because: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, sqlx::Error> {
    store::set_refused(tx, refund, because, now).await
}
