//! What an admin sees of incidents: a part of the page's one statement (`administration`).

use super::BreachView;
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;
use types::{IncidentId, IncidentStatus, Provider, Rule, Severity, UserId};
use uuid::Uuid;

/// An incident in a list.
#[derive(Debug, Clone, Deserialize)]
pub struct IncidentView {
    /// The id.
    pub id: IncidentId,
    /// Its number, as people call it.
    pub number: i64,
    /// What was found.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// How far it is.
    pub status: IncidentStatus,
    /// Whose account it is about.
    pub subject_user_id: Option<UserId>,
    /// From where: a keyed hash in hexadecimal.
    pub address: Option<String>,
    /// How much the rule counted.
    pub found: i64,
    /// The first of it.
    pub first_found_at: DateTime<Utc>,
    /// The last of it.
    pub last_found_at: DateTime<Utc>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Since when it is as far as it is.
    pub status_changed_at: DateTime<Utc>,
}

/// One thing that happened in an incident.
#[derive(Debug, Clone, Deserialize)]
pub struct TimelineView {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// `opened`, `status`, `action`, `undone`, `note`, `check`, `alert`, `alert_failed`, `breach`.
    pub kind: String,
    /// By whom; nobody: by Kairos.
    pub actor_id: Option<UserId>,
    /// Codes and counts.
    pub detail: Value,
    /// What somebody wrote down.
    pub note: Option<String>,
}

/// An entry of the audit log that the rule counted.
#[derive(Debug, Clone, Deserialize)]
pub struct EvidenceView {
    /// Whether its proof is kept.
    pub is_proved: bool,
    /// Its place in the log; `None`: it waits for its seal, or has been pruned.
    pub place: Option<i64>,
    /// When it happened.
    pub occurred_at: Option<DateTime<Utc>>,
    /// What happened.
    pub action: Option<String>,
    /// About whom, if that is known.
    pub subject_user_id: Option<UserId>,
    /// From where: a keyed hash in hexadecimal.
    pub address: Option<String>,
}

/// A block that was made in this incident.
#[derive(Debug, Clone, Deserialize)]
pub struct BlockView {
    /// The id.
    pub id: Uuid,
    /// An address, as a keyed hash in hexadecimal.
    pub address: Option<String>,
    /// Or a network.
    pub network: Option<IpNet>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// When it was lifted before that.
    pub lifted_at: Option<DateTime<Utc>>,
    /// How many requests were turned away, where that is counted.
    pub turned_away: i64,
}

impl BlockView {
    /// Whether it holds.
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.lifted_at.is_none() && self.expires_at > now
    }
}

/// A provider that nothing is asked of.
#[derive(Debug, Clone, Deserialize)]
pub struct IsolatedView {
    /// Which.
    pub provider: Provider,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The account that an incident is about, as it is now.
#[derive(Debug, Clone, Deserialize)]
pub struct SubjectView {
    /// Since when it is locked.
    pub locked_at: Option<DateTime<Utc>>,
    /// Whether a code is asked for when they sign in.
    pub has_second_factor: bool,
    /// Sessions that are alive.
    pub sessions: i64,
    /// API keys that work.
    pub api_keys: i64,
    /// Where they have connections.
    pub providers: Vec<Provider>,
}

/// One incident.
#[derive(Debug, Clone, Deserialize)]
pub struct IncidentPage {
    /// What a list has of it.
    #[serde(flatten)]
    pub incident: IncidentView,
    /// Newest first.
    pub timeline: Vec<TimelineView>,
    /// Newest first, at most fifty.
    pub evidence: Vec<EvidenceView>,
    /// How much there is in all.
    pub evidence_count: i64,
    /// Newest first.
    pub blocks: Vec<BlockView>,
    /// Whatever incident it was isolated in.
    pub isolated: Vec<IsolatedView>,
    /// The account, if it is about one that is there.
    pub subject: Option<SubjectView>,
    /// Whether personal data may have got out.
    pub breach: Option<BreachView>,
}
