//! Jobs: what is done later, at least once, by one worker at a time per key.
//!
//! Owns:      (graphile_worker's own schema)
//! May touch: base
//! Never:     what a job means (`src/dispatch.rs` knows); personal data in a payload, only ids
//! Start at:  kinds.rs for what there is, queue.rs for how it is put in
//!
//! The queue is `graphile_worker` (docs/adr/0003): it enqueues inside the caller's transaction, runs one job at a time per
//! named queue, backs off exponentially, and hands the work of a dead worker to another. Mail has workers of its own, and so
//! have accounts whose last read failed (lane.rs).

mod administration;
mod arguments;
mod health;
mod kinds;
mod lane;
mod order;
mod queue;
mod recurring;
mod runner;

pub(crate) use administration::{remove_in, rerun_in};
pub use arguments::{AlertChannel, BookingMail, LinkPurpose, SignInChange};
pub use health::Health;
pub use kinds::Job;
pub use lane::Lane;
pub use queue::{Enqueue, enqueue};
pub use recurring::{recurs, start_recurring};
pub use runner::{Dispatch, JobFailed, Recovery, Runner};

/// The queue's own schema in the database.
pub const SCHEMA: &str = "graphile_worker";
