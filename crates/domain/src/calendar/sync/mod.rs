//! Sync: reads what changed in the chosen calendars of a connection, or all of it.
//!
//! Owns:      calendar_events, calendar_sync_logs
//! May touch: base, vault, jobs, audit, limits, calendar/connection, calendar/push, calendar/health
//! Never:     delete an event because a fetch failed; count a calendar that was not read to its end
//! Start at:  connection.rs for one run from beginning to end, calendar.rs for how one calendar is read

mod calendar;
mod calendar_failures;
mod calendars;
mod connection;
mod own_feed;
mod progress;
mod run;
mod store;
mod sync_now;

pub use connection::sync;
pub(in crate::calendar) use own_feed::{hexadecimal, uid_suffix};
pub use progress::progress_of;
#[cfg(test)]
pub(in crate::calendar) use store::events::EventStatus;
pub(in crate::calendar) use store::events::{EventRow, forget};
pub use store::logs::LogView;
pub use sync_now::{SyncNow, sync_now};
