//! Whether all is as it should be: the audit log is what was signed, and every key that something is sealed under is there.

use serde_json::json;
use types::IncidentId;

use super::{IncidentError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::vault;

/// Looks, and writes down what it saw. Where the log was not checked since the incident began, that is asked for; the next look sees it. Returns
/// whether all is as it should be; `None`: it is being checked.
pub async fn check(deps: &Deps, op: &Op, incident: IncidentId) -> Result<Option<bool>, IncidentError> {
    let keys = vault::keyring_is_complete(deps).await?;
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let present = store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    let log = audit::is_whole_since(&mut tx, present.opened_at).await?;
    let detail = json!({ "keys_are_there": keys, "log_is_whole": log });
    store::insert_entry(&mut tx, deps, incident, "check", op.user(), &detail, None).await?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::IncidentChecked).on(incident.0).with(detail));
    tx.commit().await?;
    if log.is_none() {
        audit::request_verification(deps, op).await?;
    }
    Ok(log.map(|log| log && keys))
}
