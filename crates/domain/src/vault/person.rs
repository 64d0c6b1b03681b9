//! One person's data key: made at sign-up, wrapped by the keyring, destroyed by erasure.

use secrecy::{ExposeSecret, SecretBox, SecretString};
use types::{ClientId, UserId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::seal::{Cipher, IV_LENGTH};
use super::store::DataKeyRow;
use super::{Place, VaultError, seal, store};
use crate::base::{Chance, Deps, Tx};

/// An unwrapped data key. Lives as long as the action that needs it.
#[derive(Debug)]
pub struct PersonKey {
    id: Uuid,
    cipher: Cipher,
}

/// Initialisation vectors for many values, drawn from the random source at once.
#[derive(Debug)]
pub(crate) struct IvBatch(std::vec::IntoIter<[u8; IV_LENGTH]>);

impl IvBatch {
    /// As many as there will be values at most.
    pub fn draw(count: usize, chance: &dyn Chance) -> Self {
        let mut bytes = vec![[0; IV_LENGTH]; count];
        chance.fill(bytes.as_flattened_mut());
        Self(bytes.into_iter())
    }
}

impl PersonKey {
    /// Makes and stores a data key for a new person, inside their sign-up.
    pub(crate) async fn make_in(tx: &mut Tx, deps: &Deps, user: UserId) -> Result<Self, VaultError> {
        let id = deps.new_id();
        let bytes = SecretBox::new(Box::new(deps.chance.bytes::<32>()));
        let master = deps.vault.keyring().current();
        let wrapped = seal::seal(master.cipher(), id, person_key_place(user), bytes.expose_secret(), &*deps.chance);
        store::insert_data_key(tx, id, user, master.id(), &wrapped, deps.now()).await?;
        Ok(Self { id, cipher: Cipher::new(&bytes) })
    }

    /// Unwraps `user`'s data key.
    pub(crate) async fn load_in(tx: &mut Tx, deps: &Deps, user: UserId) -> Result<Self, VaultError> {
        let row = store::find_data_key(tx, user).await?.ok_or(VaultError::NoDataKey)?;
        Self::unwrap(deps, user, &row)
    }

    /// The same from a row that was read already.
    pub(crate) fn unwrap(deps: &Deps, user: UserId, row: &DataKeyRow) -> Result<Self, VaultError> {
        Self::unwrap_at(deps, person_key_place(user), row)
    }

    /// The same of a key that is kept at `place`.
    pub(crate) fn unwrap_at(deps: &Deps, place: Place, row: &DataKeyRow) -> Result<Self, VaultError> {
        let key_id = || row.master_key_id.clone();
        let master = deps.vault.keyring().find(&row.master_key_id).ok_or_else(|| VaultError::KeyMissing { key_id: key_id() })?;
        let opened = seal::open(master.cipher(), row.id, place, &row.wrapped)?;
        let bytes: SecretBox<[u8; 32]> = SecretBox::new(Box::new(opened.as_slice().try_into().map_err(|_| VaultError::Tampered)?));
        Ok(Self { id: row.id, cipher: Cipher::new(&bytes) })
    }

    /// A new key for somebody who has no account: its wrapped form is kept at `place`, in the row `id`, and goes with it.
    pub(crate) fn make_wrapped(deps: &Deps, id: Uuid, place: Place) -> (Self, DataKeyRow) {
        let bytes = SecretBox::new(Box::new(deps.chance.bytes::<32>()));
        let master = deps.vault.keyring().current();
        let wrapped = seal::seal(master.cipher(), id, place, bytes.expose_secret(), &*deps.chance);
        (Self { id, cipher: Cipher::new(&bytes) }, DataKeyRow { id, master_key_id: master.id().to_owned(), wrapped })
    }

    /// Seals `plain` for `place`.
    pub fn seal(&self, place: Place, plain: &[u8], chance: &dyn Chance) -> Vec<u8> {
        seal::seal(&self.cipher, self.id, place, plain, chance)
    }

    /// The same with the next of `ivs`; `None`: there was none left.
    pub(crate) fn seal_from(&self, ivs: &mut IvBatch, place: Place, plain: &[u8]) -> Option<Vec<u8>> {
        Some(seal::seal_with(&self.cipher, self.id, place, plain, ivs.0.next()?))
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        seal::open(&self.cipher, self.id, place, sealed)
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

/// Where the data key of a person is wrapped.
pub(super) fn person_key_place(user: UserId) -> Place {
    Place::new("data_keys", "wrapped", user.0)
}

/// Where the data key of a client is wrapped.
pub(crate) fn client_key_place(client: ClientId) -> Place {
    Place::new("booking_clients", "wrapped", client.0)
}
