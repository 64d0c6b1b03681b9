//! The keys from configuration: one current, any number of older ones that still open.

use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox};
use sha2::Sha256;

use super::seal::Cipher;

/// Why a text is not a key. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not base64.
    #[error("is not base64")]
    NotBase64,
    /// Not 32 bytes.
    #[error("holds {0} bytes, not 32")]
    WrongLength(usize),
}

/// 32 secret bytes with a printable fingerprint.
#[derive(Debug)]
pub struct Key {
    id: String,
    cipher: Cipher,
    token_key: SecretBox<[u8; 32]>,
}

impl Key {
    /// From raw bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        let bytes = SecretBox::new(Box::new(bytes));
        let id = hex::encode(&keyed_hash(bytes.expose_secret(), &[b"kairos key id"])[..4]);
        let token_key = SecretBox::new(Box::new(keyed_hash(bytes.expose_secret(), &[b"kairos access tokens"])));
        Self { id, cipher: Cipher::new(&bytes), token_key }
    }

    /// From base64 (standard alphabet, with or without padding).
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim().trim_end_matches('=');
        let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(text).map_err(|_| KeyError::NotBase64)?;
        let length = bytes.len();
        bytes.try_into().map(Self::new).map_err(|_| KeyError::WrongLength(length))
    }

    /// A fingerprint that names the key without giving it away: 8 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What signs access tokens while this is the session key: its own, so that a token says nothing of what else the key is for.
    pub(super) fn token_key(&self) -> SecretBox<[u8; 32]> {
        SecretBox::new(Box::new(*self.token_key.expose_secret()))
    }

    pub(super) fn cipher(&self) -> &Cipher {
        &self.cipher
    }
}

/// The current key and those that still open.
#[derive(Debug)]
pub struct Keyring {
    current: Key,
    older: Vec<Key>,
}

impl Keyring {
    /// Everything new is sealed under `current`; `older` only open.
    pub fn new(current: Key, older: Vec<Key>) -> Self {
        Self { current, older }
    }

    /// The key new data keys are wrapped under.
    pub fn current(&self) -> &Key {
        &self.current
    }

    pub(super) fn older(&self) -> &[Key] {
        &self.older
    }

    /// Fingerprints, the current one first.
    pub fn ids(&self) -> Vec<&str> {
        std::iter::once(&self.current).chain(&self.older).map(Key::id).collect()
    }

    /// The key of this fingerprint, if the keyring has it.
    pub fn find(&self, id: &str) -> Option<&Key> {
        std::iter::once(&self.current).chain(&self.older).find(|key| key.id == id)
    }
}

/// HMAC-SHA-256 over length-prefixed parts, so that ("ab", "c") and ("a", "bc") differ.
pub(super) fn keyed_hash(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("32 bytes are a key");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_of_base64_and_nothing_else() {
        assert_eq!(Key::parse("!!").unwrap_err(), KeyError::NotBase64);
        assert_eq!(Key::parse("c2hvcnQ=").unwrap_err(), KeyError::WrongLength(5));
        let text = base64::engine::general_purpose::STANDARD.encode([7; 32]);
        assert_eq!(Key::parse(&text).unwrap().id(), Key::new([7; 32]).id());
    }

    #[test]
    fn debug_of_a_key_shows_its_fingerprint_and_no_byte_of_it() {
        let shown = format!("{:?}", Key::new([0xAB; 32]));
        assert!(shown.contains(Key::new([0xAB; 32]).id()));
        assert!(!shown.contains("171") && !shown.to_lowercase().contains("abab"), "{shown}");
    }
}
