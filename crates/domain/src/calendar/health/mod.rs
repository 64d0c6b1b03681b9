//! Health: how a connection was over time, and the mails when it needs its person.
//!
//! Owns:      calendar_health
//! May touch: base, vault, jobs, calendar/connection
//! Never:     decide whether a connection is healthy (connection/lifecycle.rs does)
//! Start at:  alerts.rs for when somebody is told; the words of every reason are in `types::HealthReason::words`

mod alerts;
mod history;
mod store;

pub(in crate::calendar) use alerts::schedule_alerts;
pub use alerts::{ConnectionAlert, connection_alert};
pub use history::HealthChange;
pub(in crate::calendar) use store::changed;
