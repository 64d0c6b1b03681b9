//! Audit: who did what, written in the transaction that did it, sealed into a Merkle log that outsiders can check.
//!
//! Owns:      audit_events, audit_tree, audit_tiles, audit_checkpoints, audit_copies, audit_verifications
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
mod verify;

use transparency_log::{NoteError, SigningKey};

pub use append::append;
pub(crate) use append::{entry, happened_twice, told};
pub use copy::{checkpoint_mailed, copy_checkpoint, newest_checkpoint};
pub use event::{Action, Event, Outcome};
pub use export::{Reading, begin_export};
pub use page::{AuditPage, Bar, Copied, EntryPage, Filter, Listed, PAGE, Verification, Wanted};
pub(crate) use page::{ENTRIES, Read, proof_in, read};
pub use seal::seal;
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
    /// The key does not sign.
    #[error("AUDIT_SIGNING_KEY: {0}")]
    Key(#[from] NoteError),
}

/// The key that signs the log of this name.
fn signing_key(deps: &Deps, origin: &str) -> Result<SigningKey, AuditError> {
    Ok(SigningKey::from_seed(origin, &deps.settings.audit.seed)?)
}

/// The name of the log, whether it began or not.
pub async fn origin(deps: &Deps) -> Result<String, AuditError> {
    Ok(store::sealed_so_far(&deps.database).await?.map_or_else(|| deps.settings.audit.origin.clone(), |(origin, _)| origin))
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
