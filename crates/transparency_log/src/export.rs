//! A whole log as a file: a line of JSON each for what it is, its checkpoints, and its entries in order; before the checkpoints, which key followed
//! which.
//!
//! The first line says which log it is and how many entries follow. Checkpoints come before the entries, so that a reader goes through the
//! file once. An entry whose personal fields were erased comes without them; one that is past its retention comes as its hash alone.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::entry::{Entry, Personal, Salt};
use crate::hash::Hash;

/// The first line's `format`.
pub const FORMAT: &str = "kairos-audit-export/1";

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// What the file is.
    Log {
        /// [`FORMAT`].
        format: String,
        /// Which log.
        origin: String,
        /// How many entries it has.
        size: u64,
    },
    /// That a key followed another: [`crate::Succession`], as a note. Before the heads.
    Succession(String),
    /// A signed head, the smaller ones first.
    Checkpoint(String),
    /// An entry.
    Entry(Sealed),
}

/// An entry with its place in the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sealed {
    /// From 0 on.
    pub place: u64,
    /// The hash of its leaf, as the log kept it when it was sealed.
    pub hash: Hash,
    /// [`Entry`], in the bytes of its leaf; not there any more when it is past its retention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<Box<RawValue>>,
    /// What opens its commitment; not there any more when that was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<Opened>,
}

/// What opens a commitment.
#[derive(Debug, Serialize, Deserialize)]
pub struct Opened {
    /// In hexadecimal.
    pub salt: String,
    /// [`Personal`], in the bytes that were committed to.
    pub personal: Box<RawValue>,
}

impl Sealed {
    /// From what a database has of it.
    pub fn new(place: u64, hash: Hash, entry: Option<&Entry>, opened: Option<(&Salt, &Personal)>) -> Self {
        let raw = |text: String| RawValue::from_string(text).ok();
        Self {
            place,
            hash,
            leaf: entry.and_then(|entry| raw(entry.leaf())),
            opened: opened.and_then(|(salt, personal)| Some(Opened { salt: hex::encode(salt), personal: raw(personal.text())? })),
        }
    }
}

impl Line {
    /// Without its newline.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
