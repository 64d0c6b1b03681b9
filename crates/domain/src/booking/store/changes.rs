//! SQL of `booking_changes`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::Cause;
use uuid::Uuid;

use super::BookingRow;
use crate::base::Tx;

pub(in crate::booking) async fn insert_change(
    tx: &mut Tx,
    id: Uuid,
    row: &BookingRow,
    what: &str,
    cause: Cause,
    detail: &Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into booking_changes (id, booking_id, builder_id, happened_at, what, cause, status, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        row.id.0,
        row.builder.0,
        now,
        what,
        cause.as_str(),
        row.status.as_str(),
        detail
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
