//! What an operator did: a copy of the database was written, came back, or was tried.

use serde_json::Value;
use types::CheckKind;

use super::store;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op};

/// What was done with a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copying {
    /// It was written.
    Written,
    /// This database was filled from it.
    Restored,
    /// Another database was, for the sake of knowing.
    Rehearsed,
}

/// Writes down that it was done, and how it went; with its entry in the audit log.
pub async fn note_copying(deps: &Deps, op: &Op, done: Copying, is_whole: bool, detail: Value) -> Result<(), sqlx::Error> {
    let (kind, action) = match done {
        Copying::Written => (CheckKind::Backup, Action::BackupWritten),
        Copying::Restored => (CheckKind::Restore, Action::BackupRestored),
        Copying::Rehearsed => (CheckKind::Rehearsal, Action::BackupRehearsed),
    };
    let mut tx = deps.begin(op).await?;
    store::insert_done(&mut tx, deps.new_id(), kind, deps.now(), is_whole, &detail).await?;
    let outcome = if is_whole { Outcome::Succeeded } else { Outcome::Failed };
    audit::append(&mut tx, deps, op, Event::of_installation(action).ending(outcome).with(detail));
    tx.commit().await?;
    Ok(())
}
