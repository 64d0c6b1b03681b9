//! Calendar: connect an account, read it, and know how much room a day has.
//!
//! Owns:      oauth_attempts, calendar_connections, calendars, calendar_events, calendar_sync_logs, calendar_health, calendar_feeds, calendar_channels
//! May touch: base, vault, jobs, audit, accounts, limits
//! Never:     call a provider inside a transaction; read a failed fetch as "everything was deleted"
//! Start at:  connect.rs for how a connection begins, sync.rs for how it is read, capacity.rs for what it means

mod agenda;
mod announce;
mod arrival;
mod ask;
mod broken;
mod capacity;
mod channel;
mod channel_calls;
mod channels;
mod choose;
mod connect;
mod connect_caldav;
mod disconnect;
mod events;
mod failure;
mod farewell;
mod feed;
mod keep;
mod overview;
mod progress;
mod range;
mod read;
mod report;
mod round;
mod state;
mod status;
mod store;
mod sync;
mod sync_now;
mod tokens;
mod trouble;

pub use agenda::{Day, Entry, Lane, Piece};
pub use announce::{Announced, Announcement, Heard, announce};
pub use arrival::{Arrival, arrival};
pub use broken::{Broken, broken};
pub use capacity::{Capacity, Certainty, Interval, Kind, Line, Rules, Stretch};
pub use channels::keep_channels;
pub use choose::choose;
pub use connect::{ConnectProblem, Return, finish, start};
pub use connect_caldav::{CaldavForm, CaldavProblem, ICLOUD, connect as connect_caldav};
pub use disconnect::{Disconnected, Which, disconnect};
pub use events::{BusyPayload, EventPayload, MAX_DAYS, events, free_busy};
pub use feed::{end_feed, feed, feed_address, make_feed};
pub use keep::MAX_CALENDARS;
pub use overview::{CalendarView, ConnectionView, HealthChange, LogView, Overview, Wanted, health_history, overview};
pub use progress::{progress, progress_of};
pub use report::report;
pub use status::{StatusCapacity, StatusConnection, StatusPayload, status};
pub use sync::sync;
pub use sync_now::{SyncNow, sync_now};

use crate::vault::VaultError;

/// Why a verb of this room did not do it.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// Not there, or not yours.
    #[error("no such connection")]
    NotFound,
    /// The person has as many connections as anybody may have.
    #[error("too many connections")]
    TooManyConnections,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Something sealed cannot be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
}
