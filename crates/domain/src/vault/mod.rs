//! Vault: keys, and what is sealed under them.
//!
//! Owns:      data_keys, installation_keys
//! May touch: base
//! Never:     plaintext in a log, an error or `Debug`
//! Start at:  seal.rs for the shape of a ciphertext, person.rs for whose key it is
//!
//! Envelopes: the keyring from configuration wraps one data key per person; data keys seal that person's secrets with
//! AES-256-GCM. Destroying the data key forgets the person. Equality look-ups go by keyed hash.

mod installation;
mod keyring;
mod opened;
mod person;
mod rewrap;
mod seal;
mod store;
mod token_keys;

use std::sync::Arc;

pub use installation::{InstallationKey, LookupHash};
pub use keyring::{Key, KeyError, Keyring};
pub use opened::{Opened, Sealed};
pub use person::PersonKey;
pub(crate) use person::{IvBatch, client_key_place};
pub(crate) use rewrap::rewrap_part;
pub use seal::Place;
pub(crate) use store::DataKeyRow;
pub use token_keys::TokenKeys;

use crate::base::{Chance, Database, Deps};

/// Why something sealed cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key it was sealed under is not in the keyring. The id is a fingerprint, not the key.
    #[error("sealed under key {key_id}, which is not in the keyring")]
    KeyMissing {
        /// Fingerprint of the missing key.
        key_id: String,
    },
    /// Not what was sealed at this place: changed, swapped, or cut.
    #[error("the ciphertext does not belong here")]
    Tampered,
    /// The person has no data key: erased, or never made.
    #[error("the person has no data key")]
    NoDataKey,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The long-lived half of the vault: the keyring and the installation's own keys.
#[derive(Debug, Clone)]
pub struct Vault {
    keyring: Arc<Keyring>,
    lookup: Arc<InstallationKey>,
    link: Arc<InstallationKey>,
    session: Arc<InstallationKey>,
    tokens: Arc<TokenKeys>,
}

impl Vault {
    /// Opens the vault, making the installation's keys on the very first start (one replica makes them, the others read).
    ///
    /// # Errors
    /// [`VaultError::KeyMissing`] when none of `session_keys` is the one this database was set up with.
    pub async fn open(
        database: &Database,
        keyring: Keyring,
        session_keys: &Keyring,
        chance: &dyn Chance,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<Self, VaultError> {
        let open = |purpose| installation::open_or_make(database, purpose, session_keys, chance, now);
        Ok(Self {
            keyring: Arc::new(keyring),
            lookup: Arc::new(open("lookup").await?),
            link: Arc::new(open("link").await?),
            session: Arc::new(open("session").await?),
            tokens: Arc::new(TokenKeys::of(session_keys)),
        })
    }

    /// The key behind hashes for equality look-ups: emails, OAuth states, provider ids.
    pub fn lookup(&self) -> &InstallationKey {
        &self.lookup
    }

    /// The key behind single-use links in mail.
    pub fn link(&self) -> &InstallationKey {
        &self.link
    }

    /// The key behind hashes of session ids.
    pub fn session(&self) -> &InstallationKey {
        &self.session
    }

    /// The keys that sign access tokens.
    pub fn tokens(&self) -> &TokenKeys {
        &self.tokens
    }

    /// The keyring.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }
}

/// Whether the keyring has every key that is in use.
pub async fn keyring_is_complete(deps: &Deps) -> Result<bool, sqlx::Error> {
    let in_use = store::keys_in_use(deps.database.pool()).await?;
    Ok(in_use.iter().all(|id| deps.vault.keyring().find(id).is_some()))
}
