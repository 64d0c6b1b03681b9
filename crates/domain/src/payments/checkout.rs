//! Money that comes: a Checkout Session at Stripe, opened, read and ended.

use chrono::{DateTime, Utc};
use providers::stripe::{CheckoutSession, NewCheckout, StripeError};
use types::{BookingId, Money, PaymentId, PaymentStatus, Tax, UserId};

use super::{Payment, PaymentError, store, stripe};
use crate::base::{Deps, Tx};

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewPayment {
    pub booking: BookingId,
    pub builder: UserId,
    pub attempt: i32,
    pub amount: Money,
    pub tax: Tax,
    /// Whether Stripe makes an invoice of it.
    pub makes_invoice: bool,
    pub expires_at: DateTime<Utc>,
}

/// Writes down that it is to be paid, before Stripe hears of it.
pub(crate) async fn begin_in(tx: &mut Tx, deps: &Deps, new: NewPayment) -> Result<PaymentId, sqlx::Error> {
    let id = PaymentId(deps.new_id());
    store::insert_payment(tx, id, &new, deps.now()).await?;
    Ok(id)
}

/// Opens the session of a payment; the same one, however often it is asked for.
pub(crate) async fn open_checkout(
    deps: &Deps,
    payment: &Payment,
    title: &str,
    description: &str,
    email: &str,
    own_page: &str,
) -> Result<CheckoutSession, PaymentError> {
    let new = NewCheckout {
        reference: payment.booking.to_string(),
        title: title.to_owned(),
        description: description.to_owned(),
        price: payment.amount,
        tax: payment.tax,
        makes_invoice: payment.makes_invoice,
        email: email.to_owned(),
        expires_at: payment.expires_at,
        success_url: format!("{own_page}?back=paid"),
        cancel_url: own_page.to_owned(),
    };
    Ok(stripe(deps)?.open_checkout(&new, &format!("checkout:{}:{}", payment.booking, payment.attempt)).await?)
}

/// The session as Stripe knows it, if it was opened. One that is not about this booking is none.
pub(crate) async fn read_checkout(deps: &Deps, payment: &Payment) -> Result<Option<CheckoutSession>, PaymentError> {
    let Some(id) = &payment.checkout_session else { return Ok(None) };
    Ok(Some(own(payment, stripe(deps)?.checkout(id).await?)?))
}

/// Ends the session, so that nobody can pay it any more; where that is too late, it comes as it stands.
pub(crate) async fn end_checkout(deps: &Deps, payment: &Payment) -> Result<Option<CheckoutSession>, PaymentError> {
    let Some(id) = &payment.checkout_session else { return Ok(None) };
    Ok(Some(own(payment, stripe(deps)?.expire_checkout(id).await?)?))
}

fn own(payment: &Payment, session: CheckoutSession) -> Result<CheckoutSession, StripeError> {
    if session.reference == Some(payment.booking.to_string()) { Ok(session) } else { Err(StripeError::NotFound) }
}

/// That the client can pay now.
pub(crate) async fn opened_in(tx: &mut Tx, payment: PaymentId, session: &str) -> Result<bool, sqlx::Error> {
    store::set_opened(tx, payment, session).await
}

/// That the client has done their part, and the money is on its way.
pub(crate) async fn pending_in(tx: &mut Tx, payment: PaymentId) -> Result<bool, sqlx::Error> {
    store::set_status(tx, payment, PaymentStatus::Pending, &[PaymentStatus::Opening, PaymentStatus::Open]).await
}

/// That nothing will come of it.
pub(crate) async fn close_in(tx: &mut Tx, payment: PaymentId, as_status: PaymentStatus) -> Result<bool, sqlx::Error> {
    store::set_status(tx, payment, as_status, &[PaymentStatus::Opening, PaymentStatus::Open, PaymentStatus::Pending]).await
}

/// That it was paid. `false`: that was known.
pub(crate) async fn paid_in(
    tx: &mut Tx,
    payment: PaymentId,
    session: &CheckoutSession,
    total: Money,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    store::set_paid(tx, payment, session, total, now).await
}

/// Ends a session that no payment of ours knows.
pub(crate) async fn end_session(deps: &Deps, id: &str) -> Result<(), PaymentError> {
    stripe(deps)?.expire_checkout(id).await?;
    Ok(())
}
