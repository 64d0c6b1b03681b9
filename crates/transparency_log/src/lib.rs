//! A Merkle log and what proves it. Pure: no database, no network, no clock, no chance.
//!
//! Trees are those of RFC 6962, section 2.1; tiles, checkpoints and proofs have the public forms of <https://c2sp.org/tlog-tiles>,
//! <https://c2sp.org/tlog-checkpoint>, <https://c2sp.org/signed-note> and <https://c2sp.org/tlog-proof>, so that other tools read them. What an
//! entry is made of, and how a whole log is written into a file and checked, is ours: [`entry`], [`export`], [`verify`].

pub mod checkpoint;
pub mod entry;
pub mod export;
pub mod hash;
pub mod note;
pub mod proof;
pub mod succession;
pub mod tile;
pub mod tree;
pub mod verify;

pub use checkpoint::Checkpoint;
pub use entry::{Entry, Personal, Salt};
pub use hash::Hash;
pub use note::{NoteError, SigningKey, VerifierKey};
pub use proof::Proof;
pub use succession::{Keys, Succession};
pub use tree::Tree;
pub use verify::{Finding, Verifier};
