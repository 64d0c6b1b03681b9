//! Upkeep: whether what is kept can be had back: the nightly scan of what is sealed, copies of the database, and how it went when one came back.
//!
//! Owns:      installation_checks
//! May touch: base, vault, jobs, audit, booking, privacy
//! Never:     a value in what is written down about it: only where it is
//! Start at:  scan.rs for what is opened, note.rs for what an operator did

mod note;
mod page;
mod scan;
mod store;

pub use note::note_check;
pub use page::{CheckView, Checks};
pub use scan::{ScanError, Scanned, scan, scan_now};
