//! Events of Stripe's webhooks: what they are about, and what is kept of them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::StripeError;
use super::checkout::BOOKING;

/// Fields of an object that are kept as they are; of all others only that they were there.
const KEPT: &[&str] = &[
    "id",
    "object",
    "status",
    "payment_status",
    "amount",
    "amount_total",
    "amount_subtotal",
    "amount_refunded",
    "amount_tax",
    "currency",
    "created",
    "livemode",
    "mode",
    "payment_intent",
    "charge",
    "refunded",
    "reason",
    "failure_reason",
    "expires_at",
    "client_reference_id",
    "risk_level",
    "network_status",
    "brand",
    "last4",
    "due_by",
    "disputed",
    "paid",
    "captured",
];

/// Something that happened at Stripe, as far as it is believed: the object itself is read back before anything is done.
#[derive(Debug, Clone, PartialEq)]
pub struct StripeEvent {
    /// Its id, of which there is one however often it is delivered.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// When.
    pub created: DateTime<Utc>,
    /// Whether it is about real money.
    pub is_live: bool,
    /// The object it is about.
    pub object_id: Option<String>,
    /// The booking that stands on it.
    pub booking: Option<String>,
    /// The event without what is personal: ids, amounts and states.
    pub masked: Value,
}

#[derive(Deserialize)]
struct EventBody {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    data: EventData,
}

#[derive(Deserialize)]
struct EventData {
    object: Map<String, Value>,
}

/// Whether something is done about events of this kind. All others are taken and counted.
pub fn is_acted_on(kind: &str) -> bool {
    matches!(
        kind,
        "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired"
            | "charge.refunded"
    ) || kind.starts_with("refund.")
        || kind.starts_with("charge.dispute.")
}

impl StripeEvent {
    /// Reads the body of a delivery whose signature is right.
    ///
    /// # Errors
    /// [`StripeError::Unreadable`]: it is no event.
    pub fn read(body: &[u8]) -> Result<Self, StripeError> {
        let event: EventBody = serde_json::from_slice(body).map_err(|_| StripeError::Unreadable)?;
        let object = &event.data.object;
        let text = |field: &str| object.get(field).and_then(Value::as_str).map(str::to_owned);
        let booking = object.get("metadata").and_then(|metadata| metadata.get(BOOKING)).and_then(Value::as_str).map(str::to_owned);
        let masked = serde_json::json!({ "id": event.id, "type": event.kind, "data": { "object": mask(object) } });
        Ok(Self {
            created: DateTime::from_timestamp(event.created, 0).ok_or(StripeError::Unreadable)?,
            is_live: event.livemode,
            object_id: text("id"),
            booking: booking.or_else(|| text("client_reference_id")),
            masked,
            id: event.id,
            kind: event.kind,
        })
    }
}

/// An object without its words, except those that are known to name nobody.
fn mask(object: &Map<String, Value>) -> Value {
    let field = |(name, value): (&String, &Value)| {
        let kept = match value {
            Value::Object(inner) if name == "metadata" => Value::Object(
                inner.iter().filter(|(name, _)| name.starts_with("kairos_")).map(|(name, value)| (name.clone(), value.clone())).collect(),
            ),
            Value::Object(inner) => mask(inner),
            Value::Null | Value::Bool(_) => value.clone(),
            _ if KEPT.contains(&name.as_str()) && !value.is_array() => value.clone(),
            _ => Value::from("•••"),
        };
        (name.clone(), kept)
    };
    Value::Object(object.iter().map(field).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_an_event_ids_amounts_and_states_are_kept_and_nobody() {
        let body = json!({
            "id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": 1_800_000_000, "livemode": false,
            "data": { "object": {
                "id": "cs_test_1", "amount_total": 14_000, "currency": "eur", "payment_intent": "pi_1", "status": "complete",
                "metadata": { "kairos_booking": "b-1", "note": "Tomasz" }, "customer_email": "tomasz@example.com",
                "customer_details": { "email": "tomasz@example.com", "name": "Tomasz Wrona", "address": { "city": "Warsaw" }, "tax_ids": [{ "value": "PL1" }] },
            } },
        });
        let event = StripeEvent::read(body.to_string().as_bytes()).unwrap();
        assert_eq!(
            (event.kind.as_str(), event.object_id.as_deref(), event.booking.as_deref()),
            ("checkout.session.completed", Some("cs_test_1"), Some("b-1"))
        );
        let kept = event.masked.to_string();
        assert!(kept.contains("14000") && kept.contains("pi_1") && kept.contains("complete") && kept.contains("kairos_booking"), "{kept}");
        for personal in ["tomasz", "Tomasz", "Warsaw", "PL1"] {
            assert!(!kept.contains(personal), "{kept}");
        }
    }

    #[test]
    fn what_is_no_event_is_refused_and_kinds_that_are_not_known_are_read() {
        for body in ["", "[]", "{}", r#"{"id":"evt_1","type":"x","created":1,"livemode":false}"#, "\u{0}"] {
            assert_eq!(StripeEvent::read(body.as_bytes()), Err(StripeError::Unreadable), "{body}");
        }
        let odd = r#"{"id":"evt_1","type":"customer.created","created":1,"livemode":true,"data":{"object":{}},"more":1}"#;
        assert!(StripeEvent::read(odd.as_bytes()).is_ok_and(|event| event.object_id.is_none() && !is_acted_on(&event.kind)));
    }
}
