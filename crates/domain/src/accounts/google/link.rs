//! A signed-in person lets an account at Google open theirs, or no longer.

use providers::google::GoogleIdentity;
use types::Notice;

use super::welcome::insert_identity;
use super::{GoogleProblem, sign_in, subject_hash};
use crate::accounts::{AccountError, second_factor, store};
use crate::base::{Deps, Op, present_lookup};
use crate::jobs::SignInChange;
use crate::vault::LookupHash;

/// Links it, in the place of another that was linked. Its address need not be theirs here: they say that it is them, having shown who they are.
pub async fn link_google(deps: &Deps, op: &Op, session: &LookupHash, identity: &GoogleIdentity) -> Result<(), GoogleProblem> {
    let user = op.user().ok_or(AccountError::Refused)?;
    match sign_in::find(deps, identity).await? {
        Some((owner, true)) if owner == user => return Ok(()),
        Some((_, true)) => return Err(GoogleProblem::Notice(Notice::GoogleTaken)),
        Some((_, false)) | None => {}
    }
    let hash = subject_hash(deps, identity);
    let mut tx = deps.begin(op).await?;
    store::lock_in(&mut tx, user).await?;
    // It may have ended while Google was asked, because somebody took the account back.
    if !store::hold_session(&mut tx, user, session).await? {
        return Err(GoogleProblem::Notice(Notice::SignInAgain));
    }
    store::delete_openid_identity(&mut tx, user).await?;
    present_lookup(&mut tx, &hash).await?;
    store::delete_unlinked_identity(&mut tx, &hash).await?;
    if !insert_identity(&mut tx, deps, user, identity).await? {
        return Err(GoogleProblem::Notice(Notice::GoogleTaken));
    }
    second_factor::changed(&mut tx, deps, op, user, SignInChange::GoogleLinked).await?;
    tx.commit().await.map_err(AccountError::from)?;
    Ok(())
}

/// Unlinks it, and ends every session but `session`: whoever has the account there may be in one. `GoogleLastWay`: nothing else opens theirs.
pub async fn unlink_google(deps: &Deps, op: &Op, session: &LookupHash) -> Result<(), GoogleProblem> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    store::lock_in(&mut tx, user).await?;
    let own = store::find_own(&mut tx, user).await?.ok_or(AccountError::Refused)?;
    if !own.has_password() && store::list_passkeys(&mut tx, user).await?.is_empty() {
        return Err(GoogleProblem::Notice(Notice::GoogleLastWay));
    }
    let mut ended = Vec::new();
    if store::unlink_openid_identity(&mut tx, user, deps.now()).await? {
        ended = store::delete_other_sessions(&mut tx, user, session).await?;
        second_factor::changed(&mut tx, deps, op, user, SignInChange::GoogleUnlinked).await?;
    }
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    Ok(())
}
