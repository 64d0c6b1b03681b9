//! Who asked too often, as far as this replica was told, and until when.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use lru::LruCache;

/// As many as are remembered. Who is not is told by the database.
const MOST: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// Ends of spans of which nothing is left.
#[derive(Debug)]
pub struct UsedUp(Mutex<LruCache<Vec<u8>, DateTime<Utc>>>);

impl Default for UsedUp {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl UsedUp {
    pub(crate) fn until(&self, who: &[u8]) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(who).copied()
    }

    pub(crate) fn remember(&self, who: Vec<u8>, until: DateTime<Utc>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(who, until);
    }
}
