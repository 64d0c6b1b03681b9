//! Whether jobs are being worked on, for `/readyz` and tests.

use tokio::sync::watch;

use super::Lane;

/// Clones see the same.
#[derive(Debug, Clone)]
pub struct Health(watch::Sender<[bool; Lane::ALL.len()]>);

impl Health {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new([false; Lane::ALL.len()]))
    }

    /// Whether every lane has a worker.
    pub fn is_working(&self) -> bool {
        all(&*self.0.borrow())
    }

    /// Waits until [`Health::is_working`] is `wanted`.
    pub async fn until(&self, wanted: bool) {
        // The sender is in `self`, so the channel cannot be closed.
        let _ = self.0.subscribe().wait_for(|lanes| all(&lanes[..]) == wanted).await;
    }
}

fn all(lanes: &[bool]) -> bool {
    lanes.iter().all(|works| *works)
}

/// A worker at work, for as long as this lives.
pub(super) struct Pulse<'h>(&'h Health, Lane);

impl<'h> Pulse<'h> {
    pub fn begin(health: &'h Health, lane: Lane) -> Self {
        set(health, lane, true);
        Self(health, lane)
    }
}

impl Drop for Pulse<'_> {
    fn drop(&mut self) {
        set(self.0, self.1, false);
    }
}

fn set(health: &Health, lane: Lane, works: bool) {
    health.0.send_modify(|lanes| lanes[lane as usize] = works);
}
