//! A signed-in person changes their password, with the present one (OWASP ASVS 6.2.3).

use secrecy::SecretString;
use serde_json::json;

use super::second_factor::proof_refused;
use super::{AccountError, Hasher, SignUpProblem, SignedIn, device, person, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::limits::{self, Limit};
use crate::vault::LookupHash;

/// Sets `new`, if `present` is right. Every other session ends, and so does every link; the one that asks is to go on under a new id and the
/// new number. `Refused`: the present one is wrong, which is counted like a sign-in.
pub async fn change_password(
    deps: &Deps,
    op: &Op,
    hasher: &Hasher,
    session: &LookupHash,
    present: SecretString,
    new: SecretString,
) -> Result<SignedIn, AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    limits::take(deps, op, Limit::PasswordsAtOwnAccount, user.0.as_bytes()).await??;
    let person = person::recipient(deps, user).await?.ok_or(AccountError::Refused)?;
    let own_words: Vec<&str> = [&person.name, &person.email].into_iter().flatten().map(String::as_str).collect();
    let mut tx = deps.begin(op).await?;
    let own = store::find_own(&mut tx, user).await?.ok_or(AccountError::Refused)?;
    tx.rollback().await?;
    if !hasher.verify(&present, Some(own.password_hash)).await? {
        proof_refused(deps, op, user, "password").await?;
        return Err(AccountError::Refused);
    }
    hasher.check(&new, &own_words).await?.map_err(|problem| AccountError::Invalid(vec![SignUpProblem::Password(problem)]))?;
    let hash = hasher.hash(&new).await?;
    let mut tx = deps.begin(op).await?;
    // Somebody else may have been quicker, with the same present one: a reset, or the same form sent twice. Who has a second factor has shown it
    // in this session, which would be none without.
    let has_second_factor = store::replace_password(&mut tx, user, &hash, own.password_number).await?.ok_or(AccountError::Refused)?;
    store::forget_begun_totp(&mut tx, user).await?;
    store::end_tokens(&mut tx, user, deps.now()).await?;
    let ended = store::delete_other_sessions(&mut tx, user, session).await?;
    let event = Event::done(Action::UserPasswordChanged, user, user.0).with(json!({ "sessions_ended": ended.len() }));
    audit::append(&mut tx, deps, op, event);
    enqueue(&mut tx, Job::SendPasswordChanged { user })?;
    tx.commit().await?;
    deps.rows.remove_all(ended.iter().chain([session]));
    let number = own.password_number + 1;
    Ok(SignedIn {
        user,
        password_number: number,
        device: device::make(deps, &own.email_hash, number),
        is_known: true,
        needs_code: false,
        is_proof: true,
        is_new: false,
        has_second_factor,
    })
}
