//! The end of a session, on the record. The session's row is removed by whoever holds its id.

use super::AccountError;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Records that the person of `op` signed out.
pub async fn sign_out(deps: &Deps, op: &Op) -> Result<(), AccountError> {
    let Some(user) = op.user() else { return Ok(()) };
    let mut tx = deps.begin(op).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::UserSignedOut, user, user.0));
    tx.commit().await?;
    Ok(())
}
