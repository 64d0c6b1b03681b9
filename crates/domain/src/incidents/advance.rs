//! An incident goes one step on.

use serde_json::json;
use types::{IncidentId, IncidentStatus};

use super::{IncidentError, Missing, note, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Goes on from `from`, so that a form that is sent twice goes one step. What was done or written down since the last step is why it may; `note` is
/// written down with it.
pub async fn advance(
    deps: &Deps,
    op: &Op,
    incident: IncidentId,
    from: IncidentStatus,
    said: &str,
) -> Result<IncidentStatus, IncidentError> {
    let said = if said.trim().is_empty() { None } else { Some(note::text(said).ok_or(IncidentError::Text)?) };
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let present = store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    let next = present.status.next().filter(|_| present.status == from);
    let Some(next) = next else {
        // Sent twice it is done once, unless there is something to be written down that is not.
        return if said.is_none() { Ok(present.status) } else { Err(IncidentError::Moved) };
    };
    let done = store::done_since(&mut tx, incident, present.status_changed_at).await?;
    match next {
        IncidentStatus::Contained | IncidentStatus::Eradicated if done.measures == 0 && done.notes == 0 && said.is_none() => {
            return Err(IncidentError::TooEarly(Missing::Measure));
        }
        IncidentStatus::Recovered if !done.is_checked => return Err(IncidentError::TooEarly(Missing::Check)),
        IncidentStatus::Closed if said.is_none() => return Err(IncidentError::TooEarly(Missing::Review)),
        _ => {}
    }
    store::set_status(&mut tx, incident, next, deps.now()).await?;
    let detail = json!({ "from": from, "to": next });
    store::insert_entry(&mut tx, deps, incident, "status", op.user(), &detail, said.as_deref()).await?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::IncidentAdvanced).on(incident.0).with(detail));
    tx.commit().await?;
    Ok(next)
}
