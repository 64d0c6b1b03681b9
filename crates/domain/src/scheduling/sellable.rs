//! Whether an event type can be sold.

use types::UserId;
use uuid::Uuid;

use super::{Offer, SchedulingError, offer_place, store};
use crate::base::{Deps, Op, Tx};
use crate::vault::PersonKey;

/// The hash of an event type's name and how many minutes it takes; `None`: it is not theirs, or cannot be sold.
pub(crate) async fn sellable_in(tx: &mut Tx, user: UserId, event_type: Uuid) -> Result<Option<(Vec<u8>, i32)>, sqlx::Error> {
    store::find_sellable(tx, user, event_type).await
}

/// The event type of this name that can be sold, among those of the person of `op`: for people of a demonstration, who are set up by a program.
pub async fn find_by_name(deps: &Deps, op: &Op, name: &str) -> Result<Option<Uuid>, SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    for (id, _) in store::list_event_types(&mut tx, user).await? {
        let Some((id, sealed)) = store::find_offer(&mut tx, user, Some(id), None).await? else { continue };
        let offer: Offer = serde_json::from_slice(&key.open(offer_place(id), &sealed)?)?;
        if offer.name == name {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
