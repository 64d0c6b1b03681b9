//! Calendar: connect an account, read it, and know how much room a day has.
//!
//! Owns:      (its rooms do)
//! May touch: base, vault, jobs, audit, accounts, api_keys, limits, scheduling, consents
//! Never:     call a provider inside a transaction; read a failed fetch as "everything was deleted"
//! Start at:  the card of the room: connection, connecting, push, health, sync, availability
//!
//! Its rooms, from the one that knows least to those that know most: `connection` (the row, its calendars, its tokens), `push` and `health`,
//! `sync`, `connecting`, and `availability`, which changes nothing.

pub(crate) mod availability;
mod closed_list;
pub(crate) mod connecting;
pub(crate) mod connection;
pub(crate) mod health;
pub(crate) mod push;
pub(crate) mod sync;

pub use availability::{
    BusyPayload, CalendarView, Capacity, Certainty, ConnectionView, Day, Entrance, Entry, EventPayload, Interval, Kind, Lane, Line, Look,
    MAX_DAYS, Overview, Page, Part, Piece, Rules, StatusCapacity, StatusConnection, StatusPayload, Stretch, Taken, Titles, Visit, Wanted,
    end_feed, events, feed, feed_address, free_busy, make_feed, read_entered, read_page, status, taken, union,
};
pub(crate) use connecting::revoke_waiting;
pub use connecting::{
    CaldavForm, CaldavProblem, ConnectProblem, Disconnected, ICLOUD, Which, choose_calendars, connect_caldav, disconnect, finish, report,
    revoke_token, start,
};
pub use connection::APP_PASSWORD_LIFETIME;
pub(crate) use connection::has_connection;
pub use health::{ConnectionAlert, HealthChange, connection_alert};
pub use providers::calendar::MAX_CALENDARS;
pub use push::{ChangeDelivery, Notification, NotificationKind, NotificationOutcome, maintain_channels, receive_notification};
pub use sync::{LogView, SyncNow, progress_of, sync, sync_now};

use crate::vault::VaultError;

/// Why a verb of these rooms did not do it.
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
