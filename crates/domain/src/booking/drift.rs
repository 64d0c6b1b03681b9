//! What differed between here, Stripe and Calendly. Comparing writes it down, and that it was mended.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use types::{BookingId, BookingStatus, Drift, DriftFailure, UserId};

use super::store::BookingRow;
use super::{BookingError, store};
use crate::base::{Deps, Op, list};
use crate::calendar::{Page, Part};

/// How a booking stood before it was compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    status: BookingStatus,
    times_moved: i32,
}

impl Standing {
    pub const fn of(row: &BookingRow) -> Self {
        Self { status: row.status, times_moved: row.times_moved }
    }

    /// What was not known here until it was compared. What time alone brings (a hold that ends, a session that is over) is no difference.
    const fn differs(self, after: Self) -> Option<Drift> {
        use BookingStatus as S;
        match (self.status, after.status) {
            (
                S::Held | S::AwaitingPayment | S::Expired | S::Cancelled,
                S::Paid | S::Confirmed | S::RefundPending | S::Refunded | S::NeedsAttention,
            ) => Some(Drift::Payment),
            (S::Paid, S::Confirmed | S::RefundPending | S::Refunded) => Some(Drift::Booking),
            (S::Confirmed, S::Cancelled | S::RefundPending | S::Refunded) => Some(Drift::Cancellation),
            (S::RefundPending | S::NeedsAttention, S::Refunded) | (S::RefundPending | S::Refunded, S::NeedsAttention) => {
                Some(Drift::Refund)
            }
            _ if self.times_moved != after.times_moved => Some(Drift::Time),
            _ => None,
        }
    }
}

/// Writes down what comparing found, and how it ended.
pub(super) async fn note(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    before: Standing,
    result: &Result<(), BookingError>,
) -> Result<(), BookingError> {
    let failure = match result {
        Ok(()) => None,
        Err(BookingError::Payment(_)) => Some(DriftFailure::Stripe),
        Err(BookingError::Scheduling(_)) => Some(DriftFailure::Calendly),
        Err(_) => return Ok(()),
    };
    let mut tx = deps.begin(op).await?;
    let Some(row) = store::find(&mut tx, builder, booking, false).await? else { return Ok(()) };
    let what = before.differs(Standing::of(&row));
    match failure {
        Some(failure) => {
            store::put_open_drift(&mut tx, deps.new_id(), builder, booking, what.unwrap_or(Drift::Unknown), Some(failure), deps.now())
                .await?;
        }
        None => {
            if let Some(what) = what {
                store::put_open_drift(&mut tx, deps.new_id(), builder, booking, what, None, deps.now()).await?;
            }
            store::close_drift(&mut tx, booking, deps.now()).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Something that differed.
#[derive(Debug, Clone, Deserialize)]
pub struct DriftLine {
    /// Of which booking.
    pub booking_id: BookingId,
    /// What.
    pub what: Drift,
    /// When it was found.
    pub found_at: DateTime<Utc>,
    /// When it was mended, if it is.
    pub mended_at: Option<DateTime<Utc>>,
    /// Who does not answer, so that it is not.
    pub failure: Option<DriftFailure>,
    /// What was booked.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Where it stands.
    pub status: BookingStatus,
}

/// How a builder's bookings agree with Stripe and Calendly.
#[derive(Debug, Clone, Deserialize)]
pub struct ReconciliationView {
    /// When everything ahead was last compared with Calendly.
    pub compared_at: Option<DateTime<Utc>>,
    /// How many sessions are ahead.
    pub ahead: i64,
    /// What waits first, then what was mended in the last thirty days, the latest first; at most a hundred.
    #[serde(deserialize_with = "list")]
    pub drifts: Vec<DriftLine>,
}

impl ReconciliationView {
    /// What a page asks for.
    pub fn part() -> Part {
        Part::new("reconciliation", json!({}))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|view: Self| view)
    }
}
