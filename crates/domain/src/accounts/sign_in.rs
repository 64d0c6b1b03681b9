//! Checks an address and a password. Unknown and wrong get the same answer after the same time.

use secrecy::SecretString;
use types::UserId;

use super::{AccountError, Email, Hasher, device, store};
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, present_lookup};
use crate::limits::{self, Limit};

/// What somebody typed.
#[derive(Debug)]
pub struct SignIn {
    /// An address.
    pub email: String,
    /// A password.
    pub password: SecretString,
    /// What the browser kept of an earlier sign-in ([`SignedIn::device`]).
    pub device: Option<String>,
}

/// Somebody who is who they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The person.
    pub user: UserId,
    /// Which of their passwords was checked: a session that was begun with an earlier one than the present is none
    /// (`kairos_enter` in the database compares).
    pub password_number: i32,
    /// What the browser is to keep, so that it is known again. Of one that is known already, what it kept: with another each time its tries
    /// would never be counted together.
    pub device: String,
    /// Whether the browser signed in to this account before.
    pub is_known: bool,
    /// Whether a code of the second factor is asked for before there is a session ([`super::finish_sign_in`]).
    pub needs_code: bool,
    /// Whether a second factor was shown.
    pub has_second_factor: bool,
    /// Whether it is as good as being asked once more who they are: not what Google said of somebody who has a password here.
    pub is_proof: bool,
    /// Whether the account was made just now.
    pub is_new: bool,
}

/// The person, if it is them and their address is confirmed. The caller makes the session, under a new id.
pub async fn sign_in(deps: &Deps, op: &Op, hasher: &Hasher, form: SignIn) -> Result<SignedIn, AccountError> {
    let email_hash = Email::typed_hash(deps, &form.email);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &email_hash).await?;
    let found = store::find_by_email(&mut tx, &email_hash).await?;
    tx.rollback().await?;

    // The same for addresses without an account.
    let address = op.address_pseudonym.as_deref().unwrap_or_default();
    let number = found.as_ref().map_or(0, |found| found.password_number);
    let known = form.device.and_then(|text| device::known(deps, &email_hash, number, &text).map(|nonce| (text, nonce)));
    if let Some((_, nonce)) = &known {
        // Strangers who guess at this account from anywhere do not lock its owner out.
        limits::take(deps, op, Limit::SignInsFromKnownDevice, nonce).await??;
    } else {
        limits::take(deps, op, Limit::SignInsAtAccountFromAddress, &[&email_hash[..], address].concat()).await??;
        limits::take(deps, op, Limit::SignInsAtAccount, &email_hash).await??;
    }
    limits::take_for_client(deps, op, Limit::SignInsFromAddress).await??;
    let stored = found.as_ref().map(|found| found.password_hash.clone());
    let matches = hasher.verify(&form.password, stored).await?;
    let event = match &found {
        Some(found) if matches && found.verified && !found.locked => {
            let action = if found.has_second_factor { Action::UserPasswordAccepted } else { Action::UserSignedIn };
            Event::done(action, found.id, found.id.0).with(serde_json::json!({ "known_browser": known.is_some() }))
        }
        _ => Event {
            action: Action::UserSignInRefused,
            outcome: Outcome::Refused,
            subject: found.as_ref().map(|found| found.id),
            resource: found.as_ref().map(|found| found.id.0),
            detail: serde_json::json!({
                "verified": found.as_ref().is_some_and(|found| matches && !found.verified).then_some(false),
                "locked": found.as_ref().is_some_and(|found| matches && found.locked).then_some(true),
            }),
        },
    };
    let actor = if event.outcome == Outcome::Succeeded {
        found.as_ref().map_or_else(|| op.clone(), |found| op.as_user(found.id))
    } else {
        op.clone()
    };
    let mut tx = deps.database.begin(None).await?;
    audit::append(&mut tx, deps, &actor, event);
    tx.commit().await?;
    match found {
        Some(found) if matches && found.locked => Err(AccountError::Locked),
        Some(found) if matches && found.verified => {
            let is_known = known.is_some();
            let device = known.map_or_else(|| device::make(deps, &email_hash, found.password_number), |(text, _)| text);
            Ok(SignedIn {
                user: found.id,
                password_number: found.password_number,
                device,
                is_known,
                needs_code: found.has_second_factor,
                has_second_factor: false,
                is_proof: true,
                is_new: false,
            })
        }
        Some(_) if matches => Err(AccountError::NotVerified),
        _ => Err(AccountError::Refused),
    }
}

/// A sign-in by another way than a password that was refused, on the record. `detail`: by what, and why if it is not that nobody showed who they are.
pub(super) async fn refused(deps: &Deps, op: &Op, whose: Option<UserId>, detail: serde_json::Value) -> Result<(), AccountError> {
    let resource = whose.map(|user| user.0);
    let event = Event { action: Action::UserSignInRefused, outcome: Outcome::Refused, subject: whose, resource, detail };
    let mut tx = deps.database.begin(None).await?;
    audit::append(&mut tx, deps, op, event);
    tx.commit().await?;
    Ok(())
}
