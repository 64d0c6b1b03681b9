//! A signed-in person who has nothing else shows with Google once more that it is them.

use providers::google::GoogleIdentity;
use serde_json::json;
use types::Notice;

use super::{GoogleProblem, sign_in};
use crate::accounts::{AccountError, second_factor, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// `GoogleTaken`: it is not the account there that opens theirs. Whoever has a password or a second factor shows that.
pub async fn prove_with_google(deps: &Deps, op: &Op, identity: &GoogleIdentity) -> Result<(), GoogleProblem> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let is_theirs = sign_in::find(deps, identity).await? == Some((user, true));
    let mut tx = deps.begin(op).await?;
    let own = store::find_own(&mut tx, user).await?.ok_or(AccountError::Refused)?;
    if !is_theirs || own.has_second_factor || own.has_password() {
        tx.rollback().await?;
        second_factor::proof_refused(deps, op, user, "google").await?;
        return Err(GoogleProblem::Notice(Notice::GoogleTaken));
    }
    audit::append(&mut tx, deps, op, Event::done(Action::UserProvedAgain, user, user.0).with(json!({ "by": "google" })));
    tx.commit().await?;
    Ok(())
}
