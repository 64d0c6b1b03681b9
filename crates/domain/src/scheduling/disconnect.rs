//! A builder gives their account at Calendly up here.

use super::access::access;
use super::{SchedulingError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Forgets the token and everything that was read with it. Calendly has no way for a program to give a personal token back: its owner ends it there.
pub async fn disconnect_calendly(deps: &Deps, op: &Op) -> Result<(), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    // While there is a token to say it with. What cannot be ended there ends by itself after a day without answers.
    if let Ok(access) = access(deps, op).await
        && let Err(error) = deps.providers.calendly.end_subscriptions(&access.token, &access.account).await
    {
        tracing::warn!(%error, "a subscription at Calendly could not be ended");
    }
    let mut tx = deps.begin(op).await?;
    if store::delete_account(&mut tx, user).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::CalendlyDisconnected, user, user.0)).await?;
    }
    tx.commit().await?;
    Ok(())
}
