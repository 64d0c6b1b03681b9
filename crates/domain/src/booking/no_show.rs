//! A client who did not come, or came after all: said by the builder here, and said on at Calendly.

use types::{BookingId, BookingStatus, UserId};

use super::book::{AtCalendly, key_in};
use super::change::{Note, cause, happen_in};
use super::machine::Happening;
use super::{BookingError, NotNow, store};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::scheduling;

/// The builder says that the client did not come, or that they did after all. Only after it began.
pub async fn set_no_show(deps: &Deps, op: &Op, booking: BookingId, did_not_come: bool) -> Result<(), BookingError> {
    let builder = op.user().ok_or(BookingError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if row.starts_at > deps.now() {
        return Err(BookingError::NotNow(NotNow(row.status)));
    }
    let (happening, what) = if did_not_come { (Happening::DidNotCome, "no_show") } else { (Happening::CameAfterAll, "completed") };
    happen_in(&mut tx, deps, op, &mut row, happening, Note::new(what, cause(op))).await??;
    enqueue(&mut tx, Job::TellNoShow { user: builder, booking })?;
    tx.commit().await?;
    Ok(())
}

/// Brings what Calendly says of the client's coming to what is said here. It looks first: told twice, it is said once.
pub async fn tell_no_show(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let key = key_in(&mut tx, deps, &row).await?;
    tx.rollback().await?;
    match AtCalendly::open(&key, booking, row.calendly_sealed.as_deref()).invitee {
        Some(invitee) => Ok(scheduling::set_no_show(deps, op, &invitee, row.status == BookingStatus::NoShow).await?),
        None => Ok(()),
    }
}
