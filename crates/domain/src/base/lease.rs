//! Work that one at a time does, on any number of replicas: who holds the lease in a row does it, the others wait and look what came of it.

use std::time::Duration;

use chrono::TimeDelta;

/// How long a lease is held at most: longer than a call of a provider may take with its retries.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(40);
/// How often whoever does not hold it looks, so that they outlast a lease whose holder died.
pub(crate) const LOOKS: u32 = 450;
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Waits until it is worth looking again.
pub(crate) async fn look_again() {
    tokio::time::sleep(LOOK_AGAIN).await;
}
