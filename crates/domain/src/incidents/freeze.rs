//! Keeps the proof of each piece of evidence, so that it can be shown when the log itself has been pruned.

use chrono::TimeDelta;

use super::{IncidentError, store};
use crate::audit;
use crate::base::Deps;

/// As many at a time.
const AT_ONCE: i64 = 50;

/// Proves what waits for it and is sealed by now; returns how many there were.
pub async fn freeze_evidence(deps: &Deps) -> Result<usize, IncidentError> {
    let mut tx = deps.database.begin(None).await?;
    if !store::guard(&mut tx).await? {
        return Ok(0);
    }
    let waiting = store::unproved_evidence(&mut tx, deps.now() - TimeDelta::days(1), AT_ONCE).await?;
    let mut proved = 0;
    for (incident, entry) in waiting {
        let Some(proof) = audit::proof_in(&mut tx, deps, entry).await? else { continue };
        store::keep_proof(&mut tx, incident, entry, &proof).await?;
        proved += 1;
    }
    tx.commit().await?;
    Ok(proved)
}
