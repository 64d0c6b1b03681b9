//! What was asked about privacy, and what is past its time, as an admin sees it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{PrivacyRequestId, PrivacyStatus, UserId};

/// The page.
#[derive(Debug, Clone, Deserialize)]
pub struct PrivacyPage {
    /// Requests: those that are open first, then the newest; at most a hundred.
    pub requests: Vec<RequestRow>,
    /// What would go at the next purge.
    pub due: Vec<DueRow>,
}

/// A request.
#[derive(Debug, Clone, Deserialize)]
pub struct RequestRow {
    /// Its id: what its certificate names.
    pub id: PrivacyRequestId,
    /// Whose; nobody's once it is done.
    pub user_id: Option<UserId>,
    /// Where it stands.
    pub status: PrivacyStatus,
    /// When it was made.
    pub asked_at: DateTime<Utc>,
    /// By when the law wants it answered.
    pub due_at: DateTime<Utc>,
    /// Until when it can be taken back.
    pub runs_at: DateTime<Utc>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// How much of a table is past its time.
#[derive(Debug, Clone, Deserialize)]
pub struct DueRow {
    /// The table.
    pub name: String,
    /// How many rows.
    pub due: i64,
}
