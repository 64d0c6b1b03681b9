//! What a mail about a booking says.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use types::{Attention, BookingId, BookingStatus, Money, UserId};

use super::book::AtCalendly;
use super::store::{self, BookingRow};
use super::view::with_reference;
use super::{BookingError, client, link};
use crate::base::{Deps, Op, Tx};
use crate::jobs::{Job, enqueue};
use crate::offers::Policy;
use crate::payments;

pub use crate::jobs::BookingMail;

/// Everything that a mail about a booking may say.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The client.
    pub client: client::Client,
    /// The client's zone.
    pub client_zone: Tz,
    /// What was booked.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// Where it stands.
    pub status: BookingStatus,
    /// Why it needs somebody.
    pub attention: Option<Attention>,
    /// What was paid.
    pub paid: Option<Money>,
    /// What goes back, or is back.
    pub back: Option<Money>,
    /// What comes back when it is cancelled, in words.
    pub policy: String,
    /// The client's page of it.
    pub link: String,
    /// Where the client picks a time.
    pub pick_url: Option<String>,
    /// How often it was moved: the sequence of its .ics.
    pub times_moved: i32,
}

/// Has a mail sent, when what it is about is committed.
pub(super) fn post(tx: &mut Tx, row: &BookingRow, mail: BookingMail) -> Result<(), sqlx::Error> {
    enqueue(tx, Job::SendBookingMail { user: row.builder, booking: row.id, mail, times_moved: row.times_moved })
}

/// What is to be said. `None`: not any more; it was cancelled, or moved, since.
pub async fn letter(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    mail: BookingMail,
    times_moved: i32,
) -> Result<Option<Letter>, BookingError> {
    let mut tx = deps.begin(op).await?;
    let row = store::find(&mut tx, builder, booking, false).await?.ok_or(BookingError::NotFound)?;
    let (client, key) = client::of(&mut tx, deps, &row).await?;
    let payments = payments::list_in(&mut tx, booking).await?;
    let refunds = payments::refunds_in(&mut tx, booking, row.price.currency).await?;
    tx.rollback().await?;
    let still = match mail {
        BookingMail::Confirmed | BookingMail::BuilderConfirmed | BookingMail::Moved | BookingMail::BuilderMoved | BookingMail::Reminder => {
            row.status == BookingStatus::Confirmed && row.times_moved == times_moved
        }
        BookingMail::PickTime => row.status == BookingStatus::Paid,
        _ => true,
    };
    if !still {
        return Ok(None);
    }
    let back: i64 = refunds.iter().filter(|refund| refund.counts()).map(|refund| refund.amount.minor).sum();
    let pick_url = AtCalendly::open(&key, booking, row.calendly_sealed.as_deref()).pick_url;
    let pick_url = pick_url.map(|url| with_reference(&url, booking, Some(&client)));
    Ok(Some(Letter {
        client,
        client_zone: row.client_zone.parse().unwrap_or(Tz::UTC),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        status: row.status,
        attention: row.attention,
        paid: payments.iter().find_map(payments::Payment::paid),
        back: (back > 0).then(|| Money::new(back, row.price.currency)),
        policy: Policy::find(&row.policy, row.policy_version).map(Policy::words).unwrap_or_default(),
        link: link::link(deps, booking),
        pick_url,
        times_moved: row.times_moved,
        title: row.title,
    }))
}
