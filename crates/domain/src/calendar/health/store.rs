//! SQL of `calendar_health`.

use chrono::{DateTime, Utc};
use types::{ConnectionId, ConnectionStatus, HealthChangeId, HealthReason, UserId};

use crate::base::Tx;

/// Remembers how the connection is from now on, if that is not how it was.
pub(in crate::calendar) async fn changed(
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
