//! A clock that can be moved, shared by tokens, codes and events.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// The machine's clock plus an offset, or a clock of the test's own.
#[derive(Clone)]
pub struct SandboxClock {
    base: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    offset_seconds: Arc<AtomicI64>,
}

impl SandboxClock {
    /// Runs on `base`.
    pub fn new(base: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { base: Arc::new(base), offset_seconds: Arc::default() }
    }

    /// What time the stand-ins think it is.
    pub fn now(&self) -> DateTime<Utc> {
        (self.base)() + TimeDelta::seconds(self.offset_seconds.load(Ordering::SeqCst))
    }

    /// Moves it.
    pub fn advance(&self, by: TimeDelta) {
        self.offset_seconds.fetch_add(by.num_seconds(), Ordering::SeqCst);
    }
}
