//! A person ends a key; its tokens end with it, at once and on every replica.

use types::ApiKeyId;

use super::{ApiKeyError, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// Ends it. One that is over already is no error; somebody else's is not there.
pub async fn end_api_key(deps: &Deps, op: &Op, key: ApiKeyId) -> Result<(), ApiKeyError> {
    let user = op.user().ok_or(ApiKeyError::Refused)?;
    let mut tx = deps.begin(op).await?;
    if store::end(&mut tx, user, key, deps.now()).await? {
        audit::append(&mut tx, deps, op, Event::done(Action::ApiKeyEnded, user, key.0)).await?;
    }
    tx.commit().await?;
    Ok(())
}
