//! Signing in with a passkey alone.

use serde_json::json;
use types::UserId;

use super::{Assertion, AuthenticationCeremony};
use crate::accounts::{AccountError, SignedIn, device, store};
use crate::audit::{self, Action, Event, Outcome};
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
        return refuse(deps, op, None, false).await;
    };
    let user = assertion.user;
    let mut tx = deps.database.begin(Some(user)).await?;
    let Some(own) = store::find_own(&mut tx, user).await? else {
        tx.rollback().await?;
        return refuse(deps, op, None, false).await;
    };
    let Some(passkey) = assertion.verify(&mut tx, deps, form.ceremony).await? else {
        tx.rollback().await?;
        return refuse(deps, op, Some(user), false).await;
    };
    if own.locked {
        tx.rollback().await?;
        return refuse(deps, op, Some(user), true).await;
    }
    if !passkey.opens_alone {
        if form.after_password != Some((user, own.password_number)) {
            tx.rollback().await?;
            return refuse(deps, op, Some(user), false).await.or(Err(AccountError::PasswordFirst));
        }
        store::set_opens_alone(&mut tx, user, Some(passkey.id)).await?;
    }
    let (device, is_known) = device::recognise(deps, &own, form.device);
    let event = Event::done(Action::UserSignedIn, user, user.0).with(json!({ "by": "passkey", "known_browser": is_known }));
    audit::append(&mut tx, deps, &op.as_user(user), event).await?;
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

/// On the record. `locked`: it is theirs, and an admin locked the account.
async fn refuse(deps: &Deps, op: &Op, whose: Option<UserId>, locked: bool) -> Result<SignedIn, AccountError> {
    let event = Event {
        action: Action::UserSignInRefused,
        outcome: Outcome::Refused,
        subject: whose,
        resource: whose.map(|user| user.0),
        detail: json!({ "by": "passkey", "locked": locked.then_some(true) }),
    };
    let mut tx = deps.database.begin(None).await?;
    audit::append(&mut tx, deps, op, event).await?;
    tx.commit().await?;
    Err(if locked { AccountError::Locked } else { AccountError::Refused })
}
