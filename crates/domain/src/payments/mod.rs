//! Payments: what was to be paid, what was, and what went back.
//!
//! Owns:      payments, refunds
//! May touch: base, vault, jobs
//! Never:     know who paid; decide that money goes back; change what a booking is
//! Start at:  checkout.rs for money that comes, refund.rs for money that goes
//!
//! Every call that moves money has a row before it is made, and its parameters and its idempotency key are those of the row: repeated after a
//! crash it is the same call.

mod checkout;
mod refund;
mod store;

use chrono::{DateTime, Utc};
use providers::stripe::Stripe;
use types::{BookingId, Money, PaymentId, PaymentStatus, RefundId, RefundReason, RefundStatus, Tax, UserId};

use crate::base::{Deps, Tx};

pub(crate) use checkout::{
    NewPayment, begin_in, close_in, end_checkout, end_session, open_checkout, opened_in, paid_in, pending_in, read_checkout,
};
pub(crate) use refund::{AskedRefund, ask_in, mirror_in, read_refunds, refused_in, send};
pub(crate) use store::{disputed_in, list_in, refunds_in, sums_in};

/// Why money was not moved.
#[derive(Debug, thiserror::Error)]
pub enum PaymentError {
    /// No key of Stripe's is configured.
    #[error("nothing can be sold here")]
    NotSetUp,
    /// More than was paid, or less than nothing.
    #[error("more than is left of what was paid")]
    MoreThanIsLeft,
    /// Stripe did not do it.
    #[error(transparent)]
    Stripe(#[from] providers::stripe::StripeError),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// One try to pay.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub id: PaymentId,
    pub booking: BookingId,
    pub builder: UserId,
    pub attempt: i32,
    pub status: PaymentStatus,
    pub amount: Money,
    pub tax: Tax,
    pub makes_invoice: bool,
    pub expires_at: DateTime<Utc>,
    pub checkout_session: Option<String>,
    pub payment_intent: Option<String>,
    pub paid_amount: Option<i64>,
    pub dispute_status: Option<String>,
}

impl Payment {
    /// What was paid; nothing: it was not.
    pub fn paid(&self) -> Option<Money> {
        let is_paid = self.status == PaymentStatus::Paid;
        self.paid_amount.filter(|_| is_paid).map(|minor| Money::new(minor, self.amount.currency))
    }
}

/// Money that goes back.
#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub id: RefundId,
    pub payment: PaymentId,
    pub amount: Money,
    pub reason: RefundReason,
    pub status: RefundStatus,
    pub stripe_refund: Option<String>,
}

impl Refund {
    /// Whether the money is on its way.
    pub const fn is_under_way(&self) -> bool {
        matches!(self.status, RefundStatus::Requested | RefundStatus::Pending)
    }

    /// Whether the money is back or on its way.
    pub const fn counts(&self) -> bool {
        self.is_under_way() || matches!(self.status, RefundStatus::Succeeded)
    }
}

fn stripe(deps: &Deps) -> Result<&Stripe, PaymentError> {
    deps.providers.stripe.as_ref().ok_or(PaymentError::NotSetUp)
}

/// Every payment of a booking that was paid, the newest first, and how much is left of each.
pub(crate) fn left_of(payments: Vec<Payment>, refunds: &[Refund]) -> impl Iterator<Item = (Payment, Money)> {
    payments.into_iter().filter_map(|payment| {
        let paid = payment.paid()?;
        let back: i64 =
            refunds.iter().filter(|refund| refund.payment == payment.id && refund.counts()).map(|refund| refund.amount.minor).sum();
        Some((payment, Money::new(paid.minor - back, paid.currency)))
    })
}

/// The payment of a booking of which most is left, and how much; with everything of it given back, it is the newest. `None`: nothing was paid.
pub(crate) async fn left_in(tx: &mut Tx, booking: BookingId) -> Result<Option<(Payment, Money)>, sqlx::Error> {
    let payments = list_in(tx, booking).await?;
    let Some(currency) = payments.first().map(|payment| payment.amount.currency) else { return Ok(None) };
    let refunds = refunds_in(tx, booking, currency).await?;
    Ok(left_of(payments, &refunds).max_by_key(|(payment, left)| (left.minor, payment.attempt)))
}
