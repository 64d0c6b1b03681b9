//! SQL of `booking_drifts`.

use chrono::{DateTime, Utc};
use types::{BookingId, BookingStatus, Drift, DriftFailure, UserId};
use uuid::Uuid;

use crate::base::{Tx, from_closed_list};

/// Writes it down, or what is known better of the one that waits already.
pub(in crate::booking) async fn put_open_drift(
    tx: &mut Tx,
    id: Uuid,
    builder: UserId,
    booking: BookingId,
    what: Drift,
    failure: Option<DriftFailure>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into booking_drifts (id, booking_id, builder_id, what, found_at, failure) values ($1, $2, $3, $4, $5, $6)
         on conflict (booking_id) where mended_at is null do update set
             failure = excluded.failure,
             what = case when excluded.what = 'unknown' then booking_drifts.what else excluded.what end",
        id,
        booking.0,
        builder.0,
        what.as_str(),
        now,
        failure.map(DriftFailure::as_str)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What waited is mended.
pub(in crate::booking) async fn close_drift(tx: &mut Tx, booking: BookingId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update booking_drifts set mended_at = $2, failure = null where booking_id = $1 and mended_at is null", booking.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What is cancelled and not over yet of a builder: it may still stand at Calendly.
pub(in crate::booking) async fn list_called_off(tx: &mut Tx, builder: UserId, now: DateTime<Utc>) -> Result<Vec<BookingId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "select id from bookings
         where builder_id = $1 and ends_at > $2 and status in ('cancelled', 'refund_pending', 'refunded', 'needs_attention', 'expired')
         order by starts_at limit 500",
        builder.0,
        now
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(BookingId).collect())
}

/// Everything of a builder that is not over: what there is to compare, and to end before they leave.
pub(in crate::booking) async fn list_unsettled(tx: &mut Tx, builder: UserId) -> Result<Vec<(BookingId, BookingStatus)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, status from bookings
         where builder_id = $1 and kairos_is_unsettled(status)
         order by starts_at limit 500",
        builder.0
    );
    let rows = rows.fetch_all(&mut **tx).await?;
    rows.into_iter().map(|row| Ok((BookingId(row.id), from_closed_list(&row.status, "status")?))).collect()
}
