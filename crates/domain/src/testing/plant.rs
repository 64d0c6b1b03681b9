//! A value of a test's own, sealed as the program would have sealed it.

use types::UserId;

use super::World;
use crate::vault::{PersonKey, Place};

impl World {
    /// `text` as it would be kept at `place` of this person.
    pub async fn sealed(&self, user: UserId, place: Place, text: &str) -> Vec<u8> {
        let mut tx = self.deps.begin(&self.as_user(user)).await.expect("begun");
        let key = PersonKey::load_in(&mut tx, &self.deps, user).await.expect("a data key");
        tx.rollback().await.expect("ended");
        key.seal(place, text.as_bytes(), &*self.deps.chance)
    }
}
