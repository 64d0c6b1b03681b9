//! What Calendly's answers look like, as far as they are read.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::question::{MOST_QUESTIONS, Question, Unanswerable};
use super::{CalendlyAccount, EventType, Refusal};

#[derive(Deserialize)]
pub(super) struct Resource<T> {
    pub resource: T,
}

#[derive(Deserialize)]
pub(super) struct Collection<T> {
    pub collection: Vec<T>,
    #[serde(default)]
    pub pagination: Pagination,
}

#[derive(Default, Deserialize)]
pub(super) struct Pagination {
    pub next_page_token: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
pub(super) struct UserBody {
    uri: String,
    name: Option<String>,
    email: Option<String>,
    scheduling_url: Option<String>,
    current_organization: Option<String>,
}

impl From<UserBody> for CalendlyAccount {
    fn from(body: UserBody) -> Self {
        Self {
            uri: body.uri,
            organization: body.current_organization.unwrap_or_default(),
            name: body.name.unwrap_or_default(),
            email: body.email.unwrap_or_default(),
            scheduling_url: body.scheduling_url.unwrap_or_default(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct EventTypeBody {
    uri: String,
    name: Option<String>,
    #[serde(default)]
    active: bool,
    scheduling_url: Option<String>,
    duration: Option<i32>,
    kind: Option<String>,
    pooling_type: Option<String>,
    #[serde(rename = "type")]
    made_as: Option<String>,
    booking_method: Option<String>,
    #[serde(default)]
    is_paid: bool,
    deleted_at: Option<String>,
    #[serde(default)]
    locations: Option<Vec<Location>>,
    #[serde(default)]
    custom_questions: Option<Vec<CustomQuestion>>,
}

#[derive(Deserialize)]
struct Location {
    kind: Option<String>,
    location: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CustomQuestion {
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub position: Option<i32>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub enabled: bool,
    pub answer_choices: Option<Vec<String>>,
    #[serde(default)]
    pub include_other: bool,
}

impl EventTypeBody {
    /// `None`: it is deleted, or lacks what cannot be done without.
    pub fn into_event_type(mut self) -> Option<EventType> {
        if self.deleted_at.is_some() {
            return None;
        }
        let asked: Result<Vec<Question>, Unanswerable> =
            self.custom_questions.take().unwrap_or_default().into_iter().filter_map(CustomQuestion::into_question).collect();
        let asked = asked.ok().filter(|asked| asked.len() <= MOST_QUESTIONS);
        let refusal = self.refusal(asked.is_some());
        let mut questions = asked.unwrap_or_default();
        questions.sort_by_key(|question| question.position);
        let minutes = self.duration.filter(|minutes| (1..=24 * 60).contains(minutes))?;
        let location = self.location();
        let name = self.name.unwrap_or_default();
        Some(EventType { uri: self.uri, name, scheduling_url: self.scheduling_url?, minutes, location, questions, refusal })
    }

    /// Whether it asks where it is to be: there are several places to choose from, or one that only the invitee knows.
    fn asks_where(&self) -> bool {
        let places: Vec<&str> = self.locations.iter().flatten().filter_map(|place| place.kind.as_deref()).collect();
        places.len() > 1 || places.iter().any(|kind| matches!(*kind, "ask_invitee" | "outbound_call" | "phone_call"))
    }

    /// The one place there is, as Create Event Invitee wants to hear it.
    fn location(&self) -> Option<serde_json::Value> {
        let [Location { kind: Some(kind), location }] = self.locations.as_deref()? else { return None };
        let mut place = serde_json::json!({ "kind": kind });
        if let Some(location) = location {
            place["location"] = location.as_str().into();
        }
        Some(place)
    }

    fn refusal(&self, is_answerable: bool) -> Option<Refusal> {
        let is = |field: &Option<String>, text: &str| field.as_deref() == Some(text);
        match () {
            () if self.is_paid => Some(Refusal::Paid),
            () if is(&self.kind, "group") => Some(Refusal::Group),
            () if self.pooling_type.is_some() => Some(Refusal::Team),
            () if is(&self.booking_method, "poll") || is(&self.made_as, "AdhocEventType") => Some(Refusal::NotInstant),
            () if !self.active => Some(Refusal::Inactive),
            () if self.asks_where() || !is_answerable => Some(Refusal::Asks),
            () => None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct AvailableTime {
    pub status: String,
    pub start_time: DateTime<Utc>,
}

#[derive(Deserialize)]
pub(super) struct EventBody {
    pub uri: String,
    pub status: String,
    pub start_time: DateTime<Utc>,
    pub end_time: DateTime<Utc>,
    pub event_type: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct InviteeBody {
    pub uri: String,
    pub event: String,
    pub email: String,
    pub status: String,
    #[serde(default)]
    pub rescheduled: bool,
    pub old_invitee: Option<String>,
    pub new_invitee: Option<String>,
    pub tracking: Option<Tracking>,
    pub cancel_url: Option<String>,
    pub reschedule_url: Option<String>,
    pub cancellation: Option<Cancellation>,
    pub no_show: Option<NoShow>,
}

#[derive(Deserialize)]
pub(super) struct NoShow {
    pub uri: String,
}

#[derive(Deserialize)]
pub(super) struct Tracking {
    pub utm_content: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Cancellation {
    pub canceler_type: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct LinkBody {
    pub booking_url: String,
}

#[derive(Deserialize)]
pub(super) struct SubscriptionBody {
    pub uri: String,
    pub callback_url: String,
    pub state: String,
}
