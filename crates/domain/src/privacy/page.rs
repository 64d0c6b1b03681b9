//! What somebody sees of what is kept of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use types::{PrivacyRequestId, PrivacyStatus};

use super::{ArchiveView, PrivacyError, store, token_hash};
use crate::base::Deps;
use crate::calendar::{Page, Part};
use crate::consents::ConsentView;

/// How much there is, by what it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// Connections to calendars.
    pub connections: i64,
    /// Calendars.
    pub calendars: i64,
    /// Events of them.
    pub events: i64,
    /// Browsers that are signed in.
    pub sessions: i64,
    /// Passkeys.
    pub passkeys: i64,
    /// Keys for programs.
    pub api_keys: i64,
    /// Accounts at Calendly: one, or none.
    pub calendly: i64,
    /// Kinds of session that they sell.
    pub session_types: i64,
    /// Bookings with them.
    pub sold: i64,
    /// Of those, what is not over.
    pub sold_ahead: i64,
    /// Bookings that they made as a client.
    pub bought: i64,
    /// Of those, what is not over.
    pub bought_ahead: i64,
    /// Payments, to them and by them.
    pub payments: i64,
    /// Entries of the audit log about them.
    pub audit_entries: i64,
}

/// A request, for whoever made it.
#[derive(Debug, Clone, Deserialize)]
pub struct RequestView {
    /// Its id.
    pub id: PrivacyRequestId,
    /// Where it stands.
    pub status: PrivacyStatus,
    /// When it was made.
    pub asked_at: DateTime<Utc>,
    /// Until when it can be taken back.
    pub runs_at: DateTime<Utc>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// What they have in hand, when it is done.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// The page of one's own privacy.
#[derive(Debug, Clone, Deserialize)]
pub struct PrivacyView {
    /// How much there is of them.
    pub holdings: Holdings,
    /// What they allow, and what they allowed.
    pub consents: Vec<ConsentView>,
    /// Until when all of it must stay, because a court or an authority wants it.
    pub held_until: Option<DateTime<Utc>>,
    /// The last archive that they asked for, while it is there.
    pub archive: Option<ArchiveView>,
    /// Their last request.
    pub request: Option<RequestView>,
}

impl PrivacyView {
    /// What a page asks for.
    pub fn part() -> Part {
        Part::new("privacy", serde_json::json!({}))
    }

    /// Out of what was read for the page.
    pub fn of(page: &Page) -> Option<Self> {
        page.part(|view: Self| view)
    }
}

impl RequestView {
    /// The request that a mailed link is for. `None`: it is for none.
    pub async fn read(deps: &Deps, token: &str) -> Result<Option<Self>, PrivacyError> {
        let found = store::find_by_token(&deps.database, &token_hash(deps, token)).await?;
        Ok(found.map(|found| Self {
            id: found.id,
            status: found.status,
            asked_at: found.asked_at,
            runs_at: found.runs_at,
            ended_at: found.ended_at,
            certificate: found.certificate,
        }))
    }
}
