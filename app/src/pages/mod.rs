//! Pages, a function each: what it reads, and how that is shown.

pub mod administration;
mod api_keys;
pub(crate) mod audit;
mod audit_entry;
pub mod builder;
mod caldav;
mod calendar;
mod confirm;
mod connection;
mod disconnect;
mod forgot;
mod home;
mod not_found;
mod outbox;
mod privacy;
mod profile;
mod reset;
pub mod sale;
mod security;
mod settings;
mod sign_in;
mod sign_in_code;
mod sign_up;
mod today;
mod verify;

pub use api_keys::{api_keys, api_keys_wants};
pub use audit::{audit, audit_wants};
pub use audit_entry::{audit_entry, audit_entry_wants};
pub use caldav::connect_caldav;
pub use calendar::{calendar, calendar_wants};
pub use confirm::confirm;
pub use connection::{connection, connection_wants};
pub use disconnect::disconnect;
pub use forgot::forgot;
pub use home::home;
pub use not_found::{broken, not_found};
pub use outbox::outbox;
pub use privacy::{erase, own_privacy, own_privacy_wants, privacy, request, terms};
pub use profile::{profile, profile_wants};
pub use reset::reset;
pub use security::{security, security_wants};
pub use settings::settings;
pub use sign_in::sign_in;
pub use sign_in_code::sign_in_code;
pub use sign_up::sign_up;
pub use today::{today, today_wants};
pub use verify::verify;

use domain::calendar::CalendarError;

use crate::context::PageContext;
use crate::document::Document;

/// The page, or the one for what is not there. Anything else is ours.
fn or_not_found(context: &PageContext, page: Result<Document, CalendarError>) -> Document {
    match page {
        Ok(document) => document,
        Err(CalendarError::NotFound) => not_found(context),
        Err(error) => {
            tracing::error!(%error, "a page could not be made");
            broken(context)
        }
    }
}
