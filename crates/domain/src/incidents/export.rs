//! An incident as a document that can be given away: what was found, what was done and when, and each piece of evidence with its proof.

use serde_json::{Value, json};
use types::{IncidentId, incident_name};

use super::{IncidentError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Its name and the document. The proofs are checked with `kairos audit verify` and the public key.
pub async fn export(deps: &Deps, op: &Op, incident: IncidentId) -> Result<(String, Value), IncidentError> {
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    let present = store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    let name = incident_name(present.number);
    let document = json!({
        "incident": name,
        "id": incident,
        "rule": present.rule,
        "found": present.rule.words(),
        "severity": present.severity,
        "status": present.status,
        "opened_at": present.opened_at,
        "person": present.subject,
        "address_pseudonym": present.address.as_ref().map(hex::encode),
        "counted": present.found,
        "timeline": store::timeline(&mut tx, incident).await?,
        "evidence": store::evidence(&mut tx, incident).await?,
        "exported_at": deps.now(),
    });
    audit::append(&mut tx, deps, op, Event::of_installation(Action::IncidentExported).on(incident.0));
    tx.commit().await?;
    Ok((name, document))
}
