//! Audit: who did what, written in the transaction that did it.
//!
//! Owns:      audit_events
//! May touch: base
//! Never:     change or remove an entry; a personal value or a secret in an entry
//! Start at:  event.rs for what can be said, append.rs for how it is written
//!
//! This is the log's first form. Sealing it in order as a Merkle log comes on top of the same table.

mod append;
mod event;
mod store;

pub use append::append;
pub(crate) use append::entry;
pub use event::{Action, Event, Outcome};
