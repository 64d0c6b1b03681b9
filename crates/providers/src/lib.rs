//! Everything outside: the one guarded HTTP client, the calendar providers, the secret store, and mail.
//!
//! No database in reach. Every call has a time-out, a size limit and an allow list; nothing here decides what a failure means
//! for a connection, it only says which of a closed list of failures it was.

pub mod alerts;
pub mod caldav;
pub mod calendar;
pub mod calendly;
pub mod checkpoint_copies;
pub mod google;
pub mod ical;
pub mod jwt;
pub mod mail;
pub mod microsoft;
pub mod oauth;
pub mod outbound;
mod page_url;
pub mod secret_store;
mod signature;
pub mod stripe;
pub mod zone;

pub use url::Url;

use alerts::Alerts;
use caldav::Caldav;
use calendly::Calendly;
use checkpoint_copies::CheckpointCopies;
use google::Google;
use mail::Mailer;
use microsoft::Microsoft;
use oauth::OauthSource;
use stripe::Stripe;
use types::Provider;

use calendar::{CalendarSource, PushSource};

/// Every provider this installation was set up with.
#[derive(Debug)]
pub struct Providers {
    /// Google, if a client id is configured.
    pub google: Option<Google>,
    /// Microsoft, if a client id is configured.
    pub microsoft: Option<Microsoft>,
    /// Calendly, with whatever tokens builders bring.
    pub calendly: Calendly,
    /// Stripe, if a key is configured.
    pub stripe: Option<Stripe>,
    /// Any CalDAV server.
    pub caldav: Caldav,
    /// Outgoing mail.
    pub mailer: Mailer,
    /// Where signed heads of the audit log are kept.
    pub copies: CheckpointCopies,
    /// Where alerts go besides mail.
    pub alerts: Alerts,
}

impl Providers {
    /// The provider that is connected by consent; `None` when it is not set up here, or not that kind.
    pub fn oauth(&self, provider: Provider) -> Option<&dyn OauthSource> {
        match provider {
            Provider::Google => self.google.as_ref().map(|google| google as &dyn OauthSource),
            Provider::Outlook => self.microsoft.as_ref().map(|microsoft| microsoft as &dyn OauthSource),
            Provider::Caldav => None,
        }
    }

    /// The provider to read calendars from; `None` when it is not set up here.
    pub fn source(&self, provider: Provider) -> Option<&dyn CalendarSource> {
        match provider {
            Provider::Google => self.google.as_ref().map(|google| google as &dyn CalendarSource),
            Provider::Outlook => self.microsoft.as_ref().map(|microsoft| microsoft as &dyn CalendarSource),
            Provider::Caldav => Some(&self.caldav),
        }
    }

    /// The provider to be told by when a calendar changes; `None` when it cannot, or cannot reach us.
    pub fn push(&self, provider: Provider) -> Option<&dyn PushSource> {
        match provider {
            Provider::Google => self.google.as_ref().filter(|google| google.pushes()).map(|google| google as &dyn PushSource),
            Provider::Outlook => {
                self.microsoft.as_ref().filter(|microsoft| microsoft.pushes()).map(|microsoft| microsoft as &dyn PushSource)
            }
            Provider::Caldav => None,
        }
    }

    /// From here on nothing is asked of these, and of all others it is.
    pub fn isolate(&self, isolated: &[Provider]) {
        let name = |provider: &Provider| match provider {
            Provider::Google => "google",
            Provider::Outlook => "microsoft",
            Provider::Caldav => "caldav",
        };
        self.alerts.outbound.isolate(isolated.iter().map(name).collect());
    }

    /// Where people are sent to consent.
    pub fn consent_origins(&self) -> Vec<String> {
        let calendars = Provider::ALL.iter().filter_map(|provider| self.oauth(*provider)).map(|source| source.client().consent_origin());
        calendars.chain(self.calendly.consent_origin()).collect()
    }
}
