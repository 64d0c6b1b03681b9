//! Somebody becomes an admin by the word of whoever has a shell on the server: the first one, or the one who lets the others in again.

use chrono_tz::Tz;
use secrecy::SecretString;
use serde_json::json;
use types::{Role, UserId, UserTokenId};

use crate::accounts::link::{lifetime, link_text};
use crate::accounts::password::NO_PASSWORD;
use crate::accounts::{AccountError, Email, sign_up, store, verify};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, act_as, present_lookup};
use crate::jobs::LinkPurpose;

/// Who was appointed.
#[derive(Debug)]
pub struct Appointed {
    /// The person.
    pub user: UserId,
    /// The text of a link that sets a password, for an account that was made for it, or that nobody had confirmed.
    pub link: Option<SecretString>,
}

/// Makes the account of `email` an admin's, unlocked and with a confirmed address; makes the account if there is none. `Refused`: that is no address.
pub async fn appoint(deps: &Deps, op: &Op, email: &str) -> Result<Appointed, AccountError> {
    let email = Email::parse(email).map_err(|_| AccountError::Refused)?;
    let (hash, now) = (email.lookup_hash(deps), deps.now());
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let found = store::find_by_email(&mut tx, &hash).await?;
    let user = found.as_ref().map_or_else(|| UserId(deps.new_id()), |found| found.id);
    act_as(&mut tx, user).await?;
    let is_unconfirmed = found.as_ref().is_some_and(|found| !found.verified);
    if is_unconfirmed {
        verify::claim_in(&mut tx, user, now).await?;
    }
    let mut link = None;
    if found.is_none() {
        let row = store::NewUser { id: user, email_hash: &hash, password_hash: NO_PASSWORD, zone: Tz::UTC, now };
        if !sign_up::insert(&mut tx, deps, &row, "Admin", &email).await? {
            return Err(AccountError::Busy);
        }
        audit::append(&mut tx, deps, op, Event::done(Action::UserSignedUp, user, user.0));
    }
    if found.is_none() || is_unconfirmed {
        let token = UserTokenId(deps.new_id());
        store::insert_token(&mut tx, token, user, LinkPurpose::ResetPassword, now, now + lifetime(LinkPurpose::ResetPassword)).await?;
        link = Some(link_text(deps, user, token, LinkPurpose::ResetPassword).into());
    }
    let (mut roles, is_locked) = store::lock_roles(&mut tx, user).await?.ok_or(AccountError::Refused)?;
    for role in [Role::User, Role::Admin] {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    store::set_verified(&mut tx, user, now).await?;
    if store::update_roles(&mut tx, user, &roles).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::UserRolesChanged, user, user.0).with(json!({ "roles": roles })));
    }
    if is_locked {
        super::unlock_in(&mut tx, deps, op, user).await?;
    }
    tx.commit().await?;
    Ok(Appointed { user, link })
}
