//! Cancelling: by the client, who gets back what the policy says, or by the builder, who gives everything back.

use chrono::{DateTime, Utc};
use serde_json::json;
use types::{BookingId, BookingStatus, Cause, Money, RefundReason, UserId};

use super::change::{Note, cause, happen_in};
use super::machine::Happening;
use super::store::{self, BookingRow};
use super::{BookingError, book, client, letter, moved, refund};
use crate::base::{Deps, Op, Tx};
use crate::jobs::{BookingMail, Job, enqueue};
use crate::offers::Policy;
use crate::payments::{self, Payment};
use crate::scheduling;

/// What comes back to a client who cancels at `now` what they paid: the share that the policy they accepted says, less what they have back already.
/// What was never booked was never theirs to lose: then everything that is left goes back, as it would if they waited.
pub fn quote(policy: &Policy, status: BookingStatus, paid: Money, back: Money, starts_at: DateTime<Utc>, now: DateTime<Utc>) -> Money {
    let share = if status == BookingStatus::Paid { paid } else { policy.refund(paid, starts_at, now) };
    Money::new((share.minor - back.minor).clamp(0, paid.minor - back.minor), paid.currency)
}

/// Cancels a booking. `expected` is what the page said that comes back, in minor units: less than that is not done without saying so.
pub async fn cancel(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, expected: Option<i64>) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    // By whoever asks.
    let by = cause(op);
    cancel_in(&mut tx, deps, op, &mut row, Cancelling { by, at: deps.now(), expected }).await?;
    tx.commit().await?;
    Ok(())
}

/// Who cancels, when, and what they were told that comes back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cancelling {
    pub by: Cause,
    /// At Calendly it may have been earlier than we hear of it.
    pub at: DateTime<Utc>,
    pub expected: Option<i64>,
}

/// The same inside of something larger.
pub(super) async fn cancel_in(tx: &mut Tx, deps: &Deps, op: &Op, row: &mut BookingRow, cancelling: Cancelling) -> Result<(), BookingError> {
    let Cancelling { by, at, expected } = cancelling;
    let before = row.status;
    let is_over = before == BookingStatus::Confirmed && row.starts_at <= at && by == Cause::Client;
    if is_over {
        return Err(BookingError::NotNow(super::NotNow(before)));
    }
    let amount = match payments::left_in(tx, row.id).await? {
        Some((payment, left)) => {
            let amount = back(row, &payment, left, by, at);
            Some((payment, amount))
        }
        None => None,
    };
    let gives_back = amount.as_ref().is_some_and(|(_, amount)| amount.minor > 0);
    if expected.is_some_and(|expected| amount.as_ref().map_or(0, |(_, amount)| amount.minor) < expected) {
        return Err(BookingError::QuoteChanged);
    }
    let detail = amount.as_ref().map_or_else(|| json!({}), |(_, amount)| json!({ "back": amount.minor, "currency": amount.currency }));
    happen_in(tx, deps, op, row, Happening::Cancelled { gives_back }, Note::new("cancelled", by).with(detail)).await??;
    if let Some((payment, amount)) = amount.filter(|(_, amount)| amount.minor > 0) {
        let reason = if by == Cause::Client { RefundReason::ClientCancelled } else { RefundReason::BuilderCancelled };
        refund::ask_in(tx, deps, op, row, payment.id, amount, reason, by).await?;
    }
    match before {
        // Nobody can pay it any more, and a payment that was faster goes back.
        BookingStatus::Held | BookingStatus::AwaitingPayment => {
            enqueue(tx, Job::ReleaseHold { user: row.builder, booking: row.id })?;
        }
        _ => {
            enqueue(tx, Job::CancelAtCalendly { user: row.builder, booking: row.id })?;
            letter::post(tx, row, BookingMail::Cancelled)?;
            letter::post(tx, row, BookingMail::BuilderCancelled)?;
        }
    }
    Ok(())
}

fn back(row: &BookingRow, payment: &Payment, left: Money, by: Cause, at: DateTime<Utc>) -> Money {
    if by != Cause::Client {
        return left;
    }
    let paid = payment.paid().unwrap_or(left);
    let back = Money::new(paid.minor - left.minor, left.currency);
    // One that is not in the list any more would be a mistake of ours.
    Policy::find(&row.policy, row.policy_version).map_or(left, |policy| quote(policy, row.status, paid, back, row.starts_at, at))
}

/// Cancels at Calendly what is cancelled here: wherever it stands there by now, and also what was booked without our hearing of it.
pub async fn cancel_at_calendly(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let (client, key) = client::of(&mut tx, deps, &row).await?;
    tx.rollback().await?;
    if row.status.takes_time() {
        return Ok(());
    }
    let known = book::AtCalendly::open(&key, booking, row.calendly_sealed.as_deref());
    let there = match known.invitee {
        Some(invitee) => Some(moved::newest(deps, op, invitee).await?.0),
        None => scheduling::find_booked(deps, op, &client.email, &booking.to_string()).await?,
    };
    match there.filter(|invitee| invitee.is_active) {
        Some(invitee) => Ok(scheduling::cancel_event(deps, op, &invitee.event, "Cancelled in Kairos").await?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use types::Currency;

    use super::*;
    use crate::offers::POLICIES;

    proptest! {
        #[test]
        fn whatever_was_given_back_before_nobody_gets_more_than_they_paid_and_never_less_than_nothing(
            paid in 1..10_000_000_i64, share in 0..=100_u8, policy in 0..POLICIES.len(), hours in -48..400_i64
        ) {
            let currency = Currency::parse("EUR").unwrap();
            let (paid, starts_at) = (Money::new(paid, currency), DateTime::UNIX_EPOCH + chrono::TimeDelta::days(30));
            let back = paid.percent(share);
            let more = quote(&POLICIES[policy], BookingStatus::Confirmed, paid, back, starts_at, starts_at - chrono::TimeDelta::hours(hours));
            prop_assert!(more.minor >= 0 && back.minor + more.minor <= paid.minor);
        }
    }
}
