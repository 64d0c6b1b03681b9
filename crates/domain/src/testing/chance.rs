//! Chance that repeats itself: the same seed gives the same bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::base::Chance;

/// SHA-256 over a seed and a counter.
#[derive(Debug)]
pub struct CountedChance {
    seed: u64,
    count: AtomicU64,
}

impl CountedChance {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }
}

impl Chance for CountedChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.count.fetch_add(1, Ordering::SeqCst);
            let block = Sha256::digest([self.seed.to_le_bytes(), count.to_le_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
