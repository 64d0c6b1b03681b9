//! What happens at Calendly's own pages: a session is moved, cancelled, or picked by a link.
//!
//! Calendly tells of a move as of a cancellation and a creation, in either order. Nobody goes by what was told: the invitee is read back, and says
//! whether it was moved, and to whom. Payment follows the session.

use providers::calendly::{CalendlyError, CalendlyEvent, Invitee};
use serde_json::json;
use types::{BookingId, BookingStatus, Cause, UserId};

use super::book::{self, AtCalendly, follow_up_in, keep_in, key_in, remind_in};
use super::change::{Note, happen_in, note_in};
use super::machine::Happening;
use super::{BookingError, cancel, letter, store};
use crate::base::{Deps, Op};
use crate::jobs::{BookingMail, Job, enqueue};
use crate::scheduling::{self, SchedulingError};

/// Moves that are followed at once; nobody has moved a session more often without our hearing of one.
const MOST_MOVES: usize = 200;

/// Brings a booking to where it stands at Calendly. `told` is the invitee that was told of, for one that we do not know yet.
pub async fn follow_calendly(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, told: Option<&str>) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let key = key_in(&mut tx, deps, &row).await?;
    tx.rollback().await?;
    let known = AtCalendly::open(&key, booking, row.calendly_sealed.as_deref());
    match (row.status, known.invitee) {
        (BookingStatus::Paid, None) => match told {
            Some(told) => picked(deps, op, builder, booking, known.pick_url.is_some(), told).await,
            None => Ok(()),
        },
        // Given up here, and standing there: moved or picked while it was cancelled.
        (status, _) if !status.takes_time() && told.is_some() => cancel::cancel_at_calendly(deps, op, builder, booking).await,
        (BookingStatus::Confirmed, Some(invitee)) => {
            let (invitee, is_new) = newest(deps, op, invitee).await?;
            if !invitee.is_active {
                return cancelled(deps, op, builder, booking, &invitee).await;
            }
            let event = scheduling::event(deps, op, &invitee.event).await?;
            if is_new || event.starts_at != row.starts_at {
                return moved(deps, op, builder, booking, &invitee, &event).await;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Who the invitee is by now, and whether that is somebody else.
///
/// # Errors
///
/// One that is asked again later when where the session went is not said yet, or lies further than we follow: a move is never
/// taken for a cancellation, which would give money back.
pub(super) async fn newest(deps: &Deps, op: &Op, uri: String) -> Result<(Invitee, bool), BookingError> {
    let mut invitee = scheduling::invitee(deps, op, &uri).await?;
    for _ in 0..MOST_MOVES {
        if invitee.is_active || !invitee.is_rescheduled {
            let is_new = invitee.uri != uri;
            return Ok((invitee, is_new));
        }
        let Some(next) = invitee.new_invitee.take() else { break };
        invitee = scheduling::invitee(deps, op, &next).await?;
    }
    Err(SchedulingError::Calendly(CalendlyError::Unreadable).into())
}

async fn moved(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    invitee: &Invitee,
    event: &CalendlyEvent,
) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if row.status != BookingStatus::Confirmed {
        return Ok(());
    }
    let key = key_in(&mut tx, deps, &row).await?;
    if event.starts_at == row.starts_at {
        keep_in(&mut tx, deps, &key, booking, invitee).await?;
        tx.commit().await?;
        return Ok(());
    }
    // Calendly has given the time to this client: whoever is on the way to pay for it here is too late, and pays nothing.
    for held in store::lock_holds_between(&mut tx, builder, event.starts_at, event.ends_at, booking).await? {
        if let Some(mut held) = store::find(&mut tx, builder, held, true).await? {
            let _ = happen_in(&mut tx, deps, op, &mut held, Happening::TimeOver, Note::new("expired", Cause::Webhook)).await?;
            enqueue(&mut tx, Job::ReleaseHold { user: builder, booking: held.id })?;
        }
    }
    let from = row.starts_at;
    if !store::set_time(&mut tx, booking, event.starts_at, event.ends_at, deps.now()).await? {
        return Err(BookingError::Taken(super::Taken::Gone));
    }
    (row.starts_at, row.ends_at, row.times_moved) = (event.starts_at, event.ends_at, row.times_moved + 1);
    keep_in(&mut tx, deps, &key, booking, invitee).await?;
    note_in(&mut tx, deps, op, &row, Note::new("moved", Cause::Webhook).with(json!({ "from": from, "to": row.starts_at }))).await?;
    letter::post(&mut tx, &row, BookingMail::Moved)?;
    letter::post(&mut tx, &row, BookingMail::BuilderMoved)?;
    remind_in(&mut tx, deps, &row).await?;
    enqueue(&mut tx, Job::FinishBooking { user: builder, booking }.at(row.ends_at))?;
    tx.commit().await?;
    Ok(())
}

/// It was cancelled there, by the client or by the host: then it is here as if they had done it here.
async fn cancelled(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, invitee: &Invitee) -> Result<(), BookingError> {
    let by = if invitee.cancelled_by.as_deref() == Some("host") { Cause::Builder } else { Cause::Client };
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if row.status != BookingStatus::Confirmed {
        return Ok(());
    }
    let at = invitee.cancelled_at.unwrap_or_else(|| deps.now()).min(deps.now());
    match cancel::cancel_in(&mut tx, deps, op, &mut row, cancel::Cancelling { by, at, expected: None }).await {
        Ok(()) => tx.commit().await?,
        // Cancelled after it began: there is nothing to call off any more.
        Err(BookingError::NotNow(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The client has picked a time by the link that they were sent.
pub(super) async fn picked(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    has_link: bool,
    told: &str,
) -> Result<(), BookingError> {
    let invitee = scheduling::invitee(deps, op, told).await?;
    // The reference stands in an address that its client can change: it counts for a booking that waits to be picked, and once.
    if !invitee.is_active || !has_link || invitee.reference.as_deref() != Some(booking.to_string().as_str()) {
        return Ok(());
    }
    let event = scheduling::event(deps, op, &invitee.event).await?;
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    // And for what was paid, not for another session of theirs.
    let event_type = event.event_type.as_deref().map(|uri| scheduling::event_type_hash(deps, uri));
    if row.status != BookingStatus::Paid || event_type.as_deref() != Some(&row.event_type_hash[..]) {
        return Ok(());
    }
    let key = key_in(&mut tx, deps, &row).await?;
    keep_in(&mut tx, deps, &key, booking, &invitee).await?;
    if event.starts_at != row.starts_at {
        if !store::set_time(&mut tx, booking, event.starts_at, event.ends_at, deps.now()).await? {
            return Err(BookingError::Taken(super::Taken::Gone));
        }
        (row.starts_at, row.ends_at, row.times_moved) = (event.starts_at, event.ends_at, row.times_moved + 1);
    }
    if happen_in(&mut tx, deps, op, &mut row, Happening::Booked, Note::new("booked", Cause::Webhook)).await?.is_ok() {
        follow_up_in(&mut tx, deps, &row).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The hashes by which what Calendly tells of is found here.
pub fn calendly_keys<'a>(deps: &Deps, uris: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    uris.into_iter().map(|uri| book::calendly_hash(deps, uri)).collect()
}
