//! What an operator did: a copy of the database was written, came back, or was tried.

use serde_json::Value;
use types::CheckKind;

use super::store;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op};

/// Writes down that it was done, and how it went; with its entry in the audit log.
pub async fn note_check(deps: &Deps, op: &Op, kind: CheckKind, is_whole: bool, detail: Value) -> Result<(), sqlx::Error> {
    let mut tx = deps.begin(op).await?;
    store::insert_done(&mut tx, deps.new_id(), kind, deps.now(), is_whole, &detail).await?;
    let action = match kind {
        CheckKind::Scan | CheckKind::Look => Action::SealedScanned,
        CheckKind::Backup => Action::BackupWritten,
        CheckKind::Restore => Action::BackupRestored,
        CheckKind::Rehearsal => Action::BackupRehearsed,
    };
    let outcome = if is_whole { Outcome::Succeeded } else { Outcome::Failed };
    audit::append(&mut tx, deps, op, Event::of_installation(action).ending(outcome).with(detail)).await?;
    tx.commit().await?;
    Ok(())
}
