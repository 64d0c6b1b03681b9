//! Notifications: what people read in their mail.
//!
//! Owns:      (no table)
//! May touch: base, vault, accounts, audit, booking, calendar, incidents, jobs, privacy
//! Never:     decide whether something happened; keep an address
//! Start at:  templates.rs for the words, send.rs for when they go out

mod booking;
mod send;
mod templates;

pub use booking::{booking, booking_samples};
pub use send::{
    SendError, already_signed_up, api_key_made, archive_ready, broken_calendly, broken_connection, checkpoint, incident_alert, link,
    new_browser, password_changed, privacy_request, sign_in_changed,
};
pub use templates::{SAMPLES, Template};
