//! Somebody wants a copy.

use uuid::Uuid;

use super::store;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::privacy::PrivacyError;

/// Asks for it. One that is under way is the answer; one that lies ready makes room for the new one.
pub async fn ask_archive(deps: &Deps, op: &Op) -> Result<Uuid, PrivacyError> {
    let user = op.user().ok_or(PrivacyError::NotFound)?;
    let id = deps.new_id();
    let mut tx = deps.begin(op).await?;
    if let Some(under_way) = store::under_way(&mut tx, user).await? {
        return Ok(under_way);
    }
    store::delete_ready(&mut tx, user).await?;
    if !store::insert(&mut tx, id, user, deps.now()).await? {
        // Asked twice at once.
        tx.rollback().await?;
        let mut tx = deps.begin(op).await?;
        return store::under_way(&mut tx, user).await?.ok_or(PrivacyError::NotFound);
    }
    audit::append(&mut tx, deps, op, Event::done(Action::PrivacyArchiveAsked, user, id));
    enqueue(&mut tx, Job::WriteArchive { user, archive: id })?;
    tx.commit().await?;
    Ok(id)
}
