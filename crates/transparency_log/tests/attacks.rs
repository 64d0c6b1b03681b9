//! Whatever is done to a log is named, and the first of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use secrecy::SecretBox;
use serde_json::json;
use transparency_log::entry::{Entry, Personal};
use transparency_log::export::{FORMAT, Line, Opened, Sealed};
use transparency_log::note::SigningKey;
use transparency_log::verify::{Finding, Whole};
use transparency_log::{Checkpoint, Hash, NoteError, Succession, Tree, Verifier};
use uuid::Uuid;

const ENTRIES: u64 = 40;
/// A checkpoint is signed after as many.
const EACH: u64 = 7;

fn key() -> SigningKey {
    key_of(5)
}

fn key_of(seed: u8) -> SigningKey {
    SigningKey::from_seed("kairos.example.com", &SecretBox::new(Box::new([seed; 32]))).unwrap()
}

fn personal(place: u64) -> Personal {
    let id = |number: u64| Uuid::from_u128(u128::from(number));
    Personal {
        actor_id: Some(id(place % 5)),
        address_pseudonym: None,
        request_id: id(1_000 + place),
        resource_id: None,
        subject_user_id: Some(id(place % 5)),
    }
}

fn salt(place: u64) -> [u8; 16] {
    u128::from(place).to_be_bytes()
}

fn entry(place: u64) -> Entry {
    Entry {
        action: "user.signed_in".to_owned(),
        actor_kind: "user".to_owned(),
        commitment: personal(place).commitment(&salt(place)),
        detail: json!({ "attempts": place }),
        id: Uuid::from_u128(u128::from(place)),
        occurred_at: "2026-11-25T21:00:00Z".parse().unwrap(),
        outcome: "succeeded".to_owned(),
        resource_kind: "user".to_owned(),
    }
}

fn sealed(place: u64, entry: &Entry, whose: u64) -> Sealed {
    Sealed::new(place, Hash::of_leaf(entry.leaf().as_bytes()), Some(entry), Some((&salt(whose), &personal(whose))))
}

/// A log as it is stored: which key followed which, its checkpoints, and its entries.
struct Log {
    successions: Vec<String>,
    checkpoints: Vec<String>,
    entries: Vec<Sealed>,
}

impl Log {
    fn of(entries: impl IntoIterator<Item = Entry>) -> Self {
        let entries = (0..).zip(entries).map(|(place, entry)| sealed(place, &entry, place)).collect();
        let mut log = Self { successions: Vec::new(), checkpoints: Vec::new(), entries };
        log.sign();
        log
    }

    fn whole() -> Self {
        Self::of((0..ENTRIES).map(entry))
    }

    /// Every checkpoint anew, over the hashes as they are.
    fn sign(&mut self) {
        let mut tree = Tree::default();
        self.checkpoints.clear();
        let last = self.entries.len() as u64;
        for sealed in &self.entries {
            tree.push(sealed.hash);
            if tree.size() % EACH == 0 || tree.size() == last {
                self.checkpoints.push(Checkpoint::sign(tree.size(), tree.root(), &key()));
            }
        }
    }

    fn verify(&self, kept: Option<&str>) -> Result<Whole, Finding> {
        self.verify_by(&key(), kept)
    }

    fn verify_by(&self, trusted: &SigningKey, kept: Option<&str>) -> Result<Whole, Finding> {
        let mut verifier = Verifier::new(trusted.verifier().clone());
        for note in &self.successions {
            verifier.succession(note)?;
        }
        if let Some(kept) = kept {
            verifier.kept_checkpoint(kept)?;
        }
        let log = Line::Log { format: FORMAT.to_owned(), origin: key().verifier().name().to_owned(), size: self.entries.len() as u64 };
        let mut lines = vec![log.to_text()];
        lines.extend(self.checkpoints.iter().map(|note| Line::Checkpoint(note.clone()).to_text()));
        lines.extend(self.entries.iter().map(|sealed| serde_json::to_string(&json!({ "entry": sealed })).unwrap()));
        for (number, line) in (1..).zip(lines) {
            verifier.line(number, &line)?;
        }
        verifier.finish()
    }
}

#[test]
fn a_log_that_nobody_touched_is_whole_also_with_people_who_were_erased() {
    let mut log = Log::whole();
    let root = log.verify(None).unwrap().root;
    log.entries[11].opened = None;
    let whole = log.verify(Some(&log.checkpoints[2])).unwrap();
    assert_eq!((whole.entries, whole.erased, whole.root), (ENTRIES, 1, root));
}

#[test]
fn an_entry_that_was_edited_is_named() {
    let mut log = Log::whole();
    let edited = Entry { outcome: "refused".to_owned(), ..entry(11) };
    log.entries[11] = Sealed { hash: log.entries[11].hash, ..sealed(11, &edited, 11) };
    assert_eq!(log.verify(None), Err(Finding::Changed(11)));
}

#[test]
fn the_last_entry_too() {
    let mut log = Log::whole();
    let edited = Entry { outcome: "refused".to_owned(), ..entry(39) };
    log.entries[39] = Sealed { hash: log.entries[39].hash, ..sealed(39, &edited, 39) };
    assert_eq!(log.verify(None), Err(Finding::Changed(39)));
}

#[test]
fn an_entry_that_is_said_to_be_about_somebody_else_is_named() {
    let mut log = Log::whole();
    let other = serde_json::value::RawValue::from_string(personal(12).text()).unwrap();
    log.entries[11].opened = Some(Opened { salt: hex::encode(salt(11)), personal: other });
    assert_eq!(log.verify(None), Err(Finding::Changed(11)));
}

#[test]
fn an_entry_that_was_inserted_is_named() {
    let mut log = Log::whole();
    let hashes: Vec<Hash> = log.entries.iter().map(|sealed| sealed.hash).collect();
    log.entries.insert(11, sealed(11, &entry(99), 99));
    for (place, sealed) in (0..).zip(&mut log.entries) {
        sealed.place = place;
        if let Some(hash) = hashes.get(usize::try_from(place).unwrap()) {
            sealed.hash = *hash;
        }
    }
    assert_eq!(log.verify(None), Err(Finding::Inserted(11)));
}

#[test]
fn an_entry_that_was_deleted_is_named_whether_the_rest_moved_up_or_not() {
    let mut log = Log::whole();
    log.entries.remove(11);
    assert_eq!(log.verify(None), Err(Finding::Removed(11)));
    let mut log = Log::whole();
    log.entries[11].leaf = None;
    assert_eq!(log.verify(None), Err(Finding::Removed(11)));
    let mut log = Log::whole();
    let hashes: Vec<Hash> = log.entries.iter().map(|sealed| sealed.hash).collect();
    log.entries.remove(11);
    for ((place, sealed), hash) in (0..).zip(&mut log.entries).zip(hashes) {
        (sealed.place, sealed.hash) = (place, hash);
    }
    assert_eq!(log.verify(None), Err(Finding::Removed(11)));
}

#[test]
fn two_entries_that_were_put_in_each_others_place_are_named() {
    let mut log = Log::whole();
    log.entries.swap(11, 12);
    let (one, other) = (log.entries[11].hash, log.entries[12].hash);
    (log.entries[11].place, log.entries[11].hash) = (11, other);
    (log.entries[12].place, log.entries[12].hash) = (12, one);
    assert_eq!(log.verify(None), Err(Finding::Reordered(11)));
}

#[test]
fn a_tail_that_was_cut_off_is_missed() {
    let mut log = Log::whole();
    log.entries.truncate(30);
    assert_eq!(log.verify(None), Err(Finding::CutOff { entries: 30, size: ENTRIES }));
}

#[test]
fn with_its_checkpoints_a_kept_one_misses_it() {
    let mut log = Log::whole();
    let kept = log.checkpoints.last().unwrap().clone();
    log.entries.truncate(28);
    log.checkpoints.truncate(4);
    assert!(log.verify(None).is_ok(), "which nobody can see from inside");
    assert_eq!(log.verify(Some(&kept)), Err(Finding::CutOff { entries: 28, size: ENTRIES }));
}

#[test]
fn entries_that_were_replaced_with_their_hashes_lie_between_two_checkpoints() {
    let mut log = Log::whole();
    let edited = Entry { outcome: "refused".to_owned(), ..entry(11) };
    log.entries[11] = sealed(11, &edited, 11);
    assert_eq!(log.verify(None), Err(Finding::Rewritten { from: 7, to: 13 }));
}

#[test]
fn what_was_added_and_never_signed_is_named() {
    let mut log = Log::whole();
    log.entries.push(sealed(ENTRIES, &entry(ENTRIES), ENTRIES));
    assert_eq!(log.verify(None), Err(Finding::Inserted(ENTRIES)));
}

#[test]
fn a_whole_log_written_anew_with_the_signing_key_is_caught_by_a_kept_checkpoint() {
    let kept = Log::whole().checkpoints[3].clone();
    let forged =
        Log::of((0..ENTRIES).map(|place| Entry { outcome: if place == 3 { "refused" } else { "succeeded" }.to_owned(), ..entry(place) }));
    assert!(forged.verify(None).is_ok(), "the key was stolen");
    assert_eq!(forged.verify(Some(&kept)), Err(Finding::Forked { size: 28 }));
}

#[test]
fn another_key_another_file_and_nothing_at_all_are_told() {
    let mut log = Log::whole();
    let stranger = key_of(6);
    log.checkpoints[0] = Checkpoint::sign(7, Hash::of_nothing(), &stranger);
    assert!(matches!(log.verify(None), Err(Finding::Checkpoint(_))));
    let verifier = || Verifier::new(key().verifier().clone());
    assert_eq!(verifier().line(1, "nonsense"), Err(Finding::Unreadable(1)));
    assert_eq!(verifier().finish(), Err(Finding::NoCheckpoint));
}

#[test]
fn a_log_whose_key_was_followed_is_whole_for_whoever_has_either_and_for_nobody_else() {
    let mut log = Log::whole();
    let (joint, next, stranger) = (3 * EACH, key_of(6), key_of(7));
    let mut tree = Tree::default();
    for sealed in &log.entries {
        tree.push(sealed.hash);
        if tree.size() == joint {
            log.successions = vec![Succession::sign(joint, tree.root(), &key(), &next)];
        } else if tree.size() > joint && (tree.size() % EACH == 0 || tree.size() == ENTRIES) {
            let at = usize::try_from(tree.size().div_ceil(EACH)).unwrap() - 1;
            log.checkpoints[at] = Checkpoint::sign(tree.size(), tree.root(), &next);
        }
    }
    let kept = log.checkpoints[1].clone();
    for trusted in [key(), key_of(6)] {
        assert_eq!(log.verify_by(&trusted, Some(&kept)).map(|whole| whole.entries), Ok(ENTRIES));
    }
    assert!(matches!(log.verify_by(&stranger, None), Err(Finding::Checkpoint(_))));
    // The old key leaks, and signs what comes after it was followed.
    let honest = log.checkpoints[4].clone();
    log.checkpoints[4] = Checkpoint::sign(5 * EACH, Hash::of_nothing(), &key());
    assert_eq!(log.verify_by(&key(), None), Err(Finding::Checkpoint(NoteError::NotSignedByKey)));
    log.checkpoints[4] = honest;
    // Somebody else's keys vouch for each other, and for a log that nobody of ours signed.
    let root = log.verify_by(&key(), None).unwrap().root;
    let theirs =
        Log { successions: vec![Succession::sign(ENTRIES, root, &stranger, &key_of(8))], checkpoints: Vec::new(), entries: log.entries };
    assert_eq!(theirs.verify_by(&key(), None), Err(Finding::NoCheckpoint));
}
