//! The second step of signing in: a code, where the account asks for one.

use secrecy::SecretString;
use serde_json::json;
use types::UserId;

use super::second_factor::{Trier, take_code};
use super::{AccountError, SignedIn, device, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// The person whose password was right and who is asked for a code. `Refused`: it is not one of theirs, or was used before. `LinkDead`: the
/// password was changed or the account locked meanwhile. `is_known`: what the first step said of the browser.
pub async fn finish_sign_in(
    deps: &Deps,
    op: &Op,
    user: UserId,
    password_number: i32,
    is_known: bool,
    code: &SecretString,
) -> Result<SignedIn, AccountError> {
    // First, so that who has an old password can neither use up the person's tries nor their codes with it.
    if !holds(deps, user, password_number).await? {
        return Err(AccountError::LinkDead);
    }
    let trier = if is_known { Trier::KnownBrowser } else { Trier::Stranger };
    let factor = take_code(deps, op, user, trier, code).await?;
    let mut tx = deps.database.begin(Some(user)).await?;
    let own = store::find_own(&mut tx, user)
        .await?
        .filter(|own| own.password_number == password_number && !own.locked)
        .ok_or(AccountError::LinkDead)?;
    let event =
        Event::done(Action::UserSignedIn, user, user.0).with(json!({ "second_factor": factor.as_str(), "known_browser": is_known }));
    audit::append(&mut tx, deps, &op.as_user(user), event);
    tx.commit().await?;
    Ok(SignedIn {
        user,
        password_number,
        device: device::make(deps, &own.email_hash, password_number),
        is_known,
        needs_code: false,
        has_second_factor: true,
        is_proof: true,
        is_new: false,
    })
}

async fn holds(deps: &Deps, user: UserId, password_number: i32) -> Result<bool, AccountError> {
    let mut tx = deps.database.begin(Some(user)).await?;
    let found = store::find_own(&mut tx, user).await?;
    tx.rollback().await?;
    Ok(found.is_some_and(|own| own.password_number == password_number && !own.locked))
}
