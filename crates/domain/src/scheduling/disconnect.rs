//! A builder gives their account at Calendly up here.

use super::access::access;
use super::{SchedulingError, refresh_place, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::consents;
use crate::vault::PersonKey;
use types::{ConsentPurpose, UserId};

/// Forgets the token and everything that was read with it. A consent is given back; Calendly has no way for a program to give a personal token back:
/// its owner ends it there.
pub async fn disconnect_calendly(deps: &Deps, op: &Op) -> Result<(), SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    // While there is a token to say it with. What cannot be ended there ends by itself after a day without answers.
    if let Ok(access) = access(deps, op).await {
        if let Err(error) = deps.providers.calendly.end_subscriptions(&access.token, &access.account).await {
            tracing::warn!(%error, "a subscription at Calendly could not be ended");
        }
        if let Err(error) = give_back(deps, op, access.user).await {
            tracing::warn!(%error, "a consent could not be given back to Calendly");
        }
    }
    let mut tx = deps.begin(op).await?;
    if store::delete_account(&mut tx, user).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::CalendlyDisconnected, user, user.0));
        consents::withdraw_in(&mut tx, deps, op, user, ConsentPurpose::Calendly).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn give_back(deps: &Deps, op: &Op, user: UserId) -> Result<(), SchedulingError> {
    let mut tx = deps.begin(op).await?;
    let sealed = store::find_account(&mut tx, user).await?.ok_or(SchedulingError::NotConnected)?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    tx.rollback().await?;
    let Some(refresh_token) = sealed.refresh_token else { return Ok(()) };
    let token = key.open_secret(refresh_place(user), &refresh_token)?;
    Ok(deps.providers.calendly.revoke(&token).await?)
}
