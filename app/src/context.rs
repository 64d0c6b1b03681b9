//! What the server hands to a page: who asks, for what, and what was typed.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Op;
use domain::base::Containment;
use domain::booking::{BookingView, SessionPage, Shop};
use domain::calendar::{CalendarError, ConnectionView, Page};
use domain::privacy::RequestView;
use types::{BookingId, ConnectionId, Notice, Provider, UserId};

/// Facts about the installation that pages show.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where the sandbox's fault page is, while stand-ins run.
    pub sandbox_url: Option<String>,
    /// Whether mail goes to the outbox page.
    pub has_outbox: bool,
    /// Which providers can be connected here.
    pub connectable: Vec<Provider>,
    /// Whether people sign in with Google here.
    pub has_google: bool,
    /// Whether builders are asked for consent at Calendly, so that they need not make a token by hand.
    pub has_calendly_consent: bool,
    /// Whether passkeys can be made for this site.
    pub has_passkeys: bool,
    /// What is blocked and isolated now.
    pub containment: Arc<Containment>,
    /// Version of the time-zone data.
    pub zone_data: &'static str,
}

/// What the address of a page asks for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The present moment.
    pub now: DateTime<Utc>,
    /// The named parts of the path.
    pub path: HashMap<String, String>,
    /// The query.
    pub query: HashMap<String, String>,
}

impl Asked {
    /// At `now`, by the named parts of the path and the query as it stands in the address.
    pub fn new(now: DateTime<Utc>, path: HashMap<String, String>, query: Option<&str>) -> Self {
        Self { now, path, query: url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect() }
    }

    /// The booking the path names.
    pub fn booking(&self) -> Option<BookingId> {
        self.path.get("id")?.parse().ok()
    }

    /// The connection the path names.
    pub fn connection(&self) -> Option<ConnectionId> {
        self.path.get("id")?.parse().ok()
    }
}

/// One request, as pages see it.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// Who acts.
    pub op: Op,
    /// The signed-in person.
    pub user: Option<UserId>,
    /// The installation.
    pub site: Arc<Site>,
    /// What the address asks for.
    pub asked: Asked,
    /// What was read for it, on pages of a signed-in person.
    pub page: Option<Arc<Page>>,
    /// What was typed and what was wrong with it.
    pub form: Form,
    /// Messages in the outbox, on its page only.
    pub outbox: Vec<OutboxMail>,
    /// Recovery codes or a key that were just made: shown this once.
    pub secrets: Vec<String>,
    /// What is sold, or was, on the pages of that.
    pub sale: Option<Arc<Sale>>,
    /// A request about privacy and the token of its link, on its page.
    pub request: Option<Arc<(RequestView, String)>>,
}

/// What is sold, or was: what the public pages of a builder and the page of a booking show.
#[derive(Debug, Clone)]
pub enum Sale {
    /// A builder's page.
    Shop(Shop),
    /// One session on it.
    Session(SessionPage),
    /// A booking, and the token of its link.
    Booking(Box<BookingView>, String),
}

/// A message as the outbox page shows it.
#[derive(Debug, Clone)]
pub struct OutboxMail {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
}

/// A form that came back because something in it was not acceptable.
#[derive(Debug, Clone, Default)]
pub struct Form {
    /// What was typed, except passwords.
    pub values: HashMap<String, Vec<String>>,
    /// What is wrong, by field; the field `""` is the whole form.
    pub errors: Vec<(&'static str, String)>,
}

impl Form {
    /// What was typed into `field`.
    pub fn value(&self, field: &str) -> Option<String> {
        self.values.get(field)?.first().cloned()
    }

    /// What is wrong with `field`.
    pub fn error(&self, field: &str) -> Option<String> {
        self.errors.iter().find(|(name, _)| *name == field).map(|(_, text)| text.clone())
    }

    /// Whether something is wrong with one of `fields`.
    pub fn has_errors_in(&self, fields: &[&str]) -> bool {
        self.errors.iter().any(|(name, _)| fields.contains(name))
    }

    /// The `aria-invalid` of `field`.
    pub fn invalid(&self, field: &str) -> Option<&'static str> {
        self.errors.iter().any(|(name, _)| *name == field).then_some("true")
    }

    /// The `aria-describedby` of `field`: what is wrong with it, and how it is to be filled in where it `has_hint`.
    pub fn described_by(&self, field: &str, has_hint: bool) -> Option<String> {
        match (self.invalid(field).is_some(), has_hint) {
            (true, true) => Some(format!("error-{field} hint-{field}")),
            (true, false) => Some(format!("error-{field}")),
            (false, true) => Some(format!("hint-{field}")),
            (false, false) => None,
        }
    }
}

impl PageContext {
    /// The message the address asks for, if it is one of ours.
    pub fn notice(&self) -> Option<Notice> {
        let code = ["connected", "notice"].iter().find_map(|name| self.asked.query.get(*name))?;
        code.parse().ok()
    }

    /// What was read for the page of a signed-in person.
    pub fn page(&self) -> Result<&Page, CalendarError> {
        self.page.as_deref().ok_or(CalendarError::NotFound)
    }
}

/// Of these connections the one the address names, if it is theirs.
pub fn named<'c>(asked: &Asked, connections: &'c [ConnectionView]) -> Result<&'c ConnectionView, CalendarError> {
    let id = asked.connection();
    connections.iter().find(|connection| Some(connection.id) == id).ok_or(CalendarError::NotFound)
}
