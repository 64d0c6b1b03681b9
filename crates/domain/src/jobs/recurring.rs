//! What puts itself in again and again has to be put in once.

use super::{Job, enqueue};
use crate::base::Deps;

/// What recurs.
pub(super) const RECURRING: [Job; 7] = [
    Job::PurgeExpired,
    Job::CopyCheckpoint,
    Job::ReconcileBookings,
    Job::CatchUpWithStripe,
    Job::RewrapKeys,
    Job::ScanSealed,
    Job::LookAfter,
];

/// Whether jobs of this name put themselves in again: taken out, they would not be back.
pub fn recurs(name: &str) -> bool {
    // Of one person's connections and accounts, which no start puts in again.
    let of_one = ["sync_connection", "maintain_channels", "read_calendly"];
    of_one.contains(&name) || RECURRING.iter().any(|job| job.name() == name)
}

/// Puts in what recurs, at start; the unique keys make it one of each however many replicas do.
pub async fn start_recurring(deps: &Deps) -> Result<(), sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    for job in RECURRING {
        enqueue(&mut tx, job)?;
    }
    tx.commit().await
}
