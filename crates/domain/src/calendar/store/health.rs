//! SQL of `calendar_health`.

use chrono::{DateTime, Utc};
use types::{ConnectionId, ConnectionStatus, HealthChangeId, HealthReason, UserId};

use super::super::overview::HealthChange;
use super::{read, read_reason};
use crate::base::Tx;

/// Remembers how the connection is from now on, if that is not how it was.
pub(in super::super) async fn changed(
    tx: &mut Tx,
    id: HealthChangeId,
    user: UserId,
    connection: ConnectionId,
    status: ConnectionStatus,
    reason: Option<HealthReason>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_health (id, user_id, connection_id, changed_at, status, reason)
         select $1, $2, $3, $4, $5, $6
         where not exists (
             select from (select h.status, h.reason from calendar_health h where h.connection_id = $3
                          order by h.changed_at desc, h.id desc limit 1) last
             where last.status = $5 and last.reason is not distinct from $6
         )",
        id.0,
        user.0,
        connection.0,
        now,
        status.as_str(),
        reason.map(HealthReason::as_str)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The changes since `from`, oldest first, begun by the one that held at `from`.
pub(in super::super) async fn since(tx: &mut Tx, connection: ConnectionId, from: DateTime<Utc>) -> Result<Vec<HealthChange>, sqlx::Error> {
    let rows = sqlx::query!(
        "select changed_at, status, reason from calendar_health
         where connection_id = $1
             and changed_at >= coalesce((select max(changed_at) from calendar_health where connection_id = $1 and changed_at <= $2), $2)
         order by changed_at, id",
        connection.0,
        from
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(HealthChange { at: row.changed_at, status: read(&row.status, "status")?, reason: read_reason(row.reason.as_deref()) })
        })
        .collect()
}
