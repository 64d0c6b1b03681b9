//! What a verb needs and does not make itself. Long-lived and cheap to clone.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use providers::Providers;
use types::RequestId;
use uuid::Uuid;

use super::{Chance, Clock, Database, Op, Tx};
use crate::vault::Vault;

/// What the rooms were told at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where people reach this installation, without a slash at the end.
    pub public_url: String,
}

/// The long-lived half of a verb's parameters.
#[derive(Debug, Clone)]
pub struct Deps {
    /// The database, as the server's role.
    pub database: Database,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub chance: Arc<dyn Chance>,
    /// Keys.
    pub vault: Vault,
    /// Everything outside.
    pub providers: Arc<Providers>,
    /// What the rooms were told at start.
    pub settings: Arc<Settings>,
}

impl Deps {
    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// A new id.
    pub fn new_id(&self) -> Uuid {
        self.chance.uuid(self.now())
    }

    /// A new request id.
    pub fn new_request_id(&self) -> RequestId {
        RequestId(self.new_id())
    }

    /// Opens a transaction that sees what the person of `op` may see.
    pub async fn begin(&self, op: &Op) -> Result<Tx, sqlx::Error> {
        self.database.begin(op.user()).await
    }
}
