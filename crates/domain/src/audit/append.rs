//! Writes one entry inside the action's own transaction.

use super::{Event, store};
use crate::base::{Actor, Deps, Op, Tx};

/// Appends `event`. It is kept if and only if the action is.
pub async fn append(tx: &mut Tx, deps: &Deps, op: &Op, event: Event) -> Result<(), sqlx::Error> {
    let (actor_kind, actor_id) = match op.actor {
        Actor::Visitor => ("visitor", None),
        Actor::User(user) => ("user", Some(user.0)),
        Actor::Job { .. } => ("job", None),
        Actor::Operator => ("operator", None),
    };
    let detail = if event.detail.is_null() { serde_json::json!({}) } else { event.detail.clone() };
    tracing::info!(target: "audit", action = event.action.as_str(), outcome = event.outcome.as_str(), request_id = %op.request_id);
    store::insert(tx, deps.new_id(), deps.now(), actor_kind, actor_id, &event, &detail, op).await
}
