//! Connection: an account at a provider, its calendars, and what lets Kairos in.
//!
//! Owns:      calendar_connections, calendars
//! May touch: base, vault, jobs, audit
//! Never:     call a provider, except to refresh a token
//! Start at:  lifecycle.rs for what a success or failure makes of it, token_refresh.rs for how a token is refreshed, request_sync.rs for
//!            how a sync gets into the queue

use chrono::TimeDelta;

mod calendar_list;
mod failure;
pub(in crate::calendar) mod lifecycle;
mod request_sync;
mod store;
mod token_refresh;

pub(in crate::calendar) use calendar_list::save_calendar_list;
pub(in crate::calendar) use failure::{SyncFailure, after_a_week, connection_failure};
pub(in crate::calendar) use lifecycle::STALE_AFTER;
pub(in crate::calendar) use request_sync::{SyncState, request_sync, request_sync_soon};
pub(in crate::calendar) use store::connections::ConnectionRow;
pub(in crate::calendar) use store::{calendars, connections};
pub(in crate::calendar) use token_refresh::{credentials, place, refresh_token, usable_token};

/// After which a person is asked for another app password.
pub const APP_PASSWORD_LIFETIME: TimeDelta = TimeDelta::days(365);

/// Whether the person as whom `tx` acts has this connection.
pub(crate) async fn has_connection(tx: &mut crate::base::Tx, connection: types::ConnectionId) -> Result<bool, sqlx::Error> {
    Ok(connections::find(tx, connection).await?.is_some())
}
