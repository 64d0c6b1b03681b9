//! Money that goes back: by a builder's own will, and sent to Stripe.

use providers::stripe::StripeError;
use serde_json::json;
use types::{BookingId, BookingStatus, Cause, Money, PaymentId, RefundId, RefundReason, RefundStatus, UserId};

use super::change::{Note, cause, happen_in, note_in};
use super::machine::Happening;
use super::store::{self, BookingRow};
use super::{BookingError, settle};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::payments::{self, AskedRefund, PaymentError};

/// Asks for money to go back, and says so in the timeline. By itself, or in place of a person who is asked nothing.
#[expect(clippy::too_many_arguments, reason = "what a verb is handed, and the columns of one row")]
pub(super) async fn ask_in(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &BookingRow,
    payment: PaymentId,
    amount: Money,
    reason: RefundReason,
    by: Cause,
) -> Result<(), BookingError> {
    payments::ask_in(tx, deps, AskedRefund { builder: row.builder, booking: row.id, payment, amount, reason }).await?;
    let detail = json!({ "amount": amount.minor, "currency": amount.currency, "reason": reason });
    Ok(note_in(tx, deps, op, row, Note::new("refund_requested", by).with(detail)).await?)
}

/// A builder gives some of what was paid back, of their own will: the session stays as it is. `why` is one of the closed list on their page;
/// `expected_left` is what the page said was left, in minor units: a form that is sent twice does not give it back twice.
pub async fn give_back(
    deps: &Deps,
    op: &Op,
    booking: BookingId,
    amount: &str,
    expected_left: Option<i64>,
    why: &'static str,
) -> Result<Money, BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    let amount = Money::parse(amount, row.price.currency).map_err(BookingError::Amount)?;
    let Some((payment, left)) = payments::left_in(&mut tx, booking).await? else { return Err(PaymentError::MoreThanIsLeft.into()) };
    if expected_left.is_some_and(|expected| expected != left.minor) {
        return Err(BookingError::QuoteChanged);
    }
    let is_disputed = payment.dispute_status.as_deref().is_some_and(|status| !settle::is_decided(status));
    if is_disputed || row.attention == Some(types::Attention::Disputed) {
        return Err(BookingError::Disputed);
    }
    let reason = RefundReason::Goodwill;
    let refund = payments::ask_in(&mut tx, deps, AskedRefund { builder, booking, payment: payment.id, amount, reason }).await?;
    let detail = json!({ "amount": amount.minor, "currency": amount.currency, "reason": reason, "why": why });
    note_in(&mut tx, deps, op, &row, Note::new("refund_requested", cause(op)).with(detail.clone())).await?;
    let mut told = detail;
    told["booking"] = booking.to_string().into();
    audit::append(&mut tx, deps, op, Event::done(Action::RefundAsked, builder, refund.0).with(told));
    tx.commit().await?;
    Ok(amount)
}

/// A builder asks again for what could not be given back, after they mended what kept it.
pub async fn retry_refund(deps: &Deps, op: &Op, booking: BookingId) -> Result<(), BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    let failed = payments::refunds_in(&mut tx, booking, row.price.currency).await?;
    let failed = failed.into_iter().rev().find(|refund| matches!(refund.status, RefundStatus::Failed | RefundStatus::Canceled));
    let Some(failed) = failed.filter(|_| row.status == BookingStatus::NeedsAttention) else {
        return Err(BookingError::NotNow(super::NotNow(row.status)));
    };
    let asked = AskedRefund { builder, booking, payment: failed.payment, amount: failed.amount, reason: failed.reason };
    payments::ask_in(&mut tx, deps, asked).await?;
    let detail = json!({ "amount": failed.amount.minor, "currency": failed.amount.currency, "reason": failed.reason });
    happen_in(&mut tx, deps, op, &mut row, Happening::RefundAsked, Note::new("refund_requested", cause(op)).with(detail)).await??;
    tx.commit().await?;
    Ok(())
}

/// Sends a refund to Stripe and takes over what becomes of it. One that was sent is only looked at.
pub async fn send_refund(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, refund: RefundId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let found = payments::refunds_in(&mut tx, booking, row.price.currency).await?.into_iter().find(|row| row.id == refund);
    let payment = payments::list_in(&mut tx, booking).await?.into_iter().find(|row| Some(row.id) == found.as_ref().map(|row| row.payment));
    tx.rollback().await?;
    let (Some(refund), Some(payment)) = (found, payment) else { return Ok(()) };
    if refund.status == RefundStatus::Requested {
        match payments::send(deps, &payment, &refund).await {
            Ok(sent) => {
                let mut tx = deps.begin(op).await?;
                let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
                settle::refunds_in(&mut tx, deps, op, &mut row, &payment, &[sent]).await?;
                tx.commit().await?;
                return Ok(());
            }
            // Stripe will not, however often it is asked: given back by hand already, or disputed.
            Err(PaymentError::Stripe(error @ (StripeError::WrongState | StripeError::WrongAmount | StripeError::NotFound))) => {
                return refused(deps, op, builder, booking, &refund, error).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    settle::mirror(deps, op, builder, booking).await
}

async fn refused(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    refund: &payments::Refund,
    error: StripeError,
) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if payments::refused_in(&mut tx, refund.id, error.as_str(), deps.now()).await? {
        let detail = json!({ "amount": refund.amount.minor, "currency": refund.amount.currency, "because": error.as_str() });
        settle::did_not_come_back(&mut tx, deps, op, &mut row, detail).await?;
    }
    tx.commit().await?;
    Ok(())
}
