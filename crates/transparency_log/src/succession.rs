//! One key of a log after another: a note that says from which size on another key signs, signed by both.
//!
//! Whoever trusts the old key comes to the new one by the old one's signature, whoever trusts the new one to the old one's heads by the new one's.
//! A key signs heads up to the size at which it was followed, and no larger one: what leaks afterwards signs nothing that counts.

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::{NoteError, SigningKey, VerifierKey};

const HEADER: &str = "kairos audit key succession";

/// That a key followed another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The size of the log then: the last that the old key signs for.
    pub size: u64,
    /// The root over it.
    pub root: Hash,
    /// The key before.
    pub old: VerifierKey,
    /// The key after.
    pub new: VerifierKey,
}

impl Succession {
    /// As a note that both sign.
    pub fn sign(size: u64, root: Hash, old: &SigningKey, new: &SigningKey) -> String {
        let text = format!("{HEADER}\n{size}\n{root}\n{}\n{}\n", old.verifier(), new.verifier());
        new.sign_too(&text, old.sign(&text))
    }

    /// From such a note. Both signatures are checked, and that both keys are of one log.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let mut lines = note.lines();
        let (Some(HEADER), Some(size), Some(root), Some(old), Some(new)) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::NotANote);
        };
        let (size, root) = (size.parse().map_err(|_| NoteError::NotANote)?, root.parse().map_err(|_| NoteError::NotANote)?);
        let (old, new) = (VerifierKey::parse(old)?, VerifierKey::parse(new)?);
        if old.name() != new.name() {
            return Err(NoteError::NotSignedByKey);
        }
        // Each of the two opens the whole text, so what was read above is what they signed.
        old.open(note)?;
        new.open(note)?;
        Ok(Self { size, root, old, new })
    }
}

/// The keys of a log, from one that is trusted.
#[derive(Debug, Clone)]
pub struct Keys {
    trusted: VerifierKey,
    /// The oldest first.
    chain: Vec<VerifierKey>,
    /// Where each but the last was followed.
    joints: Vec<(u64, Hash)>,
    /// Those that are not tied to the chain yet.
    loose: Vec<Succession>,
}

impl Keys {
    /// That one, until it is told what came before and after.
    pub fn new(trusted: VerifierKey) -> Self {
        Self { chain: vec![trusted.clone()], trusted, joints: Vec::new(), loose: Vec::new() }
    }

    /// The name of the log.
    pub fn name(&self) -> &str {
        self.chain.first().map_or("", VerifierKey::name)
    }

    /// Whether another followed the one that was trusted first.
    pub fn is_followed(&self) -> bool {
        self.chain.last() != Some(&self.trusted)
    }

    /// With a succession: the sizes and roots that trusted keys sign by it. One that leads neither to nor from a trusted key changes nothing: whom it
    /// names signs nothing that counts, as long as nothing ties it.
    pub fn succession(&mut self, note: &str) -> Result<Vec<(u64, Hash)>, NoteError> {
        let found = Succession::parse(note)?;
        if found.old.name() != self.name() {
            return Err(NoteError::NotSignedByKey);
        }
        self.loose.push(found);
        let mut tied = Vec::new();
        while let Some(at) = self.loose.iter().position(|next| self.follows(next) || self.precedes(next)) {
            let next = self.loose.swap_remove(at);
            let joint = (next.size, next.root);
            tied.push(joint);
            if self.follows(&next) {
                self.chain.push(next.new);
                self.joints.push(joint);
            } else {
                self.chain.insert(0, next.old);
                self.joints.insert(0, joint);
            }
        }
        Ok(tied)
    }

    fn follows(&self, next: &Succession) -> bool {
        self.chain.last() == Some(&next.old) && self.joints.last().is_none_or(|(size, _)| *size <= next.size)
    }

    fn precedes(&self, next: &Succession) -> bool {
        self.chain.first() == Some(&next.new) && self.joints.first().is_none_or(|(size, _)| next.size <= *size)
    }

    /// A head, if the key signed it whose heads are of its size.
    pub fn open(&self, note: &str) -> Result<Checkpoint, NoteError> {
        for (number, key) in self.chain.iter().enumerate() {
            let after = number.checked_sub(1).and_then(|before| self.joints.get(before)).map_or(0, |(size, _)| *size);
            let until = self.joints.get(number).map_or(u64::MAX, |(size, _)| *size);
            match Checkpoint::open(note, key) {
                // The new key may sign the size at which it followed once more.
                Ok(head) if (after..=until).contains(&head.size) => return Ok(head),
                Err(error @ (NoteError::BadSignature | NoteError::NotANote)) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Err(NoteError::NotSignedByKey)
    }

    /// Some other note, if one of the keys signed it.
    pub fn open_text<'n>(&self, note: &'n str) -> Result<&'n str, NoteError> {
        self.chain.iter().find_map(|key| key.open(note).ok()).ok_or(NoteError::NotSignedByKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::SecretBox;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("kairos.example.com", &SecretBox::new(Box::new([seed; 32]))).unwrap()
    }

    fn head(size: u64, seed: u8) -> String {
        Checkpoint::sign(size, Hash::of_nothing(), &key(seed))
    }

    fn follow(size: u64, old: u8, new: u8) -> String {
        Succession::sign(size, Hash::of_nothing(), &key(old), &key(new))
    }

    #[test]
    fn from_the_first_key_or_the_last_all_of_a_chain_is_trusted_each_for_its_own_part() {
        let notes = [follow(10, 1, 2), follow(20, 2, 3)];
        for trusted in 1..=3 {
            for order in [[0, 1], [1, 0]] {
                let mut keys = Keys::new(key(trusted).verifier().clone());
                for number in order {
                    keys.succession(&notes[number]).unwrap();
                }
                for (size, seed) in [(1, 1), (10, 1), (11, 2), (20, 2), (21, 3), (9_000, 3)] {
                    assert!(keys.open(&head(size, seed)).is_ok(), "{size} by {seed}, trusting {trusted}");
                }
                for (size, seed) in [(11, 1), (9, 2), (21, 2), (19, 3), (5, 4)] {
                    assert_eq!(keys.open(&head(size, seed)).err(), Some(NoteError::NotSignedByKey), "{size} by {seed}, trusting {trusted}");
                }
            }
        }
    }

    #[test]
    fn a_key_that_the_old_one_did_not_sign_for_is_nobody() {
        let mut keys = Keys::new(key(1).verifier().clone());
        let text = follow(10, 1, 2);
        let signatures = text.rsplit_once("\n\n").unwrap().1;
        let forged = text.replace(signatures, &format!("{}\n", signatures.lines().nth(1).unwrap()));
        assert_eq!(keys.succession(&forged).err(), Some(NoteError::NotSignedByKey), "the old key's signature is missing");
        let later = text.replacen("\n10\n", "\n11\n", 1);
        assert_eq!(keys.succession(&later).err(), Some(NoteError::BadSignature));
        keys.succession(&follow(10, 7, 8)).unwrap();
        assert_eq!(keys.open(&head(11, 8)).err(), Some(NoteError::NotSignedByKey), "a chain of its own leads nowhere");
        keys.succession(&text).unwrap();
        assert!(keys.open(&head(11, 2)).is_ok());
        keys.succession(&follow(12, 1, 9)).unwrap();
        assert_eq!(keys.open(&head(13, 9)).err(), Some(NoteError::NotSignedByKey), "it was followed already");
    }
}
