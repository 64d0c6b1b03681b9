//! Booking a paid session at Calendly. A time that is gone by then is paid back at once.

use chrono::TimeDelta;
use providers::calendly::{CalendlyError, Invitee};
use serde::{Deserialize, Serialize};
use types::{Attention, BookingId, BookingStatus, Cause, RefundReason, UserId};

use super::change::{Note, attend_in, happen_in, note_in};
use super::machine::Happening;
use super::store::{self, BookingRow};
use super::{BookingError, client, letter, moved, refund};
use crate::base::{Deps, Op, Tx};
use crate::jobs::{BookingMail, Job, enqueue};
use crate::payments;
use crate::scheduling::{self, Guest, SchedulingError};
use crate::vault::{PersonKey, Place};

/// Before it begins, a reminder goes out.
const REMINDER: TimeDelta = TimeDelta::days(1);
/// How often it is tried while only the builder can mend what keeps Calendly from being booked.
const WHILE_REFUSED: TimeDelta = TimeDelta::minutes(10);

/// By what Calendly knows a booking. Sealed under the key of its client: two of these are bearer links.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct AtCalendly {
    pub event: Option<String>,
    pub invitee: Option<String>,
    pub cancel_url: Option<String>,
    pub reschedule_url: Option<String>,
    /// Where the client picks a time by themselves.
    pub pick_url: Option<String>,
}

impl AtCalendly {
    fn of(invitee: &Invitee) -> Self {
        Self {
            event: Some(invitee.event.clone()),
            invitee: Some(invitee.uri.clone()),
            cancel_url: invitee.cancel_url.clone(),
            reschedule_url: invitee.reschedule_url.clone(),
            pick_url: None,
        }
    }

    pub fn open(key: &PersonKey, booking: BookingId, sealed: Option<&[u8]>) -> Self {
        let plain = sealed.and_then(|sealed| key.open(place(booking), sealed).ok());
        plain.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_default()
    }

    pub fn opens(key: &PersonKey, booking: BookingId, sealed: &[u8]) -> bool {
        key.open(place(booking), sealed).is_ok()
    }
}

fn place(booking: BookingId) -> Place {
    Place::new("bookings", "calendly_sealed", booking.0)
}

/// The key of a booking's client.
pub(super) async fn key_in(tx: &mut Tx, deps: &Deps, row: &BookingRow) -> Result<PersonKey, BookingError> {
    Ok(client::of(tx, deps, row).await?.1)
}

/// By what Calendly knows it from here on.
pub(super) async fn keep_in(tx: &mut Tx, deps: &Deps, key: &PersonKey, booking: BookingId, invitee: &Invitee) -> Result<(), BookingError> {
    let sealed = key.seal(place(booking), &serde_json::to_vec(&AtCalendly::of(invitee))?, &*deps.chance);
    let (event, invitee) = (calendly_hash(deps, &invitee.event), calendly_hash(deps, &invitee.uri));
    Ok(store::set_calendly(tx, booking, &sealed, &event, &invitee).await?)
}

/// The hash by which what Calendly tells is found here.
pub(crate) fn calendly_hash(deps: &Deps, uri: &str) -> Vec<u8> {
    // A host of their samples differs from that of their answers: the path is the name.
    let path = uri.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(uri, |(_, path)| path);
    deps.vault.lookup().hash("calendly object", path.as_bytes()).to_vec()
}

/// Books it. What is booked already, or is not to be booked any more, is left alone.
pub async fn book_at_calendly(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let (client, key) = client::of(&mut tx, deps, &row).await?;
    let left = payments::left_in(&mut tx, booking).await?.map_or(0, |(_, left)| left.minor);
    tx.rollback().await?;
    if row.status != BookingStatus::Paid {
        return Ok(());
    }
    // It has begun without being booked, or its money is back by another way: nothing is to be booked any more.
    if row.starts_at <= deps.now() || left == 0 {
        return lose(deps, op, builder, booking).await;
    }
    if AtCalendly::open(&key, booking, row.calendly_sealed.as_deref()).pick_url.is_some() {
        // They may have picked without our hearing of it.
        return match scheduling::find_booked(deps, op, &client.email, &booking.to_string()).await? {
            Some(invitee) => moved::picked(deps, op, builder, booking, true, &invitee.uri).await,
            None => Ok(()),
        };
    }
    let guest = Guest {
        starts_at: row.starts_at,
        name: client.name,
        email: client.email,
        zone: row.client_zone.clone(),
        answers: client.answers,
        reference: booking.to_string(),
    };
    match scheduling::book(deps, op, &row.event_type_hash, guest).await {
        Ok(invitee) => confirm(deps, op, builder, booking, &invitee).await,
        // The time is gone there, or the event type is.
        Err(SchedulingError::Calendly(CalendlyError::DoesNotFit | CalendlyError::NotFound)) => lose(deps, op, builder, booking).await,
        // The builder's plan lets programs book nothing: the client picks by themselves.
        Err(SchedulingError::Calendly(CalendlyError::Forbidden)) => match scheduling::single_use_link(deps, op, &row.event_type_hash).await
        {
            Ok(link) => let_pick(deps, op, builder, booking, link).await,
            Err(error) => refused(deps, op, &row, error).await,
        },
        Err(error) => refused(deps, op, &row, error).await,
    }
}

/// It is booked. One that was cancelled meanwhile is cancelled there too.
pub(super) async fn confirm(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, invitee: &Invitee) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    let key = key_in(&mut tx, deps, &row).await?;
    keep_in(&mut tx, deps, &key, booking, invitee).await?;
    match happen_in(&mut tx, deps, op, &mut row, Happening::Booked, Note::new("booked", Cause::Job)).await? {
        Ok(()) => follow_up_in(&mut tx, deps, &row).await?,
        Err(_) => enqueue(&mut tx, Job::CancelAtCalendly { user: builder, booking })?,
    }
    tx.commit().await?;
    Ok(())
}

/// Mails, the reminder, and the end.
pub(super) async fn follow_up_in(tx: &mut Tx, deps: &Deps, row: &BookingRow) -> Result<(), BookingError> {
    letter::post(tx, row, BookingMail::Confirmed)?;
    letter::post(tx, row, BookingMail::BuilderConfirmed)?;
    remind_in(tx, deps, row).await?;
    enqueue(tx, Job::FinishBooking { user: row.builder, booking: row.id }.at(row.ends_at))?;
    Ok(())
}

/// A reminder, if there is a day left for it.
pub(super) async fn remind_in(tx: &mut Tx, deps: &Deps, row: &BookingRow) -> Result<(), BookingError> {
    let at = row.starts_at - REMINDER;
    if at > deps.now() {
        let (user, booking, times_moved) = (row.builder, row.id, row.times_moved);
        enqueue(tx, Job::SendBookingMail { user, booking, mail: BookingMail::Reminder, times_moved }.at(at))?;
    }
    Ok(())
}

/// The time was gone: everything goes back, and the client is told where other times are.
async fn lose(deps: &Deps, op: &Op, builder: UserId, booking: BookingId) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if happen_in(&mut tx, deps, op, &mut row, Happening::SlotLost, Note::new("slot_lost", Cause::Job)).await?.is_ok() {
        if give_everything_back_in(&mut tx, deps, op, &row, RefundReason::SlotLost, Cause::Job).await? {
            letter::post(&mut tx, &row, BookingMail::SlotLost)?;
        } else {
            // All of it is back already.
            let _ = happen_in(&mut tx, deps, op, &mut row, Happening::RefundSucceeded, Note::new("refunded", Cause::Job)).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Asks for all that is left of what was paid. `false`: nothing is.
pub(super) async fn give_everything_back_in(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &BookingRow,
    reason: RefundReason,
    by: Cause,
) -> Result<bool, BookingError> {
    let refunds = payments::refunds_in(tx, row.id, row.price.currency).await?;
    let mut is_asked = refunds.iter().any(payments::Refund::is_under_way);
    let payments = payments::list_in(tx, row.id).await?;
    for (payment, left) in payments::left_of(payments, &refunds).filter(|(_, left)| left.minor > 0) {
        refund::ask_in(tx, deps, op, row, payment.id, left, reason, by).await?;
        is_asked = true;
    }
    Ok(is_asked)
}

async fn let_pick(deps: &Deps, op: &Op, builder: UserId, booking: BookingId, link: String) -> Result<(), BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, true).await?.ok_or(BookingError::NotFound)?;
    if row.status == BookingStatus::Paid {
        let key = key_in(&mut tx, deps, &row).await?;
        let known = AtCalendly { pick_url: Some(link), ..AtCalendly::default() };
        let sealed = key.seal(place(booking), &serde_json::to_vec(&known)?, &*deps.chance);
        store::set_pick(&mut tx, booking, &sealed).await?;
        note_in(&mut tx, deps, op, &row, Note::new("picks", Cause::Job)).await?;
        letter::post(&mut tx, &row, BookingMail::PickTime)?;
    }
    tx.commit().await?;
    Ok(())
}

/// Calendly does not let it be booked. What only the builder can mend is told to them and tried again until it begins; the rest the queue tries again.
async fn refused(deps: &Deps, op: &Op, row: &BookingRow, error: SchedulingError) -> Result<(), BookingError> {
    let needs_builder = matches!(
        error,
        SchedulingError::NotConnected
            | SchedulingError::Calendly(CalendlyError::TokenRefused | CalendlyError::ScopeMissing | CalendlyError::Forbidden)
    );
    if !needs_builder {
        return Err(error.into());
    }
    let mut tx = deps.begin(op).await?;
    let mut row = store::find(&mut tx, row.builder, row.id, true).await?.ok_or(BookingError::NotFound)?;
    if row.status == BookingStatus::Paid {
        if attend_in(&mut tx, deps, op, &mut row, Attention::CalendlyRefuses, Cause::Job).await? {
            letter::post(&mut tx, &row, BookingMail::BuilderAttention)?;
        }
        enqueue(&mut tx, Job::BookAtCalendly { user: row.builder, booking: row.id }.at(deps.now() + WHILE_REFUSED))?;
    }
    tx.commit().await?;
    Ok(())
}
