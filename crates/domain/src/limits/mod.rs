//! Limits: how often something may be done, shared by all replicas.
//!
//! Owns:      rate_limits
//! May touch: base, vault
//! Never:     keep for whom a limit is; decide what is done instead
//! Start at:  take.rs

mod request;
mod take;

pub(crate) use request::Counted;
pub use request::take_request;
pub(crate) use take::take_in;
pub use take::{Limit, TooOften, take, take_for_client};
