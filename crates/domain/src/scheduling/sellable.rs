//! Whether an event type can be sold.

use types::UserId;
use uuid::Uuid;

use super::store;
use crate::base::Tx;

/// The hash of an event type's name and how many minutes it takes; `None`: it is not theirs, or cannot be sold.
pub(crate) async fn sellable_in(tx: &mut Tx, user: UserId, event_type: Uuid) -> Result<Option<(Vec<u8>, i32)>, sqlx::Error> {
    store::find_sellable(tx, user, event_type).await
}
