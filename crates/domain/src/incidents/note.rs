//! Somebody who works on an incident writes something down.

use serde_json::json;
use types::IncidentId;

use super::{IncidentError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// The longest note, in characters.
const MAX: usize = 4_000;

/// The text as it is kept, if it is one.
pub(super) fn text(note: &str) -> Option<String> {
    // Postgres keeps no NUL in a text, and nobody means one.
    let note = note.trim().replace("\r\n", "\n").replace('\0', "");
    (1..=MAX).contains(&note.chars().count()).then_some(note)
}

/// Adds it to the timeline. The audit log says that there is one, not what it says.
pub async fn add_note(deps: &Deps, op: &Op, incident: IncidentId, note: &str) -> Result<(), IncidentError> {
    let note = text(note).ok_or(IncidentError::Text)?;
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    store::insert_entry(&mut tx, deps, incident, "note", op.user(), &json!({}), Some(&note)).await?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::IncidentNoted).on(incident.0));
    tx.commit().await?;
    Ok(())
}
