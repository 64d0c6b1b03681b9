//! After a session: that it took place, or that the client did not come.

use types::{BookingId, Cause, UserId};

use super::change::{Note, cause, happen_in};
use super::machine::Happening;
use super::{BookingError, NotNow, store};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};

/// Its time is over. One that was moved meanwhile is over later.
pub async fn finish(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if row.ends_at > deps.now() {
        enqueue(&mut tx, Job::FinishBooking { user: builder, booking }.at(row.ends_at)).await?;
    } else {
        // Cancelled meanwhile, it took place never.
        let _ = happen_in(&mut tx, deps, op, &mut row, Happening::Ended, Note::new("completed", Cause::Job)).await?;
    }
    tx.commit().await?;
    Ok(())
}

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
    tx.commit().await?;
    Ok(())
}
