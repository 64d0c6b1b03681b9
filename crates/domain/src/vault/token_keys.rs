//! The keys that sign access tokens: one of each session key, so that they are rotated with it. Those of older session keys still check tokens that
//! were signed before.

use secrecy::SecretBox;

use super::Keyring;

/// What signs, and what still checks.
#[derive(Debug)]
pub struct TokenKeys {
    current: (String, SecretBox<[u8; 32]>),
    older: Vec<(String, SecretBox<[u8; 32]>)>,
}

impl TokenKeys {
    pub(super) fn of(session_keys: &Keyring) -> Self {
        let of = |key: &super::Key| (key.id().to_owned(), key.token_key());
        Self { current: of(session_keys.current()), older: session_keys.older().iter().map(of).collect() }
    }

    /// The fingerprint of the session key, and what signs new tokens.
    pub fn current(&self) -> (&str, &SecretBox<[u8; 32]>) {
        (&self.current.0, &self.current.1)
    }

    /// What checks tokens that were signed under the session key of this fingerprint.
    pub fn find(&self, id: &str) -> Option<&SecretBox<[u8; 32]>> {
        std::iter::once(&self.current).chain(&self.older).find(|(other, _)| other == id).map(|(_, key)| key)
    }
}
