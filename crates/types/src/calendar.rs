//! Closed lists and shapes of the calendar rooms.

use serde::{Deserialize, Serialize};

use crate::text_enum::text_enum;

text_enum! {
    /// Where a calendar is kept.
    Provider {
        /// Google Calendar, by OAuth.
        Google => "google",
        /// Microsoft Outlook, by OAuth.
        Outlook => "outlook",
        /// Any CalDAV server (RFC 4791), by address, user name and app password.
        Caldav => "caldav",
    }
}

impl Provider {
    /// The name people know it by.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Google => "Google",
            Self::Outlook => "Outlook",
            Self::Caldav => "CalDAV",
        }
    }
}

text_enum! {
    /// The life of a connection. While somebody is at the provider's consent page there is no connection yet, only an attempt;
    /// after it was removed there is none any more.
    ConnectionStatus {
        /// Consent holds and nothing failed lately.
        Active => "active",
        /// The last attempts failed for a reason that may pass by itself.
        Degraded => "degraded",
        /// The provider refuses until the person consents (or gives a password) again.
        NeedsReconsent => "needs_reconsent",
        /// Failed for so long that its hours are unknown; still tried.
        Failing => "failing",
    }
}

text_enum! {
    /// The life of a push channel. A message counts in every state.
    ChannelStatus {
        /// The provider is being asked; its first message may come before its answer.
        Opening => "opening",
        /// It says when the calendar changes.
        Open => "open",
        /// Not wanted any more; the provider is to be told.
        Closing => "closing",
    }
}

text_enum! {
    /// How much room a day has.
    CapacityLevel {
        /// Nothing is known: the fallback.
        Default => "default",
        /// A day off by the person's own working hours.
        Off => "off",
        /// No action fits.
        Full => "full",
        /// One or two actions fit.
        Low => "low",
        /// Three or four actions fit.
        Medium => "medium",
        /// Five or more actions fit.
        High => "high",
        /// A source could not be read and nothing is certainly open.
        Unknown => "unknown",
    }
}

text_enum! {
    /// Why a sync ran.
    SyncKind {
        /// The first one after connecting.
        First => "first",
        /// Only what changed.
        Incremental => "incremental",
        /// Everything again; swapped in when complete.
        Full => "full",
    }
}

text_enum! {
    /// How a sync ended.
    SyncOutcome {
        /// Still at work, or its worker died and another will take over.
        Running => "running",
        /// All chosen calendars were read.
        Succeeded => "succeeded",
        /// At least one calendar could not be read; the last good state was kept.
        Failed => "failed",
    }
}

/// What the progress of a sync looks like from outside; counts are events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncProgress {
    /// Whether a sync is at work or waiting to start now.
    pub running: bool,
    /// Events read so far in this run.
    pub events_read: u32,
    /// Calendars read to the end in this run.
    pub calendars_done: u32,
    /// Calendars this run reads; 0 while the list has not been read.
    pub calendars_total: u32,
    /// One true sentence about it.
    pub sentence: String,
}
