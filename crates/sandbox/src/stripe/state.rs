//! What the Stripe stand-in remembers, and what happens there.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::idempotency::Answers;
use crate::opaque;
use crate::push::{Push, Scheme};

/// What its webhooks are signed with. Not a secret: nothing else is.
pub const WEBHOOK_SECRET: &str = "whsec_sandbox";

/// How long a refund that does not succeed at once is on its way.
const REFUND_TAKES: TimeDelta = TimeDelta::minutes(1);

/// The stand-in's memory.
pub struct StripeState {
    /// Where it delivers events to.
    pub endpoint: Option<String>,
    /// What it signs them with; several while a secret is exchanged.
    pub secrets: Vec<String>,
    /// The key is refused from now on.
    pub key_is_revoked: bool,
    pub(crate) pushes: Vec<Push>,
    pub(super) answers: Answers,
    pub(super) sessions: BTreeMap<String, Value>,
    pub(super) refunds: BTreeMap<String, Value>,
    /// Everything that happened, the oldest first.
    pub(super) events: Vec<Value>,
    /// Cards by payment intent.
    pub(super) cards: HashMap<String, String>,
    /// When something happened last, so that ids are in order.
    count: u64,
}

fn object_id(value: &Value) -> String {
    value["id"].as_str().unwrap_or_default().to_owned()
}

impl StripeState {
    pub(crate) fn new() -> Self {
        Self {
            endpoint: None,
            secrets: vec![WEBHOOK_SECRET.to_owned()],
            key_is_revoked: false,
            pushes: Vec::new(),
            answers: Answers::default(),
            sessions: BTreeMap::new(),
            refunds: BTreeMap::new(),
            events: Vec::new(),
            cards: HashMap::new(),
            count: 0,
        }
    }

    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.count += 1;
        let rest: String = opaque("", 20).chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{prefix}{:06}{rest}", self.count)
    }

    /// Every Checkout Session, as the API says it.
    pub fn sessions(&self) -> Vec<Value> {
        self.sessions.values().cloned().collect()
    }

    /// Every refund, as the API says it.
    pub fn refunds(&self) -> Vec<Value> {
        self.refunds.values().cloned().collect()
    }

    /// Minor units that were taken in and not given back.
    pub fn balance(&self) -> i64 {
        let paid = |session: &&Value| session["payment_status"] == "paid";
        let taken: i64 = self.sessions.values().filter(paid).filter_map(|session| session["amount_total"].as_i64()).sum();
        let back = |refund: &&Value| refund["status"] == "succeeded" || refund["status"] == "pending";
        taken - self.refunds.values().filter(back).filter_map(|refund| refund["amount"].as_i64()).sum::<i64>()
    }

    /// Says to whoever listens that something happened.
    pub(super) fn tell(&mut self, kind: &str, object: &Value, now: DateTime<Utc>) {
        let event = json!({
            "id": self.new_id("evt_"), "object": "event", "api_version": "2026-09-30.endive", "created": now.timestamp(), "type": kind,
            "livemode": false, "pending_webhooks": 1, "request": { "id": null, "idempotency_key": null }, "data": { "object": object },
        });
        self.events.push(event.clone());
        if let Some(address) = self.endpoint.clone() {
            self.pushes.push(Push::signed(address, event.to_string(), Scheme::Stripe));
        }
    }

    /// Ends the sessions whose time is over, and moves refunds along.
    pub(crate) fn pass_time(&mut self, now: DateTime<Utc>) {
        let over: Vec<String> = self
            .sessions
            .values()
            .filter(|session| session["status"] == "open" && session["expires_at"].as_i64() <= Some(now.timestamp()))
            .map(object_id)
            .collect();
        for id in over {
            self.expire(&id, now);
        }
        let due = (now - REFUND_TAKES).timestamp();
        let waiting: Vec<String> = self
            .refunds
            .values()
            .filter(|refund| refund["status"] == "pending" && refund["created"].as_i64() <= Some(due))
            .map(object_id)
            .collect();
        for id in waiting {
            let card = self.cards.get(self.refunds[&id]["payment_intent"].as_str().unwrap_or_default()).cloned().unwrap_or_default();
            self.settle_refund(&id, !card.ends_with("5126"), now);
        }
    }

    /// Ends one session.
    pub(super) fn expire(&mut self, id: &str, now: DateTime<Utc>) {
        if let Some(session) = self.sessions.get_mut(id) {
            session["status"] = "expired".into();
            session["url"] = Value::Null;
            let session = session.clone();
            self.tell("checkout.session.expired", &session, now);
        }
    }

    /// The client paid a session with a card. With `is_delayed` they have done their part, and the money comes later.
    pub fn pay(&mut self, id: &str, card: &str, is_delayed: bool, now: DateTime<Utc>) -> bool {
        if self.sessions.get(id).is_none_or(|session| session["status"] != "open") {
            return false;
        }
        let (intent, charge) = (self.new_id("pi_"), self.new_id("ch_"));
        self.cards.insert(intent.clone(), card.to_owned());
        let Some(session) = self.sessions.get_mut(id) else { return false };
        session["status"] = "complete".into();
        session["url"] = Value::Null;
        let last4 = card.get(card.len().saturating_sub(4)..).unwrap_or_default();
        session["payment_intent"] = json!({
            "id": intent, "object": "payment_intent", "status": if is_delayed { "processing" } else { "succeeded" }, "livemode": false,
            "metadata": session["payment_intent_metadata"], "amount": session["amount_total"], "currency": session["currency"],
            "latest_charge": {
                "id": charge, "object": "charge", "amount": session["amount_total"], "currency": session["currency"], "amount_refunded": 0,
                "refunded": false, "disputed": false, "livemode": false, "paid": !is_delayed, "payment_intent": intent,
                "metadata": session["payment_intent_metadata"], "receipt_url": "https://pay.stripe.com/receipts/sandbox",
                "outcome": { "risk_level": "normal", "network_status": "approved_by_network", "seller_message": "Payment complete." },
                "payment_method_details": { "type": "card", "card": { "brand": "visa", "last4": last4 } },
            },
        });
        if !is_delayed {
            session["payment_status"] = "paid".into();
        }
        let session = session.clone();
        self.tell("checkout.session.completed", &collapsed(&session), now);
        if card.ends_with("0259") {
            self.dispute(&charge, now);
        }
        true
    }

    /// The money of a delayed payment comes, or does not.
    pub fn settle(&mut self, id: &str, succeeds: bool, now: DateTime<Utc>) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        if session["status"] != "complete" || session["payment_status"] == "paid" {
            return;
        }
        if succeeds {
            session["payment_status"] = "paid".into();
        }
        session["payment_intent"]["status"] = if succeeds { "succeeded" } else { "requires_payment_method" }.into();
        let session = collapsed(session);
        self.tell(
            if succeeds { "checkout.session.async_payment_succeeded" } else { "checkout.session.async_payment_failed" },
            &session,
            now,
        );
    }

    fn charge_mut(&mut self, intent: &str) -> Option<&mut Value> {
        let session = self.sessions.values_mut().find(|session| session["payment_intent"]["id"] == intent)?;
        session.pointer_mut("/payment_intent/latest_charge")
    }

    /// Gives money back; the code of the refusal if that cannot be.
    pub(super) fn refund(
        &mut self,
        intent: &str,
        amount: Option<i64>,
        metadata: &Value,
        now: DateTime<Utc>,
    ) -> Result<Value, &'static str> {
        let card = self.cards.get(intent).cloned().unwrap_or_default();
        let id = self.new_id("re_");
        let charge = self.charge_mut(intent).ok_or("resource_missing")?;
        let (whole, before) = (charge["amount"].as_i64().unwrap_or_default(), charge["amount_refunded"].as_i64().unwrap_or_default());
        let amount = amount.unwrap_or(whole - before);
        if before >= whole {
            return Err("charge_already_refunded");
        }
        if amount <= 0 || before + amount > whole {
            return Err("amount_too_large");
        }
        if charge["disputed"] == true {
            return Err("charge_disputed");
        }
        charge["amount_refunded"] = (before + amount).into();
        charge["refunded"] = (before + amount == whole).into();
        let charge = charge.clone();
        let waits = card.ends_with("7726") || card.ends_with("5126");
        let refund = json!({
            "id": id, "object": "refund", "amount": amount, "currency": charge["currency"], "charge": charge["id"], "payment_intent": intent,
            "status": if waits { "pending" } else { "succeeded" }, "created": now.timestamp(), "metadata": metadata,
            "reason": "requested_by_customer", "failure_reason": null,
        });
        self.refunds.insert(id, refund.clone());
        self.tell("refund.created", &refund, now);
        self.tell("charge.refunded", &charge, now);
        Ok(refund)
    }

    /// Somebody gives money back at Stripe's own page.
    pub fn refund_by_hand(&mut self, session: &str, amount: i64, now: DateTime<Utc>) -> bool {
        let intent = self.sessions.get(session).and_then(|session| session["payment_intent"]["id"].as_str()).map(str::to_owned);
        intent.is_some_and(|intent| self.refund(&intent, Some(amount), &json!({}), now).is_ok())
    }

    /// A refund that was on its way arrives, or comes back.
    pub fn settle_refund(&mut self, id: &str, succeeds: bool, now: DateTime<Utc>) {
        let Some(refund) = self.refunds.get_mut(id) else { return };
        refund["status"] = if succeeds { "succeeded" } else { "failed" }.into();
        if !succeeds {
            refund["failure_reason"] = "lost_or_stolen_card".into();
        }
        let refund = refund.clone();
        if !succeeds && let Some(charge) = self.charge_mut(refund["payment_intent"].as_str().unwrap_or_default()) {
            charge["amount_refunded"] =
                (charge["amount_refunded"].as_i64().unwrap_or_default() - refund["amount"].as_i64().unwrap_or_default()).into();
            charge["refunded"] = false.into();
        }
        self.tell(if succeeds { "refund.updated" } else { "refund.failed" }, &refund, now);
    }

    /// A dispute of a charge is decided.
    pub fn close_dispute(&mut self, charge: &str, status: &str, now: DateTime<Utc>) {
        let told =
            self.events.iter().rev().find(|event| event["type"] == "charge.dispute.created" && event["data"]["object"]["charge"] == charge);
        let Some(mut dispute) = told.map(|event| event["data"]["object"].clone()) else { return };
        dispute["status"] = status.into();
        self.tell("charge.dispute.closed", &dispute, now);
    }

    /// The owner of the card disputes a charge.
    pub fn dispute(&mut self, charge: &str, now: DateTime<Utc>) {
        let id = self.new_id("du_");
        let of_charge = |session: &&mut Value| session.pointer("/payment_intent/latest_charge/id").is_some_and(|id| id == charge);
        let Some(session) = self.sessions.values_mut().find(of_charge) else { return };
        if let Some(charge) = session.pointer_mut("/payment_intent/latest_charge") {
            charge["disputed"] = true.into();
        }
        let dispute = json!({
            "id": id, "object": "dispute", "amount": session["amount_total"], "currency": session["currency"], "charge": charge,
            "payment_intent": session["payment_intent"]["id"], "reason": "fraudulent", "status": "needs_response", "livemode": false,
            "metadata": {}, "evidence_details": { "due_by": (now + TimeDelta::days(7)).timestamp() },
        });
        self.tell("charge.dispute.created", &dispute, now);
    }
}

/// A session as it stands in events: what is expanded on request is an id there.
pub(super) fn collapsed(session: &Value) -> Value {
    let mut session = session.clone();
    let id = session["payment_intent"]["id"].clone();
    session["payment_intent"] = id;
    session
}
