//! How the installation is, at a glance.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{ConnectionStatus, Severity};

use super::keys_page::{CensusRow, SecretView, encryption_keys};
use crate::base::Deps;
use crate::incidents::{IsolatedView, OpenBreach};
use crate::upkeep::Checks;

/// How it all is.
#[derive(Debug, Clone, Deserialize)]
pub struct Overview {
    /// Incidents that are not closed, by severity.
    pub incidents: Vec<IncidentCount>,
    /// People.
    pub people: PeopleCount,
    /// Connections by status.
    pub connections: Vec<ConnectionsView>,
    /// The queue.
    pub jobs: JobCount,
    /// The audit log.
    pub audit: AuditState,
    /// Under which keys people's data keys are wrapped.
    #[serde(skip)]
    pub keys: Vec<SecretView>,
    #[serde(rename = "keys")]
    census: Vec<CensusRow>,
    /// Whether what is kept can be had back.
    pub checks: Checks,
    /// Breaches of which it is not decided whether the authority is told, the oldest first.
    pub breaches: Vec<OpenBreach>,
    /// Blocks that hold.
    pub blocks: i64,
    /// Providers that nothing is asked of.
    pub isolated: Vec<IsolatedView>,
}

/// Incidents of one severity.
#[derive(Debug, Clone, Deserialize)]
pub struct IncidentCount {
    /// Which.
    pub severity: Severity,
    /// How many are not closed.
    pub under_way: i64,
}

/// People.
#[derive(Debug, Clone, Deserialize)]
pub struct PeopleCount {
    /// Everybody.
    pub all: i64,
    /// Who has not confirmed their address.
    pub unconfirmed: i64,
    /// Who is locked.
    pub locked: i64,
    /// Admins who have no second factor, and so see none of these pages outside of development.
    pub admins_without_second_factor: i64,
}

/// Connections of one status.
#[derive(Debug, Clone, Deserialize)]
pub struct ConnectionsView {
    /// Which.
    pub status: ConnectionStatus,
    /// How many.
    pub connections: i64,
}

/// The queue.
#[derive(Debug, Clone, Deserialize)]
pub struct JobCount {
    /// Those that should have begun.
    pub due: i64,
    /// Since when the first of them.
    pub due_since: Option<DateTime<Utc>>,
    /// Those under way.
    pub running: i64,
    /// Those that failed and are tried again.
    pub failing: i64,
    /// Those that are not tried again.
    pub given_up: i64,
}

/// The audit log.
#[derive(Debug, Clone, Deserialize)]
pub struct AuditState {
    /// Entries that are sealed.
    pub size: Option<i64>,
    /// When the last was.
    pub sealed_at: Option<DateTime<Utc>>,
    /// Entries that wait for it.
    pub waiting: i64,
    /// When a checkpoint was last kept elsewhere.
    pub copied_at: Option<DateTime<Utc>>,
    /// When all of it was last checked.
    pub verified_at: Option<DateTime<Utc>>,
    /// What was wrong then.
    pub finding: Option<String>,
}

impl Overview {
    pub(super) fn of(deps: &Deps, mut read: Self) -> Self {
        read.keys = encryption_keys(deps.vault.keyring(), &read.census);
        read
    }
}
