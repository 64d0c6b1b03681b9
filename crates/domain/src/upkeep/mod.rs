//! Upkeep: what is past its time goes or is told of, and whether what is kept can be had back: the nightly scan of what is sealed, copies of the database.
//!
//! Owns:      installation_checks, known_secrets
//! May touch: base, vault, jobs, audit, booking, privacy
//! Never:     a value in what is written down about it: only where it is
//! Start at:  scan.rs for what is opened, note.rs for what an operator did

mod known_secrets;
mod look_after;
mod note;
mod page;
mod purge;
mod scan;
mod store;

pub use known_secrets::{RevokedSecrets, note_reload, note_secrets};
pub(crate) use known_secrets::{lifetime, revoke_in};
pub use look_after::look_after;
pub use note::{Copying, note_copying};
pub use page::{CheckView, Checks};
pub use purge::purge_expired;
pub use scan::{ScanError, Scanned, scan, scan_now};
