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
        if !store::is_ready(&mut tx, archive, deps.now()).await? {
            return Err(PrivacyError::NotFound);
        }
        let key = PersonKey::load_in(&mut tx, deps, user).await?;
        audit::append(&mut tx, deps, op, Event::done(Action::PrivacyExported, user, archive)).await?;
        tx.commit().await?;
        Ok(Self { deps: deps.clone(), op: op.clone(), archive, key, next: 0 })
    }

    /// The next part; `None`: that was all, and it is gone.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, PrivacyError> {
        let mut tx = self.deps.begin(&self.op).await?;
        let Some((id, sealed)) = store::find_part(&mut tx, self.archive, self.next).await? else {
            store::delete(&mut tx, self.archive).await?;
            tx.commit().await?;
            return Ok(None);
        };
        tx.rollback().await?;
        self.next += 1;
        Ok(Some(self.key.open(place(id), &sealed)?.to_vec()))
    }
}
