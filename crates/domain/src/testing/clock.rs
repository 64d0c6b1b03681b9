//! A clock that stands still until it is moved.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::base::Clock;

/// Clones show the same time.
#[derive(Debug, Clone)]
pub struct StillClock(Arc<Mutex<DateTime<Utc>>>);

impl StillClock {
    /// Stands at `at`.
    pub fn at(at: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    /// Moves it.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// The time it shows.
    pub fn read(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for StillClock {
    fn now(&self) -> DateTime<Utc> {
        self.read()
    }
}
