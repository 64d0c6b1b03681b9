//! Deliveries of Calendly's webhooks: whose signature is right, what they are about, and what is kept of them.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::CalendlyError;
use crate::signature::is_signed;

/// Something that happened at Calendly, as far as it is believed: the invitee is read back before anything is done.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendlyDelivery {
    /// By what it is known, however often it is delivered: Calendly gives deliveries no id.
    pub key: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub created: DateTime<Utc>,
    /// Whether something is done about it.
    pub is_acted_on: bool,
    /// Calendly's name for the invitee.
    pub invitee: Option<String>,
    /// The booking that was named when they booked. Visitors can change it.
    pub reference: Option<String>,
    /// Names of Calendly's, and nothing personal: its links are bearer links too.
    pub masked: Value,
}

/// Whether one of `secrets` signed `body` at about `now`.
pub fn has_signed(header: &str, body: &[u8], secrets: &[SecretString], now: DateTime<Utc>) -> bool {
    is_signed(header, body, secrets, now)
}

impl CalendlyDelivery {
    /// Reads the body of a delivery whose signature is right.
    ///
    /// # Errors
    /// [`CalendlyError::Unreadable`]: it is none.
    pub fn read(body: &[u8]) -> Result<Self, CalendlyError> {
        let body: Value = serde_json::from_slice(body).map_err(|_| CalendlyError::Unreadable)?;
        let text = |place: &str| body.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let kind = text("/event").ok_or(CalendlyError::Unreadable)?;
        let created = text("/created_at").and_then(|text| text.parse().ok()).ok_or(CalendlyError::Unreadable)?;
        let invitee = text("/payload/uri");
        let path =
            invitee.as_deref().and_then(|uri| uri.split_once("://")?.1.split_once('/')).map_or(String::new(), |(_, path)| path.to_owned());
        let kept = |place: &str| body.pointer(place).filter(|value| value.is_string() || value.is_boolean()).cloned().unwrap_or_default();
        Ok(Self {
            key: format!("{kind}:{path}"),
            is_acted_on: matches!(kind.as_str(), "invitee.created" | "invitee.canceled") && invitee.is_some(),
            created,
            reference: text("/payload/tracking/utm_content").filter(|text| text.len() == 36),
            masked: json!({
                "event": kind,
                "payload": {
                    "uri": kept("/payload/uri"), "event": kept("/payload/event"), "status": kept("/payload/status"),
                    "rescheduled": kept("/payload/rescheduled"), "old_invitee": kept("/payload/old_invitee"),
                    "new_invitee": kept("/payload/new_invitee"),
                    "scheduled_event": { "start_time": kept("/payload/scheduled_event/start_time"), "status": kept("/payload/scheduled_event/status") },
                },
            }),
            kind,
            invitee,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_delivery_names_are_kept_and_nobody_and_no_link() {
        let body = json!({
            "event": "invitee.created", "created_at": "2026-11-26T10:00:00.000000Z", "created_by": "https://api.calendly.com/users/U",
            "payload": {
                "uri": "https://api.calendly.com/scheduled_events/E/invitees/I", "event": "https://api.calendly.com/scheduled_events/E",
                "email": "tomasz@example.com", "name": "Tomasz Wrona", "status": "active", "rescheduled": false,
                "cancel_url": "https://calendly.com/cancellations/I", "reschedule_url": "https://calendly.com/reschedulings/I",
                "tracking": { "utm_content": "0192f0a0-0000-7000-8000-000000000001" },
                "questions_and_answers": [{ "question": "Why", "answer": "Because of Anna" }],
            },
        });
        let told = CalendlyDelivery::read(body.to_string().as_bytes()).unwrap();
        assert_eq!(told.key, "invitee.created:scheduled_events/E/invitees/I");
        assert_eq!((told.is_acted_on, told.reference.as_deref()), (true, Some("0192f0a0-0000-7000-8000-000000000001")));
        let kept = told.masked.to_string();
        for personal in ["tomasz", "Tomasz", "Anna", "cancellations", "reschedulings"] {
            assert!(!kept.contains(personal), "{kept}");
        }
        assert_eq!(CalendlyDelivery::read(b"{}"), Err(CalendlyError::Unreadable));
        assert_eq!(CalendlyDelivery::read(b"\x00"), Err(CalendlyError::Unreadable));
    }
}
