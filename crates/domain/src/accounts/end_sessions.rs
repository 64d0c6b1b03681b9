//! A person ends sessions of theirs: one, or all but the one they ask from.

use serde_json::json;
use uuid::Uuid;

use super::{AccountError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::vault::LookupHash;

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The one that has this label.
    One(Uuid),
    /// All but this one.
    AllBut(LookupHash),
}

/// Ends them, at once and on every replica. Returns how many there were; one that is over already is no error.
pub async fn end_sessions(deps: &Deps, op: &Op, which: Ended) -> Result<usize, AccountError> {
    let Some(user) = op.user() else { return Ok(0) };
    let mut tx = deps.begin(op).await?;
    let hashes = match which {
        Ended::One(label) => store::delete_session_labelled(&mut tx, user, label).await?,
        Ended::AllBut(present) => store::delete_other_sessions(&mut tx, user, &present).await?,
    };
    let event = Event::done(Action::UserSessionsEnded, user, user.0).with(json!({ "sessions_ended": hashes.len() }));
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    deps.rows.remove_all(&hashes);
    Ok(hashes.len())
}
