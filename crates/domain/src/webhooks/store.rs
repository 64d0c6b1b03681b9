//! SQL of `webhook_deliveries`: by functions of the database alone, because a delivery is nobody's until it is known whose booking it is about.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::{BookingId, UserId};
use uuid::Uuid;

use super::{Delivery, Source};
use crate::base::Tx;

/// A delivery that waits to be acted on.
pub(super) struct Opened {
    pub source: Source,
    pub kind: String,
    pub payload: Value,
    pub about: Option<(UserId, BookingId)>,
}

/// `false`: it was there already.
pub(super) async fn take(tx: &mut Tx, id: Uuid, delivery: &Delivery, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select kairos_take_delivery($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) as "is_new!""#,
        id,
        delivery.source.as_str(),
        delivery.key,
        delivery.kind,
        delivery.object_id,
        delivery.booking,
        delivery.masked,
        delivery.verdict.as_str(),
        delivery.happened_at,
        now
    )
    .fetch_one(&mut **tx)
    .await
}

/// What Calendly calls those that a delivery is about.
pub(super) async fn names(tx: &mut Tx, id: Uuid) -> Result<Vec<Value>, sqlx::Error> {
    let row = sqlx::query!(r#"select payload from kairos_open_delivery($1, '{}')"#, id).fetch_one(&mut **tx).await?;
    let payload = row.payload.unwrap_or_default();
    let places = ["/payload/uri", "/payload/event", "/payload/old_invitee", "/payload/new_invitee"];
    Ok(places.iter().filter_map(|place| payload.pointer(place).cloned()).collect())
}

/// `None`: it was acted on already.
pub(super) async fn open(tx: &mut Tx, id: Uuid, keys: &[Vec<u8>]) -> Result<Option<Opened>, sqlx::Error> {
    let row = sqlx::query!("select source, kind, payload, builder_id, booking_id from kairos_open_delivery($1, $2)", id, keys);
    let row = row.fetch_one(&mut **tx).await?;
    let source = match row.source.as_deref() {
        Some("stripe") => Source::Stripe,
        Some(_) => Source::Calendly,
        None => return Ok(None),
    };
    Ok(Some(Opened {
        source,
        kind: row.kind.unwrap_or_default(),
        payload: row.payload.unwrap_or_default(),
        about: row.builder_id.map(UserId).zip(row.booking_id.map(BookingId)),
    }))
}

pub(super) async fn close(tx: &mut Tx, id: Uuid, effect: &str, handled_at: Option<DateTime<Utc>>) -> Result<(), sqlx::Error> {
    sqlx::query!("select kairos_close_delivery($1, $2, $3)", id, effect, handled_at).execute(&mut **tx).await?;
    Ok(())
}

/// Since when Stripe is to be asked; `None`: not at all.
pub(super) async fn stripe_gap(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("select kairos_stripe_gap($1)", now).fetch_one(&mut **tx).await
}

/// `false`: there is none, or nothing is done about it.
pub(super) async fn reopen(tx: &mut Tx, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select kairos_reopen_delivery($1) as "is_there!""#, id).fetch_one(&mut **tx).await
}
