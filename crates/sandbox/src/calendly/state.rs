//! What the Calendly stand-in remembers.

use serde_json::{Value, json};

const BASE: &str = "https://api.calendly.com";
/// The account's name for itself.
pub(super) const USER: &str = "https://api.calendly.com/users/BRUNOCOSTA000001";
const ORGANIZATION: &str = "https://api.calendly.com/organizations/COSTASTUDIO00001";

/// The stand-in's memory.
pub struct CalendlyState {
    /// Tokens are refused from now on.
    pub is_revoked: bool,
    /// Scopes that the token lacks.
    pub missing_scopes: Vec<&'static str>,
    /// Event types on one page, whatever was asked for.
    pub page_size: Option<usize>,
    event_types: Vec<Value>,
}

impl CalendlyState {
    pub(crate) fn new() -> Self {
        let mut state = Self { is_revoked: false, missing_scopes: Vec::new(), page_size: None, event_types: Vec::new() };
        for (name, minutes, change) in [
            ("Consultation", 60, json!({})),
            ("Quick question", 20, json!({})),
            ("Paid in Calendly", 30, json!({ "is_paid": true })),
            ("Open studio", 90, json!({ "kind": "group" })),
            ("With the team", 45, json!({ "pooling_type": "round_robin" })),
            ("Old offer", 30, json!({ "active": false })),
            ("Deleted offer", 30, json!({ "deleted_at": "2026-01-01T00:00:00.000000Z" })),
        ] {
            state.add_event_type(name, minutes, change);
        }
        state
    }

    /// Adds an event type; `change` replaces fields of an ordinary one.
    pub fn add_event_type(&mut self, name: &str, minutes: i32, change: Value) {
        let slug = name.to_lowercase().replace(' ', "-");
        let number = self.event_types.len();
        let mut made = json!({
            "uri": format!("{BASE}/event_types/EVENTTYPE{number:07}"), "name": name, "active": true, "slug": slug,
            "scheduling_url": format!("https://calendly.com/bruno-costa/{slug}"), "duration": minutes, "duration_options": null,
            "kind": "solo", "pooling_type": null, "type": "StandardEventType", "booking_method": "instant", "is_paid": false,
            "secret": false, "deleted_at": null, "custom_questions": [], "locations": [{ "kind": "google_conference" }], "locale": "en",
            "color": "#0069ff", "profile": { "type": "User", "name": "Bruno Costa", "owner": USER },
        });
        for (field, value) in change.as_object().cloned().unwrap_or_default() {
            made[field] = value;
        }
        self.event_types.push(made);
    }

    /// Takes one away, as if it had never been.
    pub fn remove_event_type(&mut self, name: &str) {
        self.event_types.retain(|made| made["name"] != name);
    }

    pub(super) fn event_types(&self) -> &[Value] {
        &self.event_types
    }

    pub(super) fn user() -> Value {
        json!({
            "uri": USER, "name": "Bruno Costa", "slug": "bruno-costa", "email": "bruno.costa@example.com", "locale": "en",
            "scheduling_url": "https://calendly.com/bruno-costa", "timezone": "Europe/Lisbon", "avatar_url": null,
            "current_organization": ORGANIZATION,
        })
    }
}
