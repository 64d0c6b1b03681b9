//! The signed head of a log (<https://c2sp.org/tlog-checkpoint>).

use crate::hash::Hash;
use crate::note::{NoteError, SigningKey, VerifierKey};

/// What is signed: how large the tree is and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// As a note signed by `key`, whose name is the log's.
    pub fn sign(size: u64, root: Hash, key: &SigningKey) -> String {
        key.sign(&format!("{}\n{size}\n{root}\n", key.verifier().name()))
    }

    /// From a note that `key` signed, of the log of the key's name.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, NoteError> {
        let mut lines = key.open(note)?.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else { return Err(NoteError::NotANote) };
        if origin != key.name() {
            return Err(NoteError::NotSignedByKey);
        }
        let (size, root) = (size.parse().map_err(|_| NoteError::NotANote)?, root.parse().map_err(|_| NoteError::NotANote)?);
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}
