//! How a connection was from a moment on.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{ConnectionStatus, HealthReason};

use crate::calendar::closed_list::reason;

/// One change, and what held from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct HealthChange {
    /// From when.
    #[serde(rename = "changed_at")]
    pub at: DateTime<Utc>,
    /// How.
    pub status: ConnectionStatus,
    /// Why, when it was not healthy.
    #[serde(deserialize_with = "reason")]
    pub reason: Option<HealthReason>,
}
