//! After a session: that it took place.

use types::{BookingId, Cause, UserId};

use super::change::{Note, happen_in};
use super::machine::Happening;
use super::{BookingError, store};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};

/// Its time is over. One that was moved meanwhile is over later.
pub async fn finish(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if row.ends_at > deps.now() {
        enqueue(&mut tx, Job::FinishBooking { user: builder, booking }.at(row.ends_at))?;
    } else {
        // Cancelled meanwhile, it took place never.
        let _ = happen_in(&mut tx, deps, op, &mut row, Happening::Ended, Note::new("completed", Cause::Job)).await?;
    }
    tx.commit().await?;
    Ok(())
}
