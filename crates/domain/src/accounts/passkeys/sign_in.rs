//! Signing in with a passkey alone.

use serde_json::json;
use types::UserId;

use super::{Assertion, AuthenticationCeremony};
use crate::accounts::{AccountError, SignedIn, device, sign_in, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::limits::{self, Limit};

/// What a browser brought.
#[derive(Debug)]
pub struct PasskeySignIn {
    /// The challenge it was given.
    pub ceremony: AuthenticationCeremony,
    /// What the authenticator made of it, as `PublicKeyCredential.toJSON()` writes it.
    pub credential: String,
    /// What the browser kept of an earlier sign-in ([`SignedIn::device`]).
    pub device: Option<String>,
    /// Whose password was right a moment ago in this browser, and the number of that password: the passkey is the second step.
    pub after_password: Option<(UserId, i32)>,
}

/// The person whose passkey it is. The caller makes the session, under a new id. `Refused`: it is nobody's, was used with a lower count than
/// before, or answers another challenge.
pub async fn sign_in_with_passkey(deps: &Deps, op: &Op, form: PasskeySignIn) -> Result<SignedIn, AccountError> {
    limits::take_for_client(deps, op, Limit::SignInsFromAddress).await??;
    let Some(assertion) = Assertion::parse(&form.credential) else {
        return refuse(deps, op, None, AccountError::Refused).await;
    };
    let user = assertion.user;
    let mut tx = deps.database.begin(Some(user)).await?;
    let Some(own) = store::find_own(&mut tx, user).await? else {
        tx.rollback().await?;
        return refuse(deps, op, None, AccountError::Refused).await;
    };
    let Some(passkey) = assertion.verify(&mut tx, deps, form.ceremony).await? else {
        tx.rollback().await?;
        return refuse(deps, op, Some(user), AccountError::Refused).await;
    };
    if own.locked {
        tx.rollback().await?;
        return refuse(deps, op, Some(user), AccountError::Locked).await;
    }
    if !passkey.opens_alone {
        if form.after_password != Some((user, own.password_number)) {
            tx.rollback().await?;
            return refuse(deps, op, Some(user), AccountError::PasswordFirst).await;
        }
        store::set_opens_alone(&mut tx, user, Some(passkey.id)).await?;
    }
    let (device, is_known) = device::recognise(deps, &own, form.device);
    let event = Event::done(Action::UserSignedIn, user, user.0).with(json!({ "by": "passkey", "known_browser": is_known }));
    audit::append(&mut tx, deps, &op.as_user(user), event);
    tx.commit().await?;
    Ok(SignedIn {
        user,
        password_number: own.password_number,
        device,
        is_known,
        needs_code: false,
        has_second_factor: true,
        is_proof: true,
        is_new: false,
    })
}

/// On the record, for this reason.
async fn refuse(deps: &Deps, op: &Op, whose: Option<UserId>, why: AccountError) -> Result<SignedIn, AccountError> {
    let locked = matches!(why, AccountError::Locked).then_some(true);
    sign_in::refused(deps, op, whose, json!({ "by": "passkey", "locked": locked })).await?;
    Err(why)
}
