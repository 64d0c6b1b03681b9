//! A page for somebody who is not signed in and came by an address: a builder's page, or the link to one booking.
//!
//! What is read are the builder's rows, with which the page works out what it shows: when they are busy, and since when that is not known.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use types::BookingId;

use super::held::Holding;
use super::page::{Page, Part};
use super::store::{self, ConnectionPart, Entering};
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
    // The rows of a builder's stretch of days are held as those of a session are, by the address that they are shown at.
    let place = match by {
        Entrance::Shop(slug) if from < to => Some(deps.vault.lookup().hash("rows of an address", slug.as_bytes())),
        _ => None,
    };
    let (from, to) = if place.is_some() { whole_days(from, to) } else { (from, to) };
    let holding = Holding::look(deps, place, (from, to));
    let entering = Entering { by, part, known: holding.known(), from, to, now };
    let Some(entered) = store::read_entered(deps, &entering).await? else { return Ok(None) };
    let Some(held) = holding.or_read(deps, entered.rows) else { return Ok(None) };
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

/// The days of UTC that a stretch touches: the same all through a day, so that what is held is not read anew with every minute.
fn whole_days(from: DateTime<Utc>, to: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let midnight = |at: DateTime<Utc>| at.date_naive().and_time(NaiveTime::MIN).and_utc();
    (midnight(from), midnight(to) + TimeDelta::days(1))
}
