//! What was asked about privacy, and what is past its time, as an admin sees it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{LetterKind, LetterStatus, PrivacyRequestId, PrivacyStatus, UserId};
use uuid::Uuid;

use crate::incidents::OpenBreach;

/// The page.
#[derive(Debug, Clone, Deserialize)]
pub struct PrivacyPage {
    /// Requests: those that are open first, then the newest; at most a hundred.
    pub requests: Vec<RequestRow>,
    /// What came by mail: those that are open first, then the newest; at most a hundred.
    pub letters: Vec<LetterRow>,
    /// Whose data must stay.
    pub holds: Vec<HoldRow>,
    /// Breaches of which it is not decided whether the authority is told, the oldest first.
    pub breaches: Vec<OpenBreach>,
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

/// A request that came by mail.
#[derive(Debug, Clone, Deserialize)]
pub struct LetterRow {
    /// Its id.
    pub id: Uuid,
    /// Whose, if that is known.
    pub user_id: Option<UserId>,
    /// What it asks for.
    pub kind: LetterKind,
    /// Where it stands.
    pub status: LetterStatus,
    /// Under which number it is filed.
    pub reference: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// By when the law wants it answered.
    pub due_at: DateTime<Utc>,
    /// Since when it is checked who it is from: the time of the law waits.
    pub checking_since: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A legal hold that stands.
#[derive(Debug, Clone, Deserialize)]
pub struct HoldRow {
    /// Its id.
    pub id: Uuid,
    /// Whose data must stay.
    pub user_id: UserId,
    /// Under which number it is filed.
    pub reference: String,
    /// Since when.
    pub set_at: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
}

/// How much of a table is past its time.
#[derive(Debug, Clone, Deserialize)]
pub struct DueRow {
    /// The table.
    pub name: String,
    /// How many rows, as far as the purge looks at once.
    pub due: i64,
    /// How many will be within thirty days, those included.
    pub within_month: i64,
    /// Of when the oldest row is, due or not.
    pub oldest: Option<DateTime<Utc>>,
}
