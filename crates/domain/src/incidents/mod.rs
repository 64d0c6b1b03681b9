//! Incidents: what is suspicious is found, kept with its proofs, stopped, and worked on to its end.
//!
//! Owns:      incidents, incident_entries, incident_evidence, incident_breaches, address_blocks, provider_isolations, security_events
//! May touch: base, accounts, accounts/administration, api_keys, audit, calendar, jobs, privacy, vault
//! Never:     keep an address, only its pseudonym; stop something that nobody can see or take back
//! Start at:  rules.rs for what is looked for, detect.rs for how, measures.rs for what can be done

mod advance;
mod affected;
mod alert;
mod breach;
mod check;
mod containment;
mod detect;
mod export;
mod freeze;
mod measures;
mod note;
mod page;
mod rules;
mod store;

pub use advance::advance;
pub use affected::{Affected, AffectedPerson};
pub use alert::{Alert, post_alert, send_alerts};
pub(crate) use alert::{alert_for, alerted};
pub use breach::{BreachStep, BreachView, OpenBreach, advance_breach, breach_due_at};
pub use check::check;
pub use containment::refresh_containment;
pub use detect::detect;
pub use export::export;
pub use freeze::freeze_evidence;
pub use measures::{Measure, take_measure};
pub use note::add_note;
pub use page::{BlockView, EvidenceView, IncidentPage, IncidentView, IsolatedView, SubjectView, TimelineView};
pub use rules::{severity, threshold};

use crate::accounts::AccountError;
use crate::api_keys::ApiKeyError;
use crate::audit::AuditError;
use crate::calendar::CalendarError;

/// Why something about an incident was not done.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// There is no such incident, or nothing of it that this could be done to.
    #[error("there is no such thing")]
    NotFound,
    /// It would turn away whoever asks for it.
    #[error("that would lock out whoever asks for it")]
    Own,
    /// The network is too wide to be turned away.
    #[error("the network is too wide")]
    TooWide,
    /// The provider is isolated, so that it cannot be told anything.
    #[error("the provider is isolated")]
    Isolated,
    /// Somebody else went on with it in the meantime.
    #[error("somebody else went on with it")]
    Moved,
    /// What comes before has not been done.
    #[error("something has to be done first")]
    TooEarly(Missing),
    /// A text is empty or too long.
    #[error("the text is empty or too long")]
    Text,
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// A key.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    /// A connection.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The log.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// An alert did not go out.
    #[error("an alert did not go out: {0}")]
    Alert(String),
}

/// What has to be done before an incident goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Something was done about it, or it is said why nothing has to be.
    Measure,
    /// A check that found everything as it should be.
    Check,
    /// A review.
    Review,
}
