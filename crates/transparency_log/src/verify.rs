//! Checks a whole log, an entry after the other, and names the first thing that is wrong.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::checkpoint::Checkpoint;
use crate::entry::{self, Salt};
use crate::export::{FORMAT, Line, Sealed};
use crate::hash::Hash;
use crate::note::{NoteError, VerifierKey};
use crate::succession::Keys;
use crate::tree::Tree;

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// An entry is not as it was sealed.
    #[error("entry {0} was changed")]
    Changed(u64),
    /// There is an entry that was never sealed there.
    #[error("entry {0} was inserted")]
    Inserted(u64),
    /// An entry is not there.
    #[error("entry {0} was removed")]
    Removed(u64),
    /// An entry and the one after it are in each other's place.
    #[error("entry {0} and the next were put in each other's place")]
    Reordered(u64),
    /// The last entries are not there.
    #[error("the log ends after {entries} entries, and {size} were signed")]
    CutOff {
        /// How many there are.
        entries: u64,
        /// How many were signed.
        size: u64,
    },
    /// Entries and their hashes were replaced together.
    #[error("between entry {from} and entry {to} the log is not the one that was signed")]
    Rewritten {
        /// All before it are as they were signed.
        from: u64,
        /// The last of those among which something was replaced.
        to: u64,
    },
    /// The log is signed, and it is not the one of a checkpoint that was kept elsewhere.
    #[error("at {size} entries the log is another than the one of the checkpoint that was kept")]
    Forked {
        /// Of the checkpoint.
        size: u64,
    },
    /// A checkpoint is not one of this key.
    #[error("a checkpoint is not accepted: {0}")]
    Checkpoint(#[from] NoteError),
    /// No checkpoint says how large the log is.
    #[error("there is no checkpoint, so nothing is proved")]
    NoCheckpoint,
    /// Not an export, or one of another kind.
    #[error("line {0} cannot be read")]
    Unreadable(u64),
}

/// A log that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// How many entries were checked.
    pub entries: u64,
    /// Those of whom it is not said any more who they are about.
    pub erased: u64,
    /// The root over all of it.
    pub root: Hash,
    /// How many checkpoints it was compared with.
    pub checkpoints: usize,
}

/// An entry whose hash is not the one that was kept, until the next tells why.
#[derive(Debug, Clone, Copy)]
struct Mismatch {
    place: u64,
    computed: Hash,
    kept: Hash,
}

/// Checks a log.
#[derive(Debug)]
pub struct Verifier {
    keys: Keys,
    tree: Tree,
    /// By size; true: kept elsewhere.
    checkpoints: BTreeMap<u64, Vec<(Hash, bool)>>,
    /// To where it is as it was signed.
    proved: u64,
    erased: u64,
    mismatch: Option<Mismatch>,
}

#[derive(Deserialize)]
struct Committed {
    commitment: Hash,
}

impl Verifier {
    /// Of the log that `key` signs, and those that it leads to.
    pub fn new(key: VerifierKey) -> Self {
        Self { keys: Keys::new(key), tree: Tree::default(), checkpoints: BTreeMap::new(), proved: 0, erased: 0, mismatch: None }
    }

    /// With one key after another. Before the heads that it tells of.
    pub fn succession(&mut self, note: &str) -> Result<(), Finding> {
        for (size, root) in self.keys.succession(note)? {
            self.checkpoints.entry(size).or_default().push((root, false));
        }
        Ok(())
    }

    /// With a signed head of the log.
    pub fn checkpoint(&mut self, note: &str) -> Result<(), Finding> {
        self.compare_with(note, false)
    }

    /// With one that was kept where whoever can change the log cannot reach it.
    pub fn kept_checkpoint(&mut self, note: &str) -> Result<(), Finding> {
        self.compare_with(note, true)
    }

    fn compare_with(&mut self, note: &str, is_kept: bool) -> Result<(), Finding> {
        let Checkpoint { size, root, .. } = self.keys.open(note)?;
        if size == 0 && root != Hash::of_nothing() {
            return Err(Finding::Forked { size });
        }
        self.checkpoints.entry(size).or_default().push((root, is_kept));
        Ok(())
    }

    /// How many entries were checked.
    pub const fn checked(&self) -> u64 {
        self.tree.size()
    }

    /// Those of whom it is not said any more who they are about.
    pub const fn erased(&self) -> u64 {
        self.erased
    }

    /// The next entry. Checkpoints come before.
    pub fn entry(&mut self, sealed: &Sealed) -> Result<(), Finding> {
        let computed = sealed.leaf.as_ref().map(|leaf| Hash::of_leaf(leaf.get().as_bytes()));
        if let Some(before) = self.mismatch {
            return Err(cause(before, computed, sealed.hash));
        }
        let place = self.tree.size();
        let Some(leaf) = sealed.leaf.as_ref().filter(|_| sealed.place <= place) else { return Err(Finding::Removed(place)) };
        if sealed.place < place {
            return Err(Finding::Inserted(place));
        }
        let computed = computed.unwrap_or_else(Hash::of_nothing);
        if computed != sealed.hash {
            self.mismatch = Some(Mismatch { place, computed, kept: sealed.hash });
            return Ok(());
        }
        match &sealed.opened {
            None => self.erased += 1,
            Some(opened) => {
                let salt = hex::decode(&opened.salt).ok().and_then(|salt| Salt::try_from(salt).ok()).ok_or(Finding::Changed(place))?;
                let leaf: Committed = serde_json::from_str(leaf.get()).map_err(|_| Finding::Changed(place))?;
                if entry::commitment(&salt, opened.personal.get()) != leaf.commitment {
                    return Err(Finding::Changed(place));
                }
            }
        }
        self.tree.push(computed);
        self.compare()
    }

    /// With the checkpoints of the size it has now.
    fn compare(&mut self) -> Result<(), Finding> {
        let size = self.tree.size();
        if let Some(roots) = self.checkpoints.get(&size) {
            let root = self.tree.root();
            // What the log says of itself comes first: it says more nearly where.
            if roots.iter().any(|(signed, is_kept)| !is_kept && *signed != root) {
                return Err(Finding::Rewritten { from: self.proved, to: size - 1 });
            }
            if roots.iter().any(|(signed, is_kept)| *is_kept && *signed != root) {
                return Err(Finding::Forked { size });
            }
            self.proved = size;
        }
        Ok(())
    }

    /// There are no more entries.
    pub fn finish(self) -> Result<Whole, Finding> {
        if let Some(Mismatch { place, .. }) = self.mismatch {
            return Err(Finding::Changed(place));
        }
        let entries = self.tree.size();
        let Some((&size, _)) = self.checkpoints.last_key_value() else { return Err(Finding::NoCheckpoint) };
        if entries < size {
            return Err(Finding::CutOff { entries, size });
        }
        if entries > self.proved {
            return Err(Finding::Inserted(self.proved));
        }
        let checkpoints = self.checkpoints.values().map(Vec::len).sum();
        Ok(Whole { entries, erased: self.erased, root: self.tree.root(), checkpoints })
    }

    /// A line of an export, the first being number 1.
    pub fn line(&mut self, number: u64, text: &str) -> Result<(), Finding> {
        match serde_json::from_str(text) {
            Ok(Line::Log { format, origin, .. }) if number == 1 && format == FORMAT => {
                if origin == self.keys.name() {
                    Ok(())
                } else {
                    Err(Finding::Checkpoint(NoteError::NotSignedByKey))
                }
            }
            Ok(Line::Succession(note)) if number > 1 && self.tree.size() == 0 => self.succession(&note),
            // One that comes after the entries it speaks of would be compared with nothing.
            Ok(Line::Checkpoint(note)) if number > 1 && self.tree.size() == 0 => self.checkpoint(&note),
            Ok(Line::Entry(sealed)) if number > 1 => self.entry(&sealed),
            _ => Err(Finding::Unreadable(number)),
        }
    }
}

/// What became of an entry whose hash is not the one that was kept, by what comes after it.
fn cause(before: Mismatch, computed: Option<Hash>, kept: Hash) -> Finding {
    match (computed == Some(before.kept), before.computed == kept) {
        (true, true) => Finding::Reordered(before.place),
        (true, false) => Finding::Inserted(before.place),
        (false, true) => Finding::Removed(before.place),
        (false, false) => Finding::Changed(before.place),
    }
}
