//! What admins see of it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use types::CheckKind;

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
    /// Counts, and of a scan where what does not open is.
    pub detail: Value,
}

impl Checks {
    /// The last of a kind; `None`: never.
    pub fn last(&self, kind: CheckKind) -> Option<&CheckView> {
        self.0.iter().find(|check| check.kind == kind)
    }
}

impl CheckView {
    /// A number out of it.
    pub fn count(&self, name: &str) -> u64 {
        self.detail.get(name).and_then(Value::as_u64).unwrap_or_default()
    }

    /// Where what does not open is: table, column and the row's id.
    pub fn places(&self) -> Vec<(String, String, String)> {
        let places = self.detail.get("places").and_then(Value::as_array).cloned().unwrap_or_default();
        places
            .into_iter()
            .filter_map(|place| {
                let text = |name: &str| place.get(name).and_then(Value::as_str).map(str::to_owned);
                Some((text("table")?, text("column")?, text("row")?))
            })
            .collect()
    }
}
