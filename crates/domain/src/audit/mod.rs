//! Audit: who did what, written in the transaction that did it, sealed into a Merkle log that outsiders can check.
//!
//! Owns:      audit_events, audit_tree, audit_tiles, audit_checkpoints, audit_key_successions, audit_copies, audit_verifications
//! May touch: base, jobs
//! Never:     change or remove an entry; a personal value or a secret in an entry
//! Start at:  event.rs for what can be said, append.rs for how it is written, seal.rs for how it gets its place; what is signed is in
//!            `crates/transparency_log`

mod append;
mod copy;
mod event;
mod export;
mod page;
mod seal;
mod store;
mod succeed;
mod verify;

use secrecy::SecretBox;
use transparency_log::{Checkpoint, NoteError, SigningKey};

pub use append::append;
pub(crate) use append::{entry, happened_twice, told};
pub use copy::{checkpoint_mailed, copy_checkpoint, newest_checkpoint};
pub use event::{Action, Event, Outcome};
pub use export::{Reading, begin_export};
pub use page::{AuditPage, Bar, Copied, EntryPage, Filter, Listed, PAGE, Verification, Wanted};
pub(crate) use page::{ENTRIES, Read, proof_in, read};
pub use seal::seal;
pub use succeed::succeed;
pub(crate) use verify::is_whole_since;
pub use verify::{inspect, request_verification, verify};

use crate::base::Deps;

/// Why something about the log could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Somebody changed the log: it is not the one that was signed.
    #[error("the log is not the one that was signed")]
    Changed,
    /// The log was signed by a key that is neither the configured one nor among the older ones.
    #[error("the log was signed by another key: put that one into AUDIT_SIGNING_KEYS_OLD")]
    KeyUnknown,
    /// It grows faster than it can be signed.
    #[error("the log grew each time that it was to be signed")]
    Busy,
    /// The key does not sign.
    #[error("AUDIT_SIGNING_KEY: {0}")]
    Key(#[from] NoteError),
}

/// The key that signs the log of this name.
fn signing_key(deps: &Deps, origin: &str) -> Result<SigningKey, AuditError> {
    key_from(origin, &deps.settings.audit.seed)
}

fn key_from(origin: &str, seed: &SecretBox<[u8; 32]>) -> Result<SigningKey, AuditError> {
    Ok(SigningKey::from_seed(origin, seed)?)
}

/// A head of the log, if the configured key or one of the older ones signed it.
fn open_head(deps: &Deps, note: &str) -> Option<Checkpoint> {
    let origin = note.lines().next()?;
    let settings = &deps.settings.audit;
    let mut seeds = std::iter::once(&settings.seed).chain(&settings.older);
    seeds.find_map(|seed| Checkpoint::open(note, key_from(origin, seed).ok()?.verifier()).ok())
}

/// The name of the log, whether it began or not.
pub async fn origin(deps: &Deps) -> Result<String, AuditError> {
    Ok(store::sealed_so_far(&deps.database).await?.map_or_else(|| deps.settings.audit.origin.clone(), |(origin, _)| origin))
}

/// Which key of the log followed which, as notes, the first first.
pub async fn successions(deps: &Deps) -> Result<Vec<String>, AuditError> {
    let mut lent = deps.database.lend().await?;
    let found = store::successions(&mut *lent).await?;
    lent.keep();
    Ok(found.into_iter().map(|row| row.note).collect())
}

/// A text as a note that the key of the log signed.
pub(crate) async fn sign(deps: &Deps, text: &str) -> Result<String, AuditError> {
    Ok(signing_key(deps, &origin(deps).await?)?.sign(text))
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(crate) fn digest(text: &str) -> String {
    hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes()))
}

/// The public key, as text: what checks an export.
pub async fn verifier_key(deps: &Deps) -> Result<String, AuditError> {
    Ok(signing_key(deps, &origin(deps).await?)?.verifier().to_string())
}
