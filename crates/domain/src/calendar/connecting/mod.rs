//! Connecting: an account comes in by OAuth or by an app password, its calendars are chosen, and it goes again.
//!
//! Owns:      oauth_attempts, token_revocations
//! May touch: base, vault, jobs, audit, limits, calendar/connection, calendar/push, calendar/sync, consents
//! Never:     keep a connection that was not read once
//! Start at:  oauth.rs for the way to the provider and back, save.rs for what is kept, revoke.rs for what a provider is told at the end

mod caldav;
mod choose_calendars;
mod disconnect;
mod oauth;
mod report;
mod revocations;
mod revoke;
mod save;
mod store;

pub use caldav::{CaldavForm, CaldavProblem, ICLOUD, connect as connect_caldav};
pub use choose_calendars::choose_calendars;
pub use disconnect::{Disconnected, Which, disconnect};
pub use oauth::{ConnectProblem, finish, start};
pub use report::report;
pub use revoke::revoke_token;
pub(crate) use revoke::revoke_waiting;
