//! What there is to see: a part of the page's one statement, which first writes that somebody looked.

use serde_json::json;
use types::{IncidentId, UserId};
use uuid::Uuid;

use crate::audit::{Action, Event};
use crate::base::reference;
use crate::calendar::Look;

/// Why somebody's name and address are shown to an admin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// One of [`Reason::CODES`].
    pub code: String,
    /// A ticket or case, if there is one.
    pub reference: Option<String>,
}

impl Reason {
    /// The reasons there are, and their words.
    pub const CODES: [(&str, &str); 4] = [
        ("support", "They asked for help"),
        ("incident", "An incident is about them"),
        ("privacy", "A privacy request"),
        ("legal", "The law asks for it"),
    ];

    /// What was typed, if it is a reason.
    pub fn new(code: &str, text: &str) -> Option<Self> {
        let typed = reference(text);
        let is_left_out = text.trim().is_empty();
        (Self::CODES.iter().any(|(known, _)| *known == code) && (typed.is_some() || is_left_out))
            .then(|| Self { code: code.to_owned(), reference: typed.map(str::to_owned) })
    }
}

/// Which people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PeopleFilter {
    /// An id, or a whole email address.
    pub text: Option<String>,
    /// `locked`, `unconfirmed`, `admin`, `builder`.
    pub state: Option<String>,
    /// Those before this one.
    pub before: Option<Uuid>,
}

/// Which incidents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentFilter {
    /// `closed`, `all`; otherwise those under way.
    pub status: Option<String>,
    /// Those before this number.
    pub before: Option<i64>,
}

/// What an admin looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// How it all is.
    Overview,
    /// A list of people.
    People(PeopleFilter),
    /// One person; with their name and address only for a reason.
    Person(UserId, Option<Reason>),
    /// The queue: `given_up`, `running`, `waiting`, otherwise what failed.
    Jobs(Option<String>),
    /// What came in: `failed`, `waiting`, `unknown`, `wrong_mode`, otherwise all.
    Webhooks(Option<String>),
    /// Every key and secret, by fingerprint.
    Keys,
    /// What was asked about privacy, and what is past its time.
    Privacy,
    /// A list of incidents.
    Incidents(IncidentFilter),
    /// One incident.
    Incident(IncidentId),
}

impl Wanted {
    /// What `kairos_admin_page` calls it.
    const fn name(&self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::People(_) => "people",
            Self::Person(..) => "person",
            Self::Jobs(_) => "jobs",
            Self::Webhooks(_) => "webhooks",
            Self::Keys => "keys",
            Self::Privacy => "privacy",
            Self::Incidents(_) => "incidents",
            Self::Incident(_) => "incident",
        }
    }

    /// For the page's statement.
    pub fn look(&self) -> Look {
        let mut email = None;
        let arguments = match self {
            Self::Overview | Self::Keys | Self::Privacy => json!({}),
            Self::People(filter) => {
                let id: Option<Uuid> = filter.text.as_ref().and_then(|text| text.parse().ok());
                email = filter.text.clone().filter(|_| id.is_none());
                json!({ "person": id, "state": filter.state, "before": filter.before })
            }
            Self::Person(user, reason) => json!({ "person": user, "opens": reason.is_some() }),
            Self::Jobs(state) | Self::Webhooks(state) => json!({ "state": state }),
            Self::Incidents(filter) => json!({ "status": filter.status, "before": filter.before }),
            Self::Incident(incident) => json!({ "incident": incident }),
        };
        Look { which: self.name(), arguments, email, event: self.event() }
    }

    /// The entry that is written because somebody looked.
    fn event(&self) -> Event {
        let of = |action| Event::of_installation(action).with(json!({ "page": self.name() }));
        match self {
            Self::Person(user, Some(Reason { code, reference })) => {
                Event::of_installation(Action::UserOpened).on(user.0).with(json!({ "reason": code, "reference": reference }))
            }
            Self::Person(user, None) => of(Action::AdministrationRead).on(user.0),
            Self::Incident(incident) => of(Action::IncidentRead).on(incident.0),
            Self::Overview | Self::People(_) | Self::Jobs(_) | Self::Webhooks(_) | Self::Keys | Self::Privacy | Self::Incidents(_) => {
                of(Action::AdministrationRead)
            }
        }
    }
}
