//! Writing down that somebody allowed something, and that they do not any more.

use serde_json::json;
use types::{ConsentPurpose, UserId};

use super::{Wording, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};

/// Somebody allows it, in today's words. Allowed already in these words it stays as it is; in older ones those end.
pub(crate) async fn give_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId, purpose: ConsentPurpose) -> Result<(), sqlx::Error> {
    let version = Wording::newest(purpose).map_or(1, |wording| wording.version);
    if store::holds(tx, user, purpose, version).await? {
        return Ok(());
    }
    store::withdraw(tx, user, purpose, deps.now()).await?;
    let id = deps.new_id();
    store::insert(tx, id, user, purpose, version, deps.now()).await?;
    let detail = json!({ "purpose": purpose, "version": version });
    audit::append(tx, deps, op, Event::done(Action::ConsentGiven, user, id).with(detail));
    Ok(())
}

/// They do not any more.
pub(crate) async fn withdraw_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId, purpose: ConsentPurpose) -> Result<(), sqlx::Error> {
    if !store::withdraw(tx, user, purpose, deps.now()).await? {
        return Ok(());
    }
    let event = Event::done(Action::ConsentWithdrawn, user, user.0).with(json!({ "purpose": purpose }));
    audit::append(tx, deps, op, event);
    Ok(())
}
