//! A person ends a key; its tokens end with it, at once and on every replica.

use serde_json::json;
use types::{ApiKeyId, UserId};

use super::{ApiKeyError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};

/// Ends it. One that is over already is no error; somebody else's is not there.
pub async fn end_api_key(deps: &Deps, op: &Op, key: ApiKeyId) -> Result<(), ApiKeyError> {
    let user = op.user().ok_or(ApiKeyError::Refused)?;
    let mut tx = deps.begin(op).await?;
    if store::end(&mut tx, user, key, deps.now()).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::ApiKeyEnded, user, key.0));
    }
    tx.commit().await?;
    Ok(())
}

/// Ends every key of `user`, as whom `tx` acts: an admin decided it. Returns how many there were.
pub(crate) async fn end_all_in(tx: &mut Tx, deps: &Deps, op: &Op, user: UserId) -> Result<usize, ApiKeyError> {
    let ended = store::end_all(tx, user, deps.now()).await?;
    audit::append(tx, deps, op, Event::done(Action::ApiKeyEnded, user, user.0).with(json!({ "keys_ended": ended })));
    Ok(usize::try_from(ended).unwrap_or(usize::MAX))
}
