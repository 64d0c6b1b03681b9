//! Whether everything opens that is sealed under the keys of a builder's clients.

use types::BookingId;

use super::book::AtCalendly;
use super::{BookingError, client, store};
use crate::base::{Deps, Op};
use crate::vault::Opened;

/// Bookings that are read at once.
const PART: i64 = 500;

/// Opens all of it, and keeps none. Clients who were forgotten have nothing.
pub(crate) async fn open_clients(deps: &Deps, op: &Op) -> Result<Opened, BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let (mut opened, mut after) = (Opened::default(), BookingId(uuid::Uuid::nil()));
    loop {
        let mut tx = deps.begin(op).await?;
        let rows = store::sealed_after(&mut tx, builder, after, PART).await?;
        tx.rollback().await?;
        for (booking, row, at_calendly) in &rows {
            let found = client::open(deps, row, *booking).ok();
            opened.count("bookings", "client_sealed", booking.0, found.is_some());
            if let Some(sealed) = at_calendly {
                let opens = found.as_ref().is_some_and(|(_, key)| AtCalendly::opens(key, *booking, sealed));
                opened.count("bookings", "calendly_sealed", booking.0, opens);
            }
            after = *booking;
        }
        if rows.len() < usize::try_from(PART).unwrap_or(usize::MAX) {
            return Ok(opened);
        }
    }
}
