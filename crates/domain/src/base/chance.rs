//! Chance comes in as a parameter, so that a test can hold it still.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A source of random bytes fit for keys.
pub trait Chance: Send + Sync + std::fmt::Debug {
    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Chance + '_ {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUIDv7 (RFC 9562): sortable by the time given, 74 random bits.
    pub fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &self.bytes::<10>()).into_uuid()
    }

    /// As many UUIDv7 as asked for, drawn from the random source at once.
    pub fn uuids(&self, count: usize, now: DateTime<Utc>) -> impl Iterator<Item = Uuid> + use<> {
        let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let mut bytes = vec![[0; 10]; count];
        self.fill(bytes.as_flattened_mut());
        bytes.into_iter().map(move |bytes| uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid())
    }

    /// A number from 0 up to, not including, 1; for jitter.
    pub fn fraction(&self) -> f64 {
        f64::from(u32::from_le_bytes(self.bytes())) / (f64::from(u32::MAX) + 1.0)
    }

    /// An unguessable text of 256 bits, safe in URLs (unpadded base64url, 43 characters).
    pub fn secret_text(&self) -> secrecy::SecretString {
        use base64::Engine;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(self.bytes::<32>()).into()
    }
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsChance;

impl Chance for OsChance {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one place that asks the system; without it nothing is safe to do"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has a random source");
    }
}
