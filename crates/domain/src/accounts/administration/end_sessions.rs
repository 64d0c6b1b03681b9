//! Every session of somebody ends.

use serde_json::json;
use types::UserId;

use crate::accounts::{AccountError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::vault::LookupHash;

/// Everybody's end, of whoever does it too; how many there were.
pub async fn end_all_sessions_in(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    store::delete_all_sessions(tx).await
}

/// Ends them; returns their hashes.
pub async fn end_sessions_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<Vec<LookupHash>, AccountError> {
    let ended = store::delete_every_session(tx, user).await?;
    let event = Event::done(Action::UserSessionsEnded, user, user.0).with(json!({ "sessions_ended": ended.len() }));
    audit::append(tx, deps, op, event);
    Ok(ended)
}
