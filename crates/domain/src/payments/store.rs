//! SQL of `payments` and `refunds`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use providers::stripe::{CheckoutSession, StripeRefund};
use types::{BookingId, Currency, Money, PaymentId, PaymentStatus, RefundId, RefundStatus, UserId};

use super::checkout::NewPayment;
use super::refund::AskedRefund;
use super::{Payment, Refund};
use crate::base::{Tx, from_closed_list};

pub(super) async fn insert_payment(tx: &mut Tx, id: PaymentId, new: &NewPayment, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into payments (id, booking_id, builder_id, attempt, status, amount, currency, tax, expires_at, created_at, makes_invoice)
         values ($1, $2, $3, $4, 'opening', $5, $6, $7, $8, $9, $10)",
        id.0,
        new.booking.0,
        new.builder.0,
        new.attempt,
        new.amount.minor,
        new.amount.currency.code(),
        new.tax.as_str(),
        new.expires_at,
        now,
        new.makes_invoice
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Every try to pay for a booking, the newest first.
pub(crate) async fn list_in(tx: &mut Tx, booking: BookingId) -> Result<Vec<Payment>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, booking_id, builder_id, attempt, status, amount, currency, tax, expires_at, checkout_session_id, payment_intent_id, paid_amount,
                dispute_status, makes_invoice
         from payments where booking_id = $1 order by attempt desc",
        booking.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut payments = Vec::with_capacity(rows.len());
    for row in rows {
        let currency = from_closed_list::<Currency>(&row.currency, "currency")?;
        payments.push(Payment {
            id: PaymentId(row.id),
            booking: BookingId(row.booking_id),
            builder: UserId(row.builder_id),
            attempt: row.attempt,
            status: from_closed_list(&row.status, "status")?,
            amount: Money::new(row.amount, currency),
            tax: from_closed_list(&row.tax, "tax")?,
            makes_invoice: row.makes_invoice,
            expires_at: row.expires_at,
            checkout_session: row.checkout_session_id,
            payment_intent: row.payment_intent_id,
            paid_amount: row.paid_amount,
            dispute_status: row.dispute_status,
        });
    }
    Ok(payments)
}

/// `false`: it is past that.
pub(super) async fn set_opened(tx: &mut Tx, payment: PaymentId, session: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update payments set status = 'open', checkout_session_id = $2 where id = $1 and status = 'opening'",
        payment.0,
        session
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// `false`: it is in none of the states `from`.
pub(super) async fn set_status(tx: &mut Tx, payment: PaymentId, to: PaymentStatus, from: &[PaymentStatus]) -> Result<bool, sqlx::Error> {
    let from: Vec<String> = from.iter().map(|status| status.as_str().to_owned()).collect();
    let done = sqlx::query!("update payments set status = $2 where id = $1 and status = any($3)", payment.0, to.as_str(), &from);
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// `false`: that was known.
pub(super) async fn set_paid(
    tx: &mut Tx,
    payment: PaymentId,
    session: &CheckoutSession,
    total: Money,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update payments set status = 'paid', checkout_session_id = $2, payment_intent_id = $3, charge_id = $4, paid_amount = $5, tax_amount = $6,
                             card_brand = $7, card_last4 = $8, risk_level = $9, paid_at = $10
         where id = $1 and status <> 'paid'",
        payment.0,
        session.id,
        session.payment_intent,
        session.charge,
        total.minor,
        session.tax,
        session.card_brand,
        session.card_last4,
        session.risk_level,
        now
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// What is left of what was paid, with the payment locked. `None`: it was not paid.
pub(super) async fn lock_left(tx: &mut Tx, payment: PaymentId) -> Result<Option<i64>, sqlx::Error> {
    let row = sqlx::query!("select paid_amount from payments where id = $1 and status = 'paid' for no key update", payment.0);
    let Some(paid) = row.fetch_optional(&mut **tx).await?.and_then(|row| row.paid_amount) else { return Ok(None) };
    let back = sqlx::query_scalar!(
        r#"select coalesce(sum(amount), 0)::bigint as "back!" from refunds
           where payment_id = $1 and status in ('requested', 'pending', 'succeeded')"#,
        payment.0
    );
    Ok(Some(paid - back.fetch_one(&mut **tx).await?))
}

pub(super) async fn insert_refund(
    tx: &mut Tx,
    id: RefundId,
    asked: &AskedRefund,
    status: RefundStatus,
    stripe_refund: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into refunds (id, payment_id, booking_id, builder_id, amount, currency, reason, status, stripe_refund_id, created_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
         on conflict (stripe_refund_id) do nothing",
        id.0,
        asked.payment.0,
        asked.booking.0,
        asked.builder.0,
        asked.amount.minor,
        asked.amount.currency.code(),
        asked.reason.as_str(),
        status.as_str(),
        stripe_refund,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Everything that goes back of a booking, the oldest first.
pub(crate) async fn refunds_in(tx: &mut Tx, booking: BookingId, currency: Currency) -> Result<Vec<Refund>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, payment_id, amount, reason, status, stripe_refund_id from refunds where booking_id = $1 order by created_at, id",
        booking.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut refunds = Vec::with_capacity(rows.len());
    for row in rows {
        refunds.push(Refund {
            id: RefundId(row.id),
            payment: PaymentId(row.payment_id),
            amount: Money::new(row.amount, currency),
            reason: from_closed_list(&row.reason, "reason")?,
            status: from_closed_list(&row.status, "status")?,
            stripe_refund: row.stripe_refund_id,
        });
    }
    Ok(refunds)
}

pub(super) async fn set_refund(tx: &mut Tx, id: RefundId, theirs: &StripeRefund, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update refunds set stripe_refund_id = $2, status = $3, failure = $4, changed_at = $5
         where id = $1 and not (status in ('succeeded', 'failed', 'canceled') and $3 = 'pending')",
        id.0,
        theirs.id,
        theirs.status.as_str(),
        theirs.failure,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// That the owner of the card disputes it, or how that stands. `false`: that was known.
pub(crate) async fn disputed_in(tx: &mut Tx, payment: PaymentId, dispute: &str, status: &str) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update payments set dispute_id = $2, dispute_status = $3
         where id = $1 and (dispute_id is distinct from $2 or dispute_status is distinct from $3)
           and not (dispute_id is not distinct from $2 and dispute_status in ('won', 'lost', 'warning_closed', 'prevented'))",
        payment.0,
        dispute,
        status
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// `false`: Stripe knows it already.
pub(super) async fn set_refused(tx: &mut Tx, id: RefundId, because: &str, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update refunds set status = 'failed', failure = $2, changed_at = $3 where id = $1 and status = 'requested'",
        id.0,
        because,
        now
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// What was paid and what went back of each booking of a builder, in minor units.
pub(crate) async fn sums_in(tx: &mut Tx, builder: UserId) -> Result<HashMap<BookingId, (Option<i64>, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select p.booking_id, sum(p.paid_amount)::bigint as paid,
                  coalesce((select sum(r.amount) from refunds r
                            where r.booking_id = p.booking_id and r.status in ('requested', 'pending', 'succeeded')), 0)::bigint as "back!"
           from payments p where p.builder_id = $1 and p.status = 'paid' group by p.booking_id"#,
        builder.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (BookingId(row.booking_id), (row.paid, row.back))).collect())
}
