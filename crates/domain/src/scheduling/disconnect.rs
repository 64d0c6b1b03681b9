//! A builder gives their account at Calendly up here.

use super::{SchedulingError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Forgets the token and everything that was read with it. Calendly has no way for a program to give a personal token back: its owner ends it there.
pub async fn disconnect_calendly(deps: &Deps, op: &Op) -> Result<(), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    let mut tx = deps.begin(op).await?;
    if store::delete_account(&mut tx, user).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::CalendlyDisconnected, user, user.0)).await?;
    }
    tx.commit().await?;
    Ok(())
}
