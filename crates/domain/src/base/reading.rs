//! What one page reads.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use types::UserId;

use super::{Deps, Op, Tx};
use crate::vault::{PersonKey, VaultError};

/// One transaction, of one moment, for everything a page or a reply shows, and the person's key, opened once. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Reading {
    deps: Deps,
    user: UserId,
    now: DateTime<Utc>,
    pub(crate) tx: Tx,
    key: Option<Result<Arc<PersonKey>, String>>,
}

impl Deps {
    /// Begins to read what the person of `op` may see; `None` when the action belongs to nobody.
    pub async fn read(&self, op: &Op) -> Result<Option<Reading>, sqlx::Error> {
        let Some(user) = op.user() else { return Ok(None) };
        let tx = self.database.begin_reading(user).await?;
        Ok(Some(Reading { deps: self.clone(), user, now: self.now(), tx, key: None }))
    }
}

impl Reading {
    /// Whose.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// The one present moment of all that is read.
    pub const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The person's key, or the fingerprint of the master key that is missing for it.
    pub(crate) async fn key(&mut self) -> Result<Result<Arc<PersonKey>, String>, sqlx::Error> {
        if let Some(known) = &self.key {
            return Ok(known.clone());
        }
        let found = match PersonKey::load_in(&mut self.tx, &self.deps, self.user).await {
            Ok(key) => Ok(Arc::new(key)),
            Err(VaultError::Database(error)) => return Err(error),
            Err(VaultError::KeyMissing { key_id }) => Err(key_id),
            Err(error) => {
                tracing::warn!(%error, "a person's key cannot be used");
                Err("unknown".to_owned())
            }
        };
        self.key = Some(found.clone());
        Ok(found)
    }
}
