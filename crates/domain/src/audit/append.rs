//! Writes one entry inside the action's own transaction.

use serde_json::Value;
use types::UserId;

use super::{Action, Event, store};
use crate::base::{Actor, Deps, Op, Tx};

/// Appends `event` with the commit of `tx`: it is kept if and only if the action is.
pub fn append(tx: &mut Tx, deps: &Deps, op: &Op, event: Event) {
    tx.follow_up("kairos_append_audit", &entry(deps, op, &event));
    told(op, &event);
}

/// A line in the log of the server, for an entry that was written.
pub(crate) fn told(op: &Op, event: &Event) {
    tracing::info!(target: "audit", action = event.action.as_str(), outcome = event.outcome.as_str(), request_id = %op.request_id);
}

/// The entry for a statement of a verb's own that appends it with everything else it does: what `kairos_append_audit` takes.
pub(crate) fn entry(deps: &Deps, op: &Op, event: &Event) -> Value {
    let (actor_kind, actor_id) = match op.actor {
        Actor::Visitor | Actor::Client { .. } => ("visitor", None),
        Actor::User(user) => ("user", Some(user.0)),
        Actor::Job { .. } => ("job", None),
        Actor::Operator => ("operator", None),
    };
    serde_json::json!({
        "id": deps.new_id(),
        "occurred_at": deps.now(),
        "actor_kind": actor_kind,
        "actor_id": actor_id,
        "subject_user_id": event.subject,
        "action": event.action.as_str(),
        "resource_kind": event.action.resource_kind(),
        "resource_id": event.resource,
        "outcome": event.outcome.as_str(),
        "request_id": op.request_id.0,
        "address_pseudonym": op.address_pseudonym.as_ref().map(|bytes| format!("\\x{}", hex::encode(bytes))),
        "detail": if event.detail.is_null() { serde_json::json!({}) } else { event.detail.clone() },
    })
}

/// Whether something was done at least twice of what is `user`'s own, as whom `tx` acts.
pub(crate) async fn happened_twice(tx: &mut Tx, user: UserId, action: Action) -> Result<bool, sqlx::Error> {
    store::happened_twice(tx, user, action.as_str()).await
}
