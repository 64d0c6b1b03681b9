//! The installation's own keys: for keyed hashes and for links in mail. Made once, wrapped by SESSION_KEY.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretBox};
use uuid::Uuid;

use super::keyring::keyed_hash;
use super::{Key, Place, VaultError, seal, store};
use crate::base::{Chance, Database};

/// A keyed hash that stands for a value in the database: equal values have equal hashes, and nobody without the key can
/// find out which value it was.
pub type LookupHash = [u8; 32];

/// 32 secret bytes behind keyed hashes of one purpose.
#[derive(Debug)]
pub struct InstallationKey {
    bytes: SecretBox<[u8; 32]>,
}

impl InstallationKey {
    /// HMAC-SHA-256 of `value`; `label` keeps hashes of different kinds of values apart.
    pub fn hash(&self, label: &str, value: &[u8]) -> LookupHash {
        keyed_hash(self.bytes.expose_secret(), &[label.as_bytes(), value])
    }
}

/// Opens the key of `purpose`; the first replica that finds none makes it.
pub(super) async fn open_or_make(
    database: &Database,
    purpose: &'static str,
    session_key: &Key,
    chance: &dyn Chance,
    now: DateTime<Utc>,
) -> Result<InstallationKey, VaultError> {
    let place = Place::new("installation_keys", purpose, Uuid::nil());
    let fresh: [u8; 32] = chance.bytes();
    let wrapped = seal::seal(session_key.expose(), Uuid::nil(), place, &fresh, chance);
    let row = store::insert_or_find_installation_key(database.pool(), purpose, session_key.id(), &wrapped, now).await?;
    if row.wrapping_key_id != session_key.id() {
        return Err(VaultError::KeyMissing { key_id: row.wrapping_key_id });
    }
    let opened = seal::open(session_key.expose(), Uuid::nil(), place, &row.wrapped)?;
    let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| VaultError::Tampered)?;
    Ok(InstallationKey { bytes: SecretBox::new(Box::new(bytes)) })
}
