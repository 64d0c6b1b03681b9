//! Fetching it: once. What was fetched to its end is gone; one that broke off can be fetched again.

use uuid::Uuid;

use super::{place, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::privacy::PrivacyError;
use crate::vault::PersonKey;

/// One that is being fetched.
pub struct Fetch {
    deps: Deps,
    op: Op,
    archive: Uuid,
    key: PersonKey,
    next: i32,
    parts: i32,
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetch")
    }
}

impl Fetch {
    /// Begins, and writes down that somebody fetched it.
    ///
    /// # Errors
    /// [`PrivacyError::NotFound`]: it is not theirs, not ready, fetched already or past its time.
    pub async fn begin(deps: &Deps, op: &Op, archive: Uuid) -> Result<Self, PrivacyError> {
        let user = op.user().ok_or(PrivacyError::NotFound)?;
        let mut tx = deps.begin(op).await?;
        let parts = store::parts_of_ready(&mut tx, archive, deps.now()).await?.ok_or(PrivacyError::NotFound)?;
        let key = PersonKey::load_in(&mut tx, deps, user).await?;
        audit::append(&mut tx, deps, op, Event::done(Action::PrivacyExported, user, archive));
        tx.commit().await?;
        Ok(Self { deps: deps.clone(), op: op.clone(), archive, key, next: 0, parts })
    }

    /// The next part; `None`: that was all, and it is gone.
    ///
    /// # Errors
    /// [`PrivacyError::NotFound`]: somebody else fetched it meanwhile, or its time is over. What was sent is not the whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, PrivacyError> {
        let mut tx = self.deps.begin(&self.op).await?;
        if self.next == self.parts {
            store::delete(&mut tx, self.archive).await?;
            tx.commit().await?;
            return Ok(None);
        }
        let (id, sealed) = store::find_part(&mut tx, self.archive, self.next).await?.ok_or(PrivacyError::NotFound)?;
        tx.rollback().await?;
        self.next += 1;
        Ok(Some(self.key.open(place(id), &sealed)?.to_vec()))
    }
}
