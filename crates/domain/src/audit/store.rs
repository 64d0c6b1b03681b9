//! SQL of the audit log.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Event;
use crate::base::{Op, Tx};

#[expect(clippy::too_many_arguments, reason = "one per column; a struct would only repeat the row")]
pub(super) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    now: DateTime<Utc>,
    actor_kind: &str,
    actor_id: Option<Uuid>,
    event: &Event,
    detail: &Value,
    op: &Op,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into audit_events (id, occurred_at, actor_kind, actor_id, subject_user_id, action, resource_kind, resource_id,
                                   outcome, request_id, address_pseudonym, detail)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id,
        now,
        actor_kind,
        actor_id,
        event.subject.map(|user| user.0),
        event.action.as_str(),
        event.action.resource_kind(),
        event.resource,
        event.outcome.as_str(),
        op.request_id.0,
        op.address_pseudonym.as_deref(),
        detail
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
