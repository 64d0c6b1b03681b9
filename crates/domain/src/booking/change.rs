//! A change of a booking: its state, its timeline and the entry in the audit log, all in one transaction.

use serde_json::{Value, json};
use types::{Attention, BookingStatus, Cause};

use super::machine::{Happening, NotNow, after};
use super::store::{self, BookingRow};
use crate::audit::{self, Action, Event};
use crate::base::{Actor, Deps, Op, Tx};

/// Who did it, for the timeline.
pub(super) fn cause(op: &Op) -> Cause {
    match op.actor {
        Actor::Client { .. } | Actor::Visitor => Cause::Client,
        Actor::User(_) => Cause::Builder,
        Actor::Job { .. } => Cause::Job,
        Actor::Operator => Cause::Admin,
    }
}

/// What is written about a change.
#[derive(Debug, Clone)]
pub(super) struct Note {
    /// What the timeline calls it.
    pub what: &'static str,
    /// Why it happened.
    pub cause: Cause,
    /// Amounts, times and ids; nobody.
    pub detail: Value,
}

impl Note {
    pub fn new(what: &'static str, cause: Cause) -> Self {
        Self { what, cause, detail: json!({}) }
    }

    pub fn with(self, detail: Value) -> Self {
        Self { detail, ..self }
    }
}

/// Does `happening` to a booking that is locked. What follows from it is put in by whoever calls.
pub(super) async fn happen_in(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &mut BookingRow,
    happening: Happening,
    note: Note,
) -> Result<Result<(), NotNow>, sqlx::Error> {
    let to = match after(row.status, happening) {
        Ok(to) => to,
        Err(not_now) => return Ok(Err(not_now)),
    };
    let attention = match (to, happening) {
        (BookingStatus::NeedsAttention, Happening::PaidWrong) => Some(Attention::WrongAmount),
        (BookingStatus::NeedsAttention, _) => Some(Attention::RefundFailed),
        // A dispute is over when Stripe says so; whatever else it was that needed somebody, this mends it.
        _ => row.attention.filter(|why| *why == Attention::Disputed),
    };
    store::set_status(tx, row.id, to, attention, deps.now()).await?;
    (row.status, row.attention) = (to, attention);
    note_in(tx, deps, op, row, note).await?;
    Ok(Ok(()))
}

/// Writes something into the timeline and the audit log that leaves the state as it is.
pub(super) async fn note_in(tx: &mut Tx, deps: &Deps, op: &Op, row: &BookingRow, note: Note) -> Result<(), sqlx::Error> {
    let Note { what, cause, detail } = note;
    store::insert_change(tx, deps.new_id(), row, what, cause, &detail, deps.now()).await?;
    let mut told = detail;
    told["what"] = what.into();
    told["cause"] = cause.as_str().into();
    told["status"] = row.status.as_str().into();
    audit::append(tx, deps, op, Event::done(Action::BookingChanged, row.builder, row.id.0).with(told));
    Ok(())
}

/// Marks a booking as one that needs somebody, once.
pub(super) async fn attend_in(
    tx: &mut Tx,
    deps: &Deps,
    op: &Op,
    row: &mut BookingRow,
    why: Attention,
    by: Cause,
) -> Result<bool, sqlx::Error> {
    // What stopped it comes first, and is not hidden by something else.
    if row.attention == Some(why) || row.status == BookingStatus::NeedsAttention {
        return Ok(false);
    }
    store::set_attention(tx, row.id, Some(why), deps.now()).await?;
    row.attention = Some(why);
    note_in(tx, deps, op, row, Note::new("attention", by).with(json!({ "why": why }))).await?;
    Ok(true)
}
