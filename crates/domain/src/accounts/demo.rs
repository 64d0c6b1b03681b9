//! Demo and test people: a confirmed address and roles without the mail. No edge of a release calls it.

use types::{Role, UserId};

use super::{AccountError, Email, store};
use crate::base::{Deps, act_as, present_lookup};

/// Confirms the account of `email` and gives it `roles`. `None`: there is no such account.
pub async fn confirm(deps: &Deps, email: &str, roles: &[Role]) -> Result<Option<UserId>, AccountError> {
    let Ok(email) = Email::parse(email) else { return Ok(None) };
    let hash = email.lookup_hash(deps);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    let Some(found) = store::find_by_email(&mut tx, &hash).await? else { return Ok(None) };
    act_as(&mut tx, found.id).await?;
    store::set_roles(&mut tx, found.id, roles, deps.now()).await?;
    tx.commit().await?;
    Ok(Some(found.id))
}
