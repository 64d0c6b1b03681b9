//! The trait behind which Google and CalDAV look alike.

use std::time::Duration;

use super::{CalendarRef, ChangePage, Credentials, Cursor, RemoteCalendar};
use crate::outbound::OutboundError;

/// Why a provider gave no calendars or events. Closed: each maps to one health reason or one next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The access token or password was refused.
    #[error("the credentials were refused")]
    Unauthorized,
    /// The consent does not cover this.
    #[error("the consent does not cover this")]
    MissingScope,
    /// The account may not read this calendar.
    #[error("the account may not read this calendar")]
    Forbidden,
    /// The account has no mailbox, and so no calendar, at the provider.
    #[error("the account has no mailbox")]
    NoMailbox,
    /// The calendar is no longer there.
    #[error("the calendar is gone")]
    CalendarGone,
    /// The sync token is too old: read everything again.
    #[error("the sync token has expired")]
    CursorExpired,
    /// Asked to wait.
    #[error("rate limited")]
    RateLimited {
        /// As long as this, if the provider said.
        retry_after: Option<Duration>,
    },
    /// Unreachable, or its own failure.
    #[error("the provider is down")]
    Down {
        /// As long as this, if the provider said.
        retry_after: Option<Duration>,
    },
    /// Nothing was sent: requests failed for several accounts a moment ago.
    #[error("not tried, because the provider failed for several accounts a moment ago")]
    NotTried,
    /// An answer that could not be understood.
    #[error("the answer could not be understood")]
    Unreadable,
    /// The server's address leads where Kairos may not connect.
    #[error("the address may not be reached")]
    AddressRefused,
}

impl From<OutboundError> for SourceError {
    fn from(error: OutboundError) -> Self {
        match error {
            OutboundError::OriginRefused | OutboundError::AddressRefused => Self::AddressRefused,
            OutboundError::TooLarge => Self::Unreadable,
            OutboundError::CircuitOpen => Self::NotTried,
            OutboundError::TimedOut | OutboundError::Unreachable => Self::Down { retry_after: None },
        }
    }
}

/// A provider of calendars.
#[async_trait::async_trait]
pub trait CalendarSource: Send + Sync + std::fmt::Debug {
    /// Every calendar of the account.
    async fn calendars(&self, credentials: &Credentials) -> Result<Vec<RemoteCalendar>, SourceError>;

    /// One page of what changed since the cursor, or of everything in a window.
    async fn changes(&self, credentials: &Credentials, calendar: CalendarRef<'_>, cursor: &Cursor) -> Result<ChangePage, SourceError>;
}
