//! What admins see of it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use types::CheckKind;

use super::Scanned;

/// The last of each kind that came to its end.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Checks(Vec<CheckView>);

/// One of them.
#[derive(Debug, Clone, Deserialize)]
pub struct CheckView {
    /// What was looked at.
    pub kind: CheckKind,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Whether all was as it should be.
    pub is_whole: bool,
    detail: Value,
}

impl Checks {
    /// The last of a kind; `None`: never.
    pub fn last(&self, kind: CheckKind) -> Option<&CheckView> {
        self.0.iter().find(|check| check.kind == kind)
    }
}

impl CheckView {
    /// What a scan saw; `None`: it is no scan.
    pub fn scanned(&self) -> Option<Scanned> {
        serde_json::from_value(self.detail.clone()).ok().filter(|_| self.kind == CheckKind::Scan)
    }
}
