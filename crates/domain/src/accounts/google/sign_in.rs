//! Signing in as whom Google says it is.

use providers::google::GoogleIdentity;
use serde_json::json;
use types::{Notice, UserId};

use super::welcome::welcome;
use super::{GoogleProblem, subject_hash};
use crate::accounts::{AccountError, SignedIn, device, sign_in, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, act_as, present_lookup};

/// The person. Whoever has a second factor here is asked for it, whatever Google asked. `device`: what the browser kept of an earlier sign-in.
pub async fn sign_in_with_google(
    deps: &Deps,
    op: &Op,
    identity: &GoogleIdentity,
    device: Option<String>,
) -> Result<SignedIn, GoogleProblem> {
    let entered = match find(deps, identity).await? {
        Some((user, true)) => enter(deps, op, user, identity, device).await,
        // Its owner unlinked it, and links it again if they want to.
        Some((_, false)) => Err(GoogleProblem::Notice(Notice::GoogleSignInFirst)),
        None => match welcome(deps, op, identity).await {
            Ok((user, is_new)) => enter(deps, op, user, identity, device).await.map(|signed_in| SignedIn { is_new, ..signed_in }),
            Err(problem) => Err(problem),
        },
    };
    match entered {
        Err(GoogleProblem::Notice(notice)) => {
            sign_in::refused(deps, op, None, json!({ "by": "google", "because": notice })).await?;
            Err(GoogleProblem::Notice(notice))
        }
        entered => entered,
    }
}

/// Whose account it opens, or opened before it was unlinked, which the second part says.
pub(super) async fn find(deps: &Deps, identity: &GoogleIdentity) -> Result<Option<(UserId, bool)>, sqlx::Error> {
    let hash = subject_hash(deps, identity);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let found = store::find_openid_identity(&mut tx, &hash).await?;
    tx.rollback().await?;
    Ok(found)
}

async fn enter(deps: &Deps, op: &Op, user: UserId, identity: &GoogleIdentity, device: Option<String>) -> Result<SignedIn, GoogleProblem> {
    let mut tx = deps.database.begin(None).await?;
    act_as(&mut tx, user).await?;
    // Unlinked, or erased, since it was found.
    let Some(own) = store::find_own(&mut tx, user).await? else { return Err(GoogleProblem::Notice(Notice::GoogleRefused)) };
    if !store::note_openid_use(&mut tx, user, &subject_hash(deps, identity), deps.now()).await? {
        return Err(GoogleProblem::Notice(Notice::GoogleRefused));
    }
    if own.locked {
        tx.rollback().await?;
        sign_in::refused(deps, op, Some(user), json!({ "by": "google", "locked": true })).await?;
        return Err(AccountError::Locked.into());
    }
    let (device, is_known) = device::recognise(deps, &own, device);
    let action = if own.has_second_factor { Action::UserPasswordAccepted } else { Action::UserSignedIn };
    let event = Event::done(action, user, user.0).with(json!({ "by": "google", "known_browser": is_known }));
    audit::append(&mut tx, deps, &op.as_user(user), event);
    tx.commit().await?;
    Ok(SignedIn {
        user,
        password_number: own.password_number,
        device,
        is_known,
        needs_code: own.has_second_factor,
        has_second_factor: false,
        is_proof: !own.has_password(),
        is_new: false,
    })
}
