//! What came in from providers of bookings and money, as an admin sees it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

/// The inbox.
#[derive(Debug, Clone, Deserialize)]
pub struct WebhooksPage {
    /// How much came within seven days, of each source and verdict.
    pub counts: Vec<CountView>,
    /// Deliveries, the newest first.
    pub deliveries: Vec<DeliveryView>,
}

/// Deliveries of one source and verdict.
#[derive(Debug, Clone, Deserialize)]
pub struct CountView {
    /// Who told.
    pub source: String,
    /// What was done about it.
    pub verdict: String,
    /// How many.
    pub deliveries: i64,
    /// How often they came again.
    pub copies: i64,
    /// Those that were tried and are not done.
    pub failed: i64,
    /// When the last one came.
    pub newest: DateTime<Utc>,
}

/// One delivery.
#[derive(Debug, Clone, Deserialize)]
pub struct DeliveryView {
    /// Its id here.
    pub id: Uuid,
    /// Who told.
    pub source: String,
    /// What happened.
    pub kind: String,
    /// The object it is about.
    pub object_id: Option<String>,
    /// What is done about it.
    pub verdict: String,
    /// How often it came again.
    pub copies: i32,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// What came of it.
    pub effect: Option<String>,
    /// How often it failed.
    pub failures: i32,
    /// When it was done.
    pub handled_at: Option<DateTime<Utc>>,
    /// What is kept of it: ids, amounts and states.
    pub payload: Value,
}
