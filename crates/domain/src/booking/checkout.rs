//! The way to Stripe's page.

use chrono::TimeDelta;
use chrono_tz::Tz;
use providers::stripe::{CheckoutSession, CheckoutStatus};
use serde_json::json;
use types::{BookingId, BookingStatus, PaymentStatus, UserId};

use super::change::{Note, cause, happen_in, note_in};
use super::hold::HOLD;
use super::machine::Happening;
use super::store::{self, BookingRow};
use super::{BookingError, client, link, settle};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::limits::{self, Limit};
use crate::payments::{self, NewPayment, Payment};

/// Tries to pay one booking; each may prolong the hold.
const MOST_ATTEMPTS: i32 = 3;
/// Stripe refuses a session that is to end sooner.
const SHORTEST: TimeDelta = TimeDelta::seconds(30 * 60 + 20);

/// Where the client pays. `None`: there is nothing to pay, and its page says why. Asked again it is the same page.
pub async fn pay(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<Option<String>, BookingError> {
    limits::take(deps, op, Limit::PaymentsOfBooking, booking.0.as_bytes()).await??;
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let newest = payments::list_in(&mut tx, booking).await?.into_iter().next();
    let (client, _) = client::of(&mut tx, deps, &row).await?;
    tx.rollback().await?;
    let Some(payment) = newest else { return Ok(None) };
    if !matches!(row.status, BookingStatus::Held | BookingStatus::AwaitingPayment) {
        return Ok(None);
    }
    match payment.status {
        PaymentStatus::Open => {
            let session = payments::read_checkout(deps, &payment).await?;
            if let Some(session) = session.filter(|session| session.status == CheckoutStatus::Open) {
                return Ok(session.url);
            }
            settle::settle(deps, op, builder, booking).await?;
            Ok(None)
        }
        PaymentStatus::Opening if payment.expires_at - deps.now() >= SHORTEST => {
            let session = open(deps, &row, &payment, &client.email).await?;
            Ok(keep(deps, op, builder, booking, &payment, session).await?)
        }
        // Stripe could not be reached while there was time: another try, which holds the time once more.
        PaymentStatus::Opening if payment.attempt < MOST_ATTEMPTS => {
            again(deps, op, &row, &payment).await?;
            Box::pin(pay(deps, op, builder, booking)).await
        }
        _ => Ok(None),
    }
}

async fn open(deps: &Deps, row: &BookingRow, payment: &Payment, email: &str) -> Result<CheckoutSession, BookingError> {
    let zone: Tz = row.client_zone.parse().unwrap_or(Tz::UTC);
    let (starts, ends) = (row.starts_at.with_timezone(&zone), row.ends_at.with_timezone(&zone));
    let when = format!("{} to {} ({})", starts.format("%A %-d %B %Y, %H:%M"), ends.format("%H:%M"), zone.name());
    Ok(payments::open_checkout(deps, payment, &row.title, &when, email, &link::link(deps, row.id)).await?)
}

/// Writes down that the client can pay. Of two who opened it at once both have the same session.
async fn keep(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    payment: &Payment,
    session: CheckoutSession,
) -> Result<Option<String>, BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if payments::opened_in(&mut tx, payment.id, &session.id).await? {
        let by = cause(op);
        // One that was cancelled meanwhile stays so: whoever releases it ends the session too.
        if happen_in(&mut tx, deps, op, &mut row, Happening::CheckoutOpened, Note::new("checkout_opened", by)).await?.is_err() {
            enqueue(&mut tx, Job::ReleaseHold { user: builder, booking })?;
        }
    }
    let is_ours = payments::list_in(&mut tx, booking).await?.iter().any(|kept| kept.checkout_session.as_deref() == Some(&session.id));
    tx.commit().await?;
    if !is_ours {
        // This try was given up while Stripe was asked: nobody may pay by it.
        payments::end_session(deps, &session.id).await?;
        return Ok(None);
    }
    Ok(session.url.filter(|_| row.status == BookingStatus::AwaitingPayment))
}

async fn again(deps: &Deps, op: &Op, row: &BookingRow, payment: &Payment) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, row.builder, row.id, true).await?.ok_or(BookingError::NotFound)?;
    if matches!(row.status, BookingStatus::Held) && payments::close_in(&mut tx, payment.id, PaymentStatus::Expired).await? {
        let until = deps.now() + HOLD;
        let attempt = payment.attempt + 1;
        let next = NewPayment {
            booking: row.id,
            builder: row.builder,
            attempt,
            amount: row.price,
            tax: row.tax,
            makes_invoice: payment.makes_invoice,
            expires_at: until,
        };
        payments::begin_in(&mut tx, deps, next).await?;
        store::set_held_until(&mut tx, row.id, until).await?;
        note_in(&mut tx, deps, op, &row, Note::new("held", cause(op)).with(json!({ "until": until, "again": true }))).await?;
        enqueue(&mut tx, Job::ReleaseHold { user: row.builder, booking: row.id }.at(until))?;
    }
    tx.commit().await?;
    Ok(())
}
