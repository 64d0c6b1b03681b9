//! One person's data key: made at sign-up, wrapped by the keyring, destroyed by erasure.

use secrecy::{ExposeSecret, SecretBox, SecretString};
use types::UserId;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Place, VaultError, seal, store};
use crate::base::{Chance, Deps, Tx};

/// An unwrapped data key. Lives as long as the action that needs it.
#[derive(Debug)]
pub struct PersonKey {
    id: Uuid,
    bytes: SecretBox<[u8; 32]>,
}

impl PersonKey {
    /// Makes and stores a data key for a new person, inside their sign-up.
    pub(crate) async fn make_in(tx: &mut Tx, deps: &Deps, user: UserId) -> Result<Self, VaultError> {
        let id = deps.new_id();
        let bytes: [u8; 32] = deps.chance.bytes();
        let master = deps.vault.keyring().current();
        let wrapped = seal::seal(master.expose(), id, wrap_place(user), &bytes, &*deps.chance);
        store::insert_data_key(tx, id, user, master.id(), &wrapped, deps.now()).await?;
        Ok(Self { id, bytes: SecretBox::new(Box::new(bytes)) })
    }

    /// Unwraps `user`'s data key.
    pub(crate) async fn load_in(tx: &mut Tx, deps: &Deps, user: UserId) -> Result<Self, VaultError> {
        let row = store::find_data_key(tx, user).await?.ok_or(VaultError::NoDataKey)?;
        let master = deps.vault.keyring().find(&row.master_key_id).ok_or(VaultError::KeyMissing { key_id: row.master_key_id })?;
        let opened = seal::open(master.expose(), row.id, wrap_place(user), &row.wrapped)?;
        let bytes: [u8; 32] = opened.as_slice().try_into().map_err(|_| VaultError::Tampered)?;
        Ok(Self { id: row.id, bytes: SecretBox::new(Box::new(bytes)) })
    }

    /// Seals `plain` for `place`.
    pub fn seal(&self, place: Place, plain: &[u8], chance: &dyn Chance) -> Vec<u8> {
        seal::seal(self.bytes.expose_secret(), self.id, place, plain, chance)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        seal::open(self.bytes.expose_secret(), self.id, place, sealed)
    }

    /// Opens a text meant to be shown.
    pub fn open_text(&self, place: Place, sealed: &[u8]) -> Result<String, VaultError> {
        String::from_utf8(self.open(place, sealed)?.to_vec()).map_err(|_| VaultError::Tampered)
    }

    /// Opens a text that must not be shown.
    pub fn open_secret(&self, place: Place, sealed: &[u8]) -> Result<SecretString, VaultError> {
        self.open_text(place, sealed).map(SecretString::from)
    }
}

fn wrap_place(user: UserId) -> Place {
    Place::new("data_keys", "wrapped", user.0)
}
