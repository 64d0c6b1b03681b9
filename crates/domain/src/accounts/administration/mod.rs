//! What admins do to accounts of others: each inside a transaction of whoever decides it, which acts as the person.
//!
//! Owns:      (tables of accounts)
//! May touch: base, vault, audit, jobs
//! Never:     decide whether it is right; say a name or an address
//! Start at:  lock.rs

mod act_on;
mod appoint;
mod end_sessions;
mod force_reset;
mod lock;
mod remove_second_factor;
mod roles;

pub use act_on::act_on_in;
pub use appoint::{Appointed, appoint};
pub use end_sessions::{end_all_sessions_in, end_sessions_in};
pub use force_reset::force_reset_in;
pub use lock::{lock_in, unlock_in};
pub use remove_second_factor::remove_second_factor_in;
pub use roles::set_roles_in;
