//! What the Calendly stand-in remembers.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Timelike, Utc, Weekday};
use serde_json::{Value, json};

use super::consent::Consents;
use crate::opaque;
use crate::push::{Push, Scheme};

pub(super) const BASE: &str = "https://api.calendly.com";
/// The account's name for itself.
pub(super) const USER: &str = "https://api.calendly.com/users/BRUNOCOSTA000001";
pub(super) const ORGANIZATION: &str = "https://api.calendly.com/organizations/COSTASTUDIO00001";

/// The stand-in's memory.
pub struct CalendlyState {
    /// Tokens are refused from now on.
    pub is_revoked: bool,
    /// Scopes that the token lacks.
    pub missing_scopes: Vec<&'static str>,
    /// Event types on one page, whatever was asked for.
    pub page_size: Option<usize>,
    /// Whether the plan lets invitees be deleted.
    pub is_enterprise: bool,
    /// Bookings by the API are refused: the plan or its daily number is used up.
    pub refuses_bookings: bool,
    pub(super) redirect_urls: Vec<String>,
    pub(super) consents: Consents,
    pub(crate) pushes: Vec<Push>,
    pub(super) events: BTreeMap<String, Value>,
    pub(super) invitees: Vec<Value>,
    pub(super) subscriptions: Vec<Value>,
    pub(super) links: BTreeMap<String, String>,
    /// Times that somebody else took.
    taken: Vec<DateTime<Utc>>,
    event_types: Vec<Value>,
    base_url: String,
    count: u64,
}

/// As Calendly writes moments.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl CalendlyState {
    pub(crate) fn new(base_url: String, redirect_urls: Vec<String>) -> Self {
        let mut state = Self {
            is_revoked: false,
            missing_scopes: Vec::new(),
            page_size: None,
            is_enterprise: false,
            refuses_bookings: false,
            redirect_urls,
            consents: Consents::default(),
            pushes: Vec::new(),
            events: BTreeMap::new(),
            invitees: Vec::new(),
            subscriptions: Vec::new(),
            links: BTreeMap::new(),
            taken: Vec::new(),
            event_types: Vec::new(),
            base_url,
            count: 0,
        };
        for (name, minutes, change) in [
            ("Consultation", 60, json!({})),
            ("Quick question", 20, json!({})),
            ("Paid in Calendly", 30, json!({ "is_paid": true })),
            ("Open studio", 90, json!({ "kind": "group" })),
            ("With the team", 45, json!({ "pooling_type": "round_robin" })),
            ("Old offer", 30, json!({ "active": false })),
            (
                "With homework",
                60,
                json!({ "custom_questions": [
                    { "name": "What is it about?", "type": "text", "required": true, "enabled": true, "position": 0, "answer_choices": [], "include_other": false },
                    { "name": "Which of these?", "type": "multi_select", "required": false, "enabled": true, "position": 1, "answer_choices": ["Prices", "Scope"], "include_other": false },
                    { "name": "Asked no more", "type": "string", "required": true, "enabled": false, "position": 2, "answer_choices": [], "include_other": false },
                ] }),
            ),
            ("Wherever you like", 30, json!({ "locations": [{ "kind": "ask_invitee" }] })),
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

    /// Every consent is taken back.
    pub fn revoke_consents(&mut self) {
        self.consents.revoke();
    }

    /// Access tokens of consents end before their time.
    pub fn end_access(&mut self) {
        self.consents.end_access();
    }

    /// How many refresh tokens would still work.
    pub fn open_grants(&self) -> usize {
        self.consents.open_grants()
    }

    /// Takes one away, as if it had never been.
    pub fn remove_event_type(&mut self, name: &str) {
        self.event_types.retain(|made| made["name"] != name);
    }

    /// Whether a booking says where it is to be, if the event type asks, and answers what has to be answered.
    pub(super) fn fits(&self, event_type: &str, location: &Value, answers: &Value) -> bool {
        let Some(made) = self.event_types.iter().find(|made| made["uri"] == event_type) else { return false };
        let given = answers.as_array().map(Vec::as_slice).unwrap_or_default();
        let asked = made["custom_questions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_answered = asked.iter().filter(|question| question["required"] == true && question["enabled"] == true).all(|question| {
            given.iter().any(|said| said["question"] == question["name"] && said["answer"].as_str().is_some_and(|text| !text.is_empty()))
        });
        // To the letter, and nothing that was not asked.
        let is_asked = given
            .iter()
            .all(|said| asked.iter().any(|question| said["question"] == question["name"] && said["position"] == question["position"]));
        let places = made["locations"].as_array().map(Vec::as_slice).unwrap_or_default();
        is_answered && is_asked && (places.is_empty() || places.iter().any(|place| place["kind"] == location["kind"]))
    }

    pub(super) fn new_name(&mut self) -> String {
        self.count += 1;
        let rest: String = opaque("", 24).chars().filter(char::is_ascii_alphanumeric).collect();
        format!("{:04}{}", self.count, rest.to_uppercase())
    }

    /// What webhooks are signed with.
    pub(crate) fn signing_keys(&self) -> Vec<String> {
        self.subscriptions.iter().filter_map(|made| made["signing_key"].as_str().map(str::to_owned)).collect()
    }

    /// Somebody else takes a time.
    pub fn take_time(&mut self, at: DateTime<Utc>) {
        self.taken.push(at);
    }

    /// Every webhook subscription, as the API says it.
    pub fn subscriptions(&self) -> Vec<Value> {
        self.subscriptions.clone()
    }

    /// Webhooks failed for a day: every subscription ends.
    pub fn disable_subscriptions(&mut self) {
        for made in &mut self.subscriptions {
            made["state"] = "disabled".into();
        }
    }

    /// Every event, as the API says it.
    pub fn events(&self) -> Vec<Value> {
        self.events.values().cloned().collect()
    }

    /// Everybody who was ever booked, as the API says it.
    pub fn invitees(&self) -> Vec<Value> {
        self.invitees.clone()
    }

    fn is_free(&self, from: DateTime<Utc>, to: DateTime<Utc>, but: &str) -> bool {
        let at = |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()).unwrap_or_default();
        let overlaps = |event: &&Value| {
            event["status"] == "active" && event["uri"] != but && at(&event["start_time"]) < to && at(&event["end_time"]) > from
        };
        !self.events.values().any(|event| overlaps(&event))
            && !self.taken.iter().any(|taken| *taken < to && *taken + TimeDelta::minutes(30) > from)
    }

    /// When an event type can begin: on working days from nine to five in UTC, every half hour, where nothing is booked.
    pub(super) fn times(&self, event_type: &str, from: DateTime<Utc>, to: DateTime<Utc>, but: &str) -> Vec<DateTime<Utc>> {
        let found = self.event_types.iter().find(|made| made["uri"] == event_type && made["active"] == true);
        let Some(length) = found.and_then(|made| made["duration"].as_i64()).map(TimeDelta::minutes) else { return Vec::new() };
        let first = from.date_naive().and_hms_opt(0, 0, 0).map_or(from, |midnight| midnight.and_utc());
        (0..100_000)
            .map(|step| first + TimeDelta::minutes(30 * step))
            .take_while(|at| *at < to)
            .filter(|at| *at >= from && !matches!(at.weekday(), Weekday::Sat | Weekday::Sun) && at.hour() >= 9)
            .filter(|at| {
                (*at + length).date_naive() == at.date_naive()
                    && ((*at + length).hour() < 17
                        || (*at + length).time() == chrono::NaiveTime::from_hms_opt(17, 0, 0).unwrap_or_default())
            })
            .filter(|at| self.is_free(*at, *at + length, but))
            .collect()
    }

    /// Books one who may have been somebody else before; `None`: the time is not offered.
    pub(super) fn book(
        &mut self,
        event_type: &str,
        at: DateTime<Utc>,
        who: &Value,
        old: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<Value> {
        let but = old
            .and_then(|old| self.invitees.iter().find(|made| made["uri"] == old))
            .map_or(String::new(), |made| made["event"].as_str().unwrap_or_default().to_owned());
        if at <= now || !self.times(event_type, at, at + TimeDelta::minutes(1), &but).contains(&at) {
            return None;
        }
        let minutes = self.event_types.iter().find(|made| made["uri"] == event_type)?["duration"].as_i64()?;
        let (event, invitee) = (self.new_name(), self.new_name());
        let event_uri = format!("{BASE}/scheduled_events/{event}");
        self.events.insert(event.clone(), json!({
            "uri": event_uri, "name": "Session", "status": "active", "start_time": moment(at), "end_time": moment(at + TimeDelta::minutes(minutes)),
            "event_type": event_type, "location": { "type": "google_conference", "join_url": "https://meet.example/abc" },
            "invitees_counter": { "total": 1, "active": 1, "limit": 1 }, "created_at": moment(now), "updated_at": moment(now),
            "event_memberships": [{ "user": USER }], "event_guests": [],
        }));
        let page = format!("{}/calendly/page/{invitee}", self.base_url);
        let made = json!({
            "uri": format!("{event_uri}/invitees/{invitee}"), "event": event_uri, "email": who["email"], "name": who["name"], "status": "active",
            "timezone": who["timezone"], "created_at": moment(now), "updated_at": moment(now), "questions_and_answers": who["questions_and_answers"].clone(),
            "tracking": who["tracking"], "cancel_url": format!("{page}/cancel"), "reschedule_url": format!("{page}/reschedule"), "rescheduled": false,
            "old_invitee": old, "new_invitee": null, "payment": null, "no_show": null, "scheduling_method": "instant_book",
        });
        self.invitees.push(made.clone());
        if let Some(old) = old {
            self.end(old, "invitee", "moved", Some(made["uri"].clone()), now);
        }
        self.tell("invitee.created", &made, now);
        Some(made)
    }

    /// Moves somebody to another time, as they do at Calendly's own page.
    pub fn reschedule(&mut self, invitee: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let Some(old) = self
            .invitees
            .iter()
            .find(|made| made["uri"].as_str().is_some_and(|uri| uri.ends_with(invitee)) && made["status"] == "active")
            .cloned()
        else {
            return false;
        };
        let event = old["event"].as_str().and_then(|uri| uri.rsplit('/').next()).unwrap_or_default();
        let event_type = self.events[event]["event_type"].as_str().unwrap_or_default().to_owned();
        let uri = old["uri"].as_str().unwrap_or_default().to_owned();
        self.book(&event_type, at, &old, Some(&uri), now).is_some()
    }

    /// Ends one invitee and their event.
    pub fn end(&mut self, invitee: &str, by: &str, reason: &str, new: Option<Value>, now: DateTime<Utc>) -> bool {
        let of_name = |made: &&mut Value| made["uri"].as_str().is_some_and(|uri| uri.ends_with(invitee)) && made["status"] == "active";
        let Some(made) = self.invitees.iter_mut().find(of_name) else { return false };
        made["status"] = "canceled".into();
        made["rescheduled"] = new.is_some().into();
        made["new_invitee"] = new.unwrap_or(Value::Null);
        made["cancellation"] = json!({ "canceled_by": "Somebody", "reason": reason, "canceler_type": by, "created_at": moment(now) });
        made["updated_at"] = moment(now).into();
        let made = made.clone();
        let name = made["event"].as_str().and_then(|uri| uri.rsplit('/').next()).unwrap_or_default().to_owned();
        if let Some(event) = self.events.get_mut(&name) {
            event["status"] = "canceled".into();
        }
        self.tell("invitee.canceled", &made, now);
        true
    }

    /// Says to whoever subscribed that something happened.
    fn tell(&mut self, kind: &str, invitee: &Value, now: DateTime<Utc>) {
        let event = invitee["event"].as_str().and_then(|uri| uri.rsplit('/').next()).unwrap_or_default();
        let mut payload = invitee.clone();
        payload["scheduled_event"] = self.events.get(event).cloned().unwrap_or_default();
        let body = json!({ "event": kind, "created_at": moment(now), "created_by": USER, "payload": payload }).to_string();
        for made in self.subscriptions.iter().filter(|made| made["state"] == "active") {
            self.pushes.push(Push::signed(made["callback_url"].as_str().unwrap_or_default().to_owned(), body.clone(), Scheme::Calendly));
        }
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
