//! Copies of the database for the day it is lost.
//!
//! A copy is two files. The one has every table, but not the data keys under which people's names, addresses and titles are sealed, nor the few texts that say
//! who somebody is and are public while they are there; the other has those, and what people decided, and is kept for thirty days at most. So whoever is forgotten cannot be read from an older copy either: the keys that are
//! read with it are those of today, and theirs is not among them.
//!
//! Both are encrypted to a public key (age, X25519), so that a server that writes them cannot read them.

mod apart;
mod catalog;
mod file;
mod identity;
mod restore;
mod write;

use std::path::PathBuf;

use chrono::TimeDelta;

pub use catalog::LEFT_OUT;
pub use file::{Head, Kind};
pub use identity::{Recipient, new_identity, read_identity};
pub use restore::{Restored, restore};
pub use write::{Written, write};

/// As long as a file of keys may be kept: after that, whoever was forgotten must be forgotten in every copy.
pub const KEYS_ARE_KEPT: TimeDelta = TimeDelta::days(30);
/// How the name of a file with everything but the keys ends.
pub const DATA: &str = "kairos-data.age";
/// How that of a file with the keys ends.
pub const KEYS: &str = "kairos-keys.age";

/// Why there is no copy, or no way back from one.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is encrypted to somebody else, was changed, or is cut off.
    #[error("{}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why, as whoever wants it back can use it.
        why: String,
    },
    /// The public or secret key is none.
    #[error("{0}")]
    Key(&'static str),
    /// The database already has something in it.
    #[error("the database is not empty: table {0} has rows, and nothing is ever written over")]
    NotEmpty(String),
    /// The database has a schema that is newer than the copy.
    #[error("the database has the schema of a later version already: make a new, empty one")]
    NewerSchema,
    /// It was written by a Kairos that knows more than this one.
    #[error("it was written with migration {0}, which this version does not know: restore with the version that wrote it, or a later one")]
    TooNew(i64),
    /// A table does not have the columns that were written.
    #[error("table {0} is not as it was written: restore with the version that wrote it")]
    Schema(String),
    /// The schema could not be made.
    #[error(transparent)]
    Migration(#[from] schema::SchemaError),
    /// The database.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
}
