//! Somebody comes from Google for the first time: to an account that is made for them, or to the one of their address.

use chrono_tz::Tz;
use providers::google::GoogleIdentity;
use serde_json::json;
use types::{Notice, UserId};

use super::{GoogleProblem, email_place, sign_in, subject_hash};
use crate::accounts::password::NO_PASSWORD;
use crate::accounts::sign_up::{insert, is_name};
use crate::accounts::store::Credentials;
use crate::accounts::{AccountError, Email, second_factor, store, verify};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx, act_as, present_lookup};
use crate::jobs::SignInChange;
use crate::vault::{PersonKey, Place};

/// The person, and whether their account was made just now. From here on this identity opens it. An address that Google never confirmed is nobody's; one that it confirmed
/// once, and does not give out itself, may have another owner by now: it opens no account, and none is made for whoever it belongs to.
pub(super) async fn welcome(deps: &Deps, op: &Op, identity: &GoogleIdentity) -> Result<(UserId, bool), GoogleProblem> {
    let email = Email::parse(&identity.email).ok().filter(|_| identity.is_verified);
    let email = email.ok_or(GoogleProblem::Notice(Notice::GoogleNotVerified))?;
    let email_hash = email.lookup_hash(deps);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &email_hash).await?;
    let present = store::find_by_email(&mut tx, &email_hash).await?;
    let is_new = present.is_none();
    let user = match present {
        // The same for an address that has an account and for one that has none.
        _ if !identity.is_authoritative => return Err(GoogleProblem::Notice(Notice::GoogleSignInFirst)),
        Some(present) if present.locked => return Err(AccountError::Locked.into()),
        // Their second factor was not shown yet.
        Some(present) if present.has_second_factor => return Err(GoogleProblem::Notice(Notice::GoogleSignInFirst)),
        Some(present) => adopt(&mut tx, deps, op, &present, identity).await?.then_some(present.id),
        None => make(&mut tx, deps, op, &email, identity).await?,
    };
    match user {
        Some(user) => {
            tx.commit().await?;
            Ok((user, is_new))
        }
        // Somebody was quicker, with the same identity in another window.
        None => {
            tx.rollback().await?;
            let found = sign_in::find(deps, identity).await?.ok_or(GoogleProblem::Notice(Notice::GoogleSignInFirst))?;
            Ok((found.0, false))
        }
    }
}

fn name_of(identity: &GoogleIdentity) -> String {
    let name = identity.name.as_deref().map(str::trim).filter(|name| is_name(name));
    name.unwrap_or_else(|| identity.email.split('@').next().unwrap_or_default()).chars().take(100).collect()
}

/// Links it to a person as whom `tx` acts. `false`: it is linked already, or they have another.
pub(super) async fn insert_identity(tx: &mut Tx, deps: &Deps, user: UserId, identity: &GoogleIdentity) -> Result<bool, AccountError> {
    let key = PersonKey::load_in(tx, deps, user).await?;
    let sealed = key.seal(email_place(user), identity.email.as_bytes(), &*deps.chance);
    Ok(store::insert_openid_identity(tx, user, &subject_hash(deps, identity), &sealed, deps.now()).await?)
}

/// An account without a password, whose address is confirmed.
async fn make(tx: &mut Tx, deps: &Deps, op: &Op, email: &Email, identity: &GoogleIdentity) -> Result<Option<UserId>, AccountError> {
    let user = UserId(deps.new_id());
    act_as(tx, user).await?;
    let email_hash = email.lookup_hash(deps);
    let row = store::NewUser { id: user, email_hash: &email_hash, password_hash: NO_PASSWORD, zone: Tz::UTC, now: deps.now() };
    if !insert(tx, deps, &row, &name_of(identity), email).await? {
        return Ok(None);
    }
    store::set_verified(tx, user, deps.now()).await?;
    if !insert_identity(tx, deps, user, identity).await? {
        return Ok(None);
    }
    let event = Event::done(Action::UserSignedUp, user, user.0).with(json!({ "by": "google" }));
    audit::append(tx, deps, &op.as_user(user), event);
    Ok(Some(user))
}

/// The account of this address. One that nobody confirmed loses its name too.
async fn adopt(tx: &mut Tx, deps: &Deps, op: &Op, present: &Credentials, identity: &GoogleIdentity) -> Result<bool, AccountError> {
    let user = present.id;
    act_as(tx, user).await?;
    if !insert_identity(tx, deps, user, identity).await? {
        return Ok(false);
    }
    if !present.verified {
        let key = PersonKey::load_in(tx, deps, user).await?;
        let name = key.seal(Place::new("users", "name_sealed", user.0), name_of(identity).as_bytes(), &*deps.chance);
        store::set_name(tx, user, &name).await?;
        verify::claim_in(tx, user, deps.now()).await?;
    }
    second_factor::changed(tx, deps, &op.as_user(user), user, SignInChange::GoogleLinked).await?;
    Ok(true)
}
