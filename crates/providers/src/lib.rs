//! Everything outside: the one guarded HTTP client, the calendar providers, and mail.
//!
//! No database in reach. Every call has a time-out, a size limit and an allow list; nothing here decides what a failure means
//! for a connection, it only says which of a closed list of failures it was.

pub mod caldav;
pub mod calendar;
pub mod google;
pub mod mail;
pub mod outbound;

pub use url::Url;

use caldav::Caldav;
use google::Google;
use mail::Mailer;

/// Every provider this installation was set up with.
#[derive(Debug)]
pub struct Providers {
    /// Google, if a client id is configured.
    pub google: Option<Google>,
    /// Any CalDAV server.
    pub caldav: Caldav,
    /// Outgoing mail.
    pub mailer: Mailer,
}
