//! The rooms: what Kairos decides and remembers.
//!
//! Edges (pages, HTTP handlers, the job runner) call a room's verb; the verb checks, changes and records; its private `store`
//! holds the SQL. A room may touch only the rooms its card names; `cargo xtask rooms` keeps that true and draws `docs/rooms.md`.

pub mod accounts;
pub mod administration;
pub mod api_keys;
pub mod audit;
pub mod base;
pub mod booking;
pub mod calendar;
pub mod consents;
pub mod incidents;
pub mod jobs;
pub mod limits;
pub mod notifications;
pub mod offers;
pub mod payments;
pub mod privacy;
pub mod scheduling;
pub mod upkeep;
pub mod vault;
pub mod webhooks;

pub use base::{Deps, Op};
#[cfg(feature = "testing")]
pub mod testing;
