//! AES-256-GCM with everything needed to open it beside the ciphertext, bound to the place it is kept at.
//!
//! Shape of a sealed value: version (1 byte, 0x01), id of the data key (16 bytes), initialisation vector (12 bytes, random),
//! ciphertext (as long as the plaintext), authentication tag (16 bytes). The additional authenticated data is
//! `table.column:row id`, so a value copied to another row, column or table does not open.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use secrecy::{ExposeSecret, SecretBox};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::VaultError;
use crate::base::Chance;

const VERSION: u8 = 1;
const KEY_ID: std::ops::Range<usize> = 1..17;
const IV: std::ops::Range<usize> = 17..29;
const HEADER: usize = 29;

/// Where a sealed value is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The row's id.
    pub row: Uuid,
}

impl Place {
    /// `table.column` of `row`.
    pub const fn new(table: &'static str, column: &'static str, row: Uuid) -> Self {
        Self { table, column, row }
    }

    fn additional_data(self) -> Vec<u8> {
        format!("{}.{}:{}", self.table, self.column, self.row).into_bytes()
    }
}

/// A key with its schedule expanded once. Its memory is overwritten when it is dropped.
pub(super) struct Cipher(Box<Aes256Gcm>);

impl Cipher {
    /// Expands `key`.
    pub fn new(key: &SecretBox<[u8; 32]>) -> Self {
        Self(Box::new(Aes256Gcm::new(key.expose_secret().into())))
    }
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher")
    }
}

/// Bytes of an initialisation vector.
pub(super) const IV_LENGTH: usize = 12;

/// Seals `plain` for `place` under `cipher`, whose key's id is `key_id`.
pub(super) fn seal(cipher: &Cipher, key_id: Uuid, place: Place, plain: &[u8], chance: &dyn Chance) -> Vec<u8> {
    seal_with(cipher, key_id, place, plain, chance.bytes())
}

/// The same with an initialisation vector from the random source, used for nothing else.
pub(super) fn seal_with(cipher: &Cipher, key_id: Uuid, place: Place, plain: &[u8], iv: [u8; IV_LENGTH]) -> Vec<u8> {
    let aad = place.additional_data();
    #[expect(clippy::expect_used, reason = "AES-GCM fails only above 64 GiB")]
    let ciphertext = cipher.0.encrypt(&Nonce::from(iv), Payload { msg: plain, aad: &aad }).expect("a value far below the limit of AES-GCM");
    let mut sealed = Vec::with_capacity(HEADER + ciphertext.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(key_id.as_bytes());
    sealed.extend_from_slice(&iv);
    sealed.extend_from_slice(&ciphertext);
    sealed
}

/// Opens what [`seal`] made for the same place under the same key.
pub(super) fn open(cipher: &Cipher, key_id: Uuid, place: Place, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    if sealed.len() < HEADER + 16 || sealed[0] != VERSION || sealed[KEY_ID] != *key_id.as_bytes() {
        return Err(VaultError::Tampered);
    }
    let iv: [u8; IV_LENGTH] = sealed[IV].try_into().map_err(|_| VaultError::Tampered)?;
    let aad = place.additional_data();
    cipher.0.decrypt(&Nonce::from(iv), Payload { msg: &sealed[HEADER..], aad: &aad }).map(Zeroizing::new).map_err(|_| VaultError::Tampered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::OsChance;
    use proptest::prelude::*;

    fn cipher(byte: u8) -> Cipher {
        Cipher::new(&SecretBox::new(Box::new([byte; 32])))
    }

    const ROW: Uuid = Uuid::from_u128(1);
    const PLACE: Place = Place::new("calendar_connections", "access_token_sealed", ROW);

    #[test]
    fn the_same_text_is_sealed_differently_each_time() {
        assert_ne!(seal(&cipher(1), ROW, PLACE, b"token", &OsChance), seal(&cipher(1), ROW, PLACE, b"token", &OsChance));
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_at_its_place_and_nowhere_else(plain in proptest::collection::vec(any::<u8>(), 0..200)) {
            let sealed = seal(&cipher(1), ROW, PLACE, &plain, &OsChance);
            prop_assert_eq!(&*open(&cipher(1), ROW, PLACE, &sealed).unwrap(), &plain);
            for elsewhere in [
                Place { row: Uuid::from_u128(2), ..PLACE },
                Place { column: "refresh_token_sealed", ..PLACE },
                Place { table: "users", ..PLACE },
            ] {
                prop_assert!(open(&cipher(1), ROW, elsewhere, &sealed).is_err());
            }
            prop_assert!(open(&cipher(2), ROW, PLACE, &sealed).is_err());
        }

        #[test]
        fn one_changed_bit_is_noticed(plain in proptest::collection::vec(any::<u8>(), 1..60), bit in any::<prop::sample::Index>()) {
            let mut sealed = seal(&cipher(1), ROW, PLACE, &plain, &OsChance);
            let bit = bit.index(sealed.len() * 8);
            sealed[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(open(&cipher(1), ROW, PLACE, &sealed).is_err());
        }
    }
}
