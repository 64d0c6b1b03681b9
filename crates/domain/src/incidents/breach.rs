//! Whether personal data got out, and whether the authority was told: 72 hours from when it is known (GDPR, article 33).

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::json;
use types::{BreachScope, BreachStatus, IncidentId};

use super::{IncidentError, note, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, reference};

/// Within which the authority is told.
const TIME: TimeDelta = TimeDelta::hours(72);

/// What is decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreachStep {
    /// Personal data may have got out; or it is others' than was thought.
    Noted {
        /// Whose.
        scope: BreachScope,
        /// Since when that is known here. The earliest that was ever said stays.
        known_at: DateTime<Utc>,
    },
    /// The authority was told.
    Told {
        /// Under which number it filed it.
        reference: String,
    },
    /// It need not be.
    NotNeeded {
        /// Why not.
        reason: String,
    },
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BreachView {
    /// Whose data.
    pub scope: BreachScope,
    /// What was decided.
    pub status: BreachStatus,
    /// Since when it is known.
    pub known_at: DateTime<Utc>,
    /// When that was decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Under which number the authority filed it.
    pub reference: Option<String>,
    /// How many people with an account it may be.
    pub affected: i64,
    /// How many who booked without one.
    pub clients: i64,
}

/// One that is not decided, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenBreach {
    /// Of which incident.
    pub incident_id: IncidentId,
    /// Its number.
    pub number: i64,
    /// Since when it is known.
    pub known_at: DateTime<Utc>,
}

/// By when the authority has to be told of what is known since then.
pub fn breach_due_at(known_at: DateTime<Utc>) -> DateTime<Utc> {
    known_at + TIME
}

/// Writes it down, in the timeline too.
///
/// # Errors
/// [`IncidentError::Moved`]: it was decided already, or nobody noted one; [`IncidentError::Text`]: no reason, or no number.
pub async fn advance_breach(deps: &Deps, op: &Op, incident: IncidentId, step: BreachStep) -> Result<(), IncidentError> {
    let now = deps.now();
    let mut tx = deps.begin(op).await?;
    store::open(&mut tx).await?;
    store::lock(&mut tx, incident).await?.ok_or(IncidentError::NotFound)?;
    let (measure, detail, said) = match step {
        BreachStep::Noted { scope, known_at } => {
            if known_at > now {
                return Err(IncidentError::Text);
            }
            store::note_breach(&mut tx, incident, scope, known_at).await?;
            ("breach_noted", json!({ "scope": scope, "known_at": known_at }), None)
        }
        BreachStep::Told { reference: number } => {
            let number = reference(&number).ok_or(IncidentError::Text)?;
            decide(&mut tx, incident, BreachStatus::Told, Some(number), now).await?;
            ("breach_told", json!({ "reference": number }), None)
        }
        BreachStep::NotNeeded { reason } => {
            let reason = note::text(&reason).ok_or(IncidentError::Text)?;
            decide(&mut tx, incident, BreachStatus::NotNeeded, None, now).await?;
            ("breach_not_needed", json!({}), Some(reason))
        }
    };
    let mut entry = detail;
    entry["measure"] = measure.into();
    store::insert_entry(&mut tx, deps, incident, "breach", op.user(), &entry, said.as_deref()).await?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::BreachAdvanced).on(incident.0).with(entry));
    tx.commit().await?;
    Ok(())
}

async fn decide(
    tx: &mut crate::base::Tx,
    incident: IncidentId,
    status: BreachStatus,
    number: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), IncidentError> {
    if store::decide_breach(tx, incident, status, number, now).await? { Ok(()) } else { Err(IncidentError::Moved) }
}
