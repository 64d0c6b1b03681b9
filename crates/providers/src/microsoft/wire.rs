//! The parts of Graph's JSON that are used. Unknown fields are ignored.

use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Me {
    pub id: String,
    pub mail: Option<String>,
    pub user_principal_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Page<'b> {
    /// Each is read by itself, so that one that makes no sense costs one.
    #[serde(borrow, default)]
    pub value: Vec<&'b RawValue>,
    #[serde(rename = "@odata.nextLink")]
    pub next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub delta_link: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Calendar {
    pub id: String,
    pub name: Option<String>,
    #[serde(default)]
    pub is_default_calendar: bool,
    #[serde(default)]
    pub can_edit: bool,
    #[serde(default = "yes")]
    pub can_view_private_items: bool,
}

const fn yes() -> bool {
    true
}

/// An event, or the stub that a delta round gives for an occurrence: then only ids and times are there.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    pub id: String,
    #[serde(rename = "@removed")]
    pub removed: Option<serde_json::Value>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub series_master_id: Option<String>,
    #[serde(rename = "iCalUId")]
    pub ical_uid: Option<String>,
    pub subject: Option<String>,
    pub start: Option<Time>,
    pub end: Option<Time>,
    pub is_all_day: Option<bool>,
    pub is_cancelled: Option<bool>,
    pub show_as: Option<String>,
    pub sensitivity: Option<String>,
    pub response_status: Option<ResponseStatus>,
    pub original_start: Option<String>,
}

/// A civil time without an offset, and the zone it is meant in.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Time {
    pub date_time: String,
    #[serde(default)]
    pub time_zone: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ResponseStatus {
    #[serde(default)]
    pub response: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub error: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorDetail {
    #[serde(default)]
    pub code: String,
}
