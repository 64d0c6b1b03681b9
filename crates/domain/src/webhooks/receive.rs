//! Takes a delivery whose signature is right.

use chrono::{DateTime, Utc};
use providers::stripe::{StripeEvent, is_acted_on};
use serde_json::Value;

use super::store;
use crate::base::Deps;
use crate::jobs::{Job, enqueue};

/// Who told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Stripe.
    Stripe,
    /// Calendly.
    Calendly,
}

impl Source {
    /// The text kept in the database, and the word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Calendly => "calendly",
        }
    }
}

/// What is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is acted on.
    Accepted,
    /// Nothing is done about this kind.
    UnknownKind,
    /// It is about test money where money is real, or the other way round.
    WrongMode,
}

impl Verdict {
    /// The text kept in the database, and the word in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::UnknownKind => "unknown_kind",
            Self::WrongMode => "wrong_mode",
        }
    }
}

/// What was told.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// By whom.
    pub source: Source,
    /// By what it is known, however often it comes.
    pub key: String,
    /// What happened.
    pub kind: String,
    /// The object it is about.
    pub object_id: Option<String>,
    /// The booking that stands on it.
    pub booking: Option<String>,
    /// What is kept of it.
    pub masked: Value,
    /// What is done about it.
    pub verdict: Verdict,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
}

impl Delivery {
    /// What is done about an event of Stripe's.
    pub fn of_stripe(event: StripeEvent, is_live: bool) -> Self {
        let verdict = match () {
            () if event.is_live != is_live => Verdict::WrongMode,
            () if is_acted_on(&event.kind) => Verdict::Accepted,
            () => Verdict::UnknownKind,
        };
        Self {
            source: Source::Stripe,
            key: event.id,
            kind: event.kind,
            object_id: event.object_id,
            booking: event.booking,
            masked: event.masked,
            verdict,
            happened_at: event.created,
        }
    }
}

/// Writes a delivery down and has it acted on, in one transaction. `false`: it was there already.
pub async fn receive(deps: &Deps, delivery: &Delivery) -> Result<bool, sqlx::Error> {
    let id = deps.new_id();
    let mut tx = deps.database.begin(None).await?;
    let is_new = store::take(&mut tx, id, delivery, deps.now()).await?;
    if is_new && delivery.verdict == Verdict::Accepted {
        enqueue(&mut tx, Job::OpenDelivery { delivery: id })?;
    }
    tx.commit().await?;
    Ok(is_new)
}
