//! A signed-in person shows once more that it is them, with a passkey.

use serde_json::json;

use super::{Assertion, AuthenticationCeremony};
use crate::accounts::{AccountError, second_factor};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// `Refused`: it is no passkey of theirs, or answers another challenge; that is on the record.
pub async fn prove_with_passkey(deps: &Deps, op: &Op, ceremony: AuthenticationCeremony, credential: &str) -> Result<(), AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let mut tx = deps.begin(op).await?;
    let is_theirs = match Assertion::parse(credential).filter(|assertion| assertion.user == user) {
        Some(assertion) => assertion.verify(&mut tx, deps, ceremony).await?.is_some(),
        None => false,
    };
    if !is_theirs {
        tx.rollback().await?;
        second_factor::proof_refused(deps, op, user, "passkey").await?;
        return Err(AccountError::Refused);
    }
    audit::append(&mut tx, deps, op, Event::done(Action::UserProvedAgain, user, user.0).with(json!({ "by": "passkey" })));
    tx.commit().await?;
    Ok(())
}
