//! Who can read a copy: an age identity that is kept off the server, and the recipient that is made from it.

use std::path::Path;
use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519;

use super::BackupError;

/// To whom copies are encrypted: not a secret.
#[derive(Clone)]
pub struct Recipient(pub(crate) x25519::Recipient);

impl std::fmt::Debug for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Recipient {
    type Err = BackupError;

    fn from_str(text: &str) -> Result<Self, BackupError> {
        text.trim().parse().map(Self).map_err(|_| BackupError::Key("is not the public key of an age identity, which begins with age1"))
    }
}

/// A new identity, as the text of a file that only its owner may read, and the recipient that belongs to it.
pub fn new_identity() -> (String, String) {
    let identity = x25519::Identity::generate();
    let recipient = identity.to_public().to_string();
    let secret = identity.to_string();
    (format!("# public key: {recipient}\n{}\n", secret.expose_secret()), recipient)
}

/// The identity in a file, as `age-keygen` writes them too.
pub fn read_identity(path: &Path) -> Result<x25519::Identity, BackupError> {
    let text = std::fs::read_to_string(path).map_err(|source| BackupError::File { path: path.to_owned(), source })?;
    let line = text.lines().map(str::trim).find(|line| line.starts_with("AGE-SECRET-KEY-1"));
    line.and_then(|line| line.parse().ok())
        .ok_or(BackupError::Key("there is no age identity in that file: it has a line that begins with AGE-SECRET-KEY-1"))
}
