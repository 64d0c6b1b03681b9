//! Asks for a read of a connection: the one way to put its job in, for people and for pushes.

use chrono::{DateTime, Utc};
use types::{ConnectionId, UserId};

use super::store::connections;
use crate::base::{Deps, Tx};
use crate::jobs::{self, Enqueue, Job};

/// Not before `at`; `None` is at once. A read that is under way leaves this one standing when it ends.
pub(super) async fn ask(
    tx: &mut Tx,
    deps: &Deps,
    user: UserId,
    connection: ConnectionId,
    at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    connections::asked(tx, connection, deps.now()).await?;
    jobs::enqueue(tx, Enqueue { job: Job::SyncConnection { user, connection }, run_at: at }).await
}
