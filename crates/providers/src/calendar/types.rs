//! The normal form: what a provider's calendars and events are to Kairos.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;
use url::Url;

/// What a provider is asked with.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An OAuth access token.
    Bearer(SecretString),
    /// A user name and (app) password for one server.
    Basic {
        /// Where the account's calendars are.
        server: Url,
        /// The user name.
        username: String,
        /// The password.
        password: SecretString,
    },
}

/// Calendars that are kept of one account, in the order in which its provider lists them.
pub const MAX_CALENDARS: usize = 250;

/// A calendar of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteCalendar {
    /// The provider's id; opaque, may be personal (often an email address).
    pub id: String,
    /// The same for as long as it is the same calendar, also when the provider's id of it changes.
    pub stable_id: String,
    /// Its name.
    pub name: String,
    /// Its own zone, if known.
    pub zone: Option<Tz>,
    /// Whether it is the account's main calendar.
    pub is_primary: bool,
    /// Whether titles can be read, not only busy times.
    pub can_read_details: bool,
    /// Whether it should count before anybody chose.
    pub counts_by_default: bool,
    /// The addresses under which the account is invited: who declines as one of them is not busy. Empty where the provider says itself
    /// what is busy.
    pub owners: Vec<String>,
}

/// Which calendar is read, and what is known of it that its events do not say.
#[derive(Debug, Clone, Copy)]
pub struct CalendarRef<'c> {
    /// The provider's id.
    pub id: &'c str,
    /// Its own zone, for floating times and whole days.
    pub zone: Tz,
    /// [`RemoteCalendar::owners`].
    pub owners: &'c [String],
}

/// When an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// From one instant up to, not including, another.
    Timed {
        /// First instant.
        starts_at: DateTime<Utc>,
        /// First instant after it.
        ends_at: DateTime<Utc>,
    },
    /// Whole days in the calendar's zone.
    AllDay {
        /// First day.
        start: NaiveDate,
        /// First day after it.
        end: NaiveDate,
    },
}

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteEvent {
    /// Unique in its calendar and stable over edits.
    pub key: String,
    /// What it is stored in together with others of its series, where the provider has such a thing.
    pub resource: Option<String>,
    /// RFC 5545 UID; the same for copies on other calendars.
    pub ical_uid: Option<String>,
    /// For an occurrence of a series: when it was first meant to start.
    pub original_start: Option<DateTime<Utc>>,
    /// When it is.
    pub span: Span,
    /// Whether it blocks time.
    pub busy: bool,
    /// Whether it is not certain to happen.
    pub tentative: bool,
    /// Its title, if it may be read.
    pub title: Option<String>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// New or changed.
    Upsert(RemoteEvent),
    /// Cancelled or deleted.
    Remove {
        /// Its key.
        key: String,
    },
    /// Everything of this resource is gone; what it holds now, if anything, follows.
    RemoveResource {
        /// As in [`RemoteEvent::resource`].
        resource: String,
    },
}

/// The stretch of time that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub starts_at: DateTime<Utc>,
    /// First instant after it.
    pub ends_at: DateTime<Utc>,
}

/// Where to read on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// Everything in the window.
    Full {
        /// The window.
        window: Window,
        /// The page, after the first.
        page: Option<String>,
    },
    /// What changed since.
    Since {
        /// From the end of the last round.
        sync_token: String,
        /// The page, after the first.
        page: Option<String>,
    },
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page.
    Page(String),
    /// The end. Without a token, the next round reads everything again.
    Done {
        /// For the next round.
        sync_token: Option<String>,
    },
}

/// Why an entry could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnreadableReason {
    /// No start.
    MissingStart,
    /// A start, end or duration that is no time.
    InvalidTime,
    /// A recurrence rule that is none.
    InvalidRule,
    /// A zone whose name nobody knows.
    UnknownZone,
    /// Not an event at all.
    Malformed,
    /// More occurrences than are ever expanded.
    TooMany,
}

impl UnreadableReason {
    /// The code kept in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingStart => "missing_start",
            Self::InvalidTime => "invalid_time",
            Self::InvalidRule => "invalid_rule",
            Self::UnknownZone => "unknown_zone",
            Self::Malformed => "malformed",
            Self::TooMany => "too_many",
        }
    }
}

/// An entry that was counted and skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Why.
    pub reason: UnreadableReason,
}

/// One page of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangePage {
    /// In the provider's order; later wins.
    pub changes: Vec<Change>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// The calendar's zone, if the answer names it.
    pub zone: Option<Tz>,
    /// What comes next.
    pub next: Next,
}
