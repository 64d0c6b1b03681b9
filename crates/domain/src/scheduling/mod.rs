//! Scheduling: a builder's account at Calendly, what can be booked there and when, and booking it.
//!
//! Owns:      calendly_accounts, calendly_event_types, calendly_times
//! May touch: base, vault, jobs, audit, limits, consents
//! Never:     offer what cannot be sold here; take a read that failed for an empty one
//! Start at:  connect.rs, consent.rs; page.rs for what a builder sees

mod access;
mod connect;
mod consent;
mod disconnect;
mod invitees;
mod page;
mod read;
mod sellable;
mod signing;
mod store;
mod times;
mod token;

use providers::calendly::{CalendlyError, EventType};
use serde::{Deserialize, Serialize};
use types::UserId;
use uuid::Uuid;

use crate::limits::TooOften;
use crate::vault::{Place, VaultError};

pub use connect::connect_calendly;
pub use consent::{CalendlyAttempt, ConsentProblem, begin_calendly, finish_calendly};
pub use disconnect::disconnect_calendly;
pub(crate) use invitees::{
    Guest, book, cancel_event, event, events_ahead, find_booked, forget_invitee, invitee, set_no_show, single_use_link,
};
pub use page::{CalendlyView, EventTypeView, Failing};
pub(crate) use page::{EventTypeRow, SchedulingRows};
pub(crate) use providers::calendly::MOST_EVENTS;
pub use providers::calendly::{Question, QuestionKind, Refusal, SCOPES};
pub(crate) use read::event_type_hash;
pub use read::{read_again, read_calendly};
pub use sellable::find_by_name;
pub(crate) use sellable::sellable_in;
pub use signing::{has_signed, signing_key};
pub(crate) use store::note_compared_in;
pub(crate) use times::is_offered;
pub use times::{FRESH, HORIZON, NOTICE, refresh_times};

/// Why something about Calendly was not done.
#[derive(Debug, thiserror::Error)]
pub enum SchedulingError {
    /// Calendly did not answer as asked.
    #[error(transparent)]
    Calendly(#[from] CalendlyError),
    /// Nothing was typed that could be a token.
    #[error("this is no token")]
    NoToken,
    /// The account there serves another builder here.
    #[error("the account belongs to somebody else here")]
    Taken,
    /// There is no account to do it with.
    #[error("no account is connected")]
    NotConnected,
    /// Too many tries.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What is kept cannot be written or read.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What is kept of an event type, sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Offer {
    uri: String,
    name: String,
    scheduling_url: String,
    #[serde(default)]
    location: Option<serde_json::Value>,
}

impl Offer {
    fn of(event_type: &EventType) -> Self {
        Self {
            uri: event_type.uri.clone(),
            name: event_type.name.clone(),
            scheduling_url: event_type.scheduling_url.clone(),
            location: event_type.location.clone(),
        }
    }
}

fn account_place(user: UserId) -> Place {
    Place::new("calendly_accounts", "account_sealed", user.0)
}

fn token_place(user: UserId) -> Place {
    Place::new("calendly_accounts", "token_sealed", user.0)
}

fn refresh_place(user: UserId) -> Place {
    Place::new("calendly_accounts", "refresh_token_sealed", user.0)
}

fn offer_place(event_type: Uuid) -> Place {
    Place::new("calendly_event_types", "offer_sealed", event_type)
}
