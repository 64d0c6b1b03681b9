//! Limits: how often something may be done, shared by all replicas.
//!
//! Owns:      rate_limits
//! May touch: base, vault
//! Never:     keep for whom a limit is; decide what is done instead
//! Start at:  take.rs

mod take;

pub(crate) use take::{Counted, take_in};
pub use take::{Limit, TooOften, take, take_for_client};
