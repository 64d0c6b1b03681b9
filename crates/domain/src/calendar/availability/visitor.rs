//! A page for somebody who is not signed in and came by an address: a builder's page, or the link to one booking.
//!
//! What is read are the builder's rows, with which the page works out what it shows: when they are busy, and since when that is not known.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use types::BookingId;

use super::page::{Held, Page, Part};
use super::store::{self, ConnectionPart};
use crate::accounts::Identity;
use crate::base::Deps;
use crate::calendar::CalendarError;

/// By which address somebody came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entrance {
    /// The part that names a builder.
    Shop(String),
    /// The keyed hash of the link to a booking.
    Booking(Vec<u8>),
}

/// Reads `part`, and how the builder's time is between two instants, in one statement. `None`: nothing is at that address. With a link to a
/// booking comes which booking it is.
pub async fn read_entered(
    deps: &Deps,
    by: &Entrance,
    part: &Part,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Option<(Page, Option<BookingId>)>, CalendarError> {
    let now = deps.now();
    let Some(entered) = store::read_entered(deps, by, part, from, to, now).await? else { return Ok(None) };
    let held = Arc::new(Held { from, to, rows: entered.rows });
    let page = Page {
        deps: deps.clone(),
        user: entered.owner,
        now,
        zoned: held.rows.person.zoned(),
        held,
        others: Vec::new(),
        connection: ConnectionPart::default(),
        feed_token_sealed: None,
        security: None,
        api_keys: None,
        scheduling: None,
        here: None,
        identity: Identity::default(),
        audit: None,
        looked: None,
        part: entered.part,
        key: OnceLock::new(),
    };
    Ok(Some((page, entered.booking)))
}
