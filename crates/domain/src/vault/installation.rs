//! The installation's own keys: for keyed hashes and for links in mail. Made once, wrapped by SESSION_KEY.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretBox};
use uuid::Uuid;

use super::keyring::keyed_hash;
use super::{Keyring, Place, VaultError, seal, store};
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

    /// The same as 43 characters that stand in an address as they are: a secret that need not be kept, because it can be made again.
    pub fn token(&self, label: &str, value: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.hash(label, value))
    }
}

/// Opens the key of `purpose`; the first replica that finds none makes it. One that is wrapped by an older session key is wrapped by the
/// current one from then on, so that the older can be given up once every replica has started.
pub(super) async fn open_or_make(
    database: &Database,
    purpose: &'static str,
    session_keys: &Keyring,
    chance: &dyn Chance,
    now: DateTime<Utc>,
) -> Result<InstallationKey, VaultError> {
    let place = Place::new("installation_keys", purpose, Uuid::nil());
    let current = session_keys.current();
    let wrap = |bytes: &[u8; 32]| seal::seal(current.cipher(), Uuid::nil(), place, bytes, chance);
    let fresh: [u8; 32] = chance.bytes();
    let row = store::insert_or_find_installation_key(database.pool(), purpose, current.id(), &wrap(&fresh), now).await?;
    let wrapping = session_keys.find(&row.wrapping_key_id).ok_or_else(|| VaultError::KeyMissing { key_id: row.wrapping_key_id.clone() })?;
    let opened = seal::open(wrapping.cipher(), Uuid::nil(), place, &row.wrapped)?;
    let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| VaultError::Tampered)?;
    if wrapping.id() != current.id() {
        store::rewrap_installation_key(database.pool(), purpose, wrapping.id(), current.id(), &wrap(&bytes)).await?;
        tracing::info!(purpose, from = wrapping.id(), to = current.id(), "a key of the installation is wrapped by the current SESSION_KEY");
    }
    Ok(InstallationKey { bytes: SecretBox::new(Box::new(bytes)) })
}
