//! Closed lists that payloads of jobs name.

use serde::{Deserialize, Serialize};

/// What a link in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkPurpose {
    /// Confirms the address at sign-up.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
}

impl LinkPurpose {
    /// The text kept in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

/// What became of the ways in which somebody signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInChange {
    /// An authenticator app was added.
    Added,
    /// It was removed.
    Removed,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// An admin removed every second factor there was.
    AllRemoved,
    /// An account at Google opens theirs.
    GoogleLinked,
    /// It does no more.
    GoogleUnlinked,
    /// It has other recovery codes.
    CodesRenewed,
}

/// By what an alert goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertChannel {
    /// `ALERT_EMAIL`.
    Mail,
    /// `ALERT_WEBHOOK_URL`.
    Webhook,
    /// `SENTRY_DSN`.
    Sentry,
}

impl AlertChannel {
    /// The text kept in a timeline.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
            Self::Sentry => "sentry",
        }
    }
}

/// Which mail about a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingMail {
    /// To the client: it is booked.
    Confirmed,
    /// To the builder: somebody booked.
    BuilderConfirmed,
    /// To the client: pick a time at Calendly.
    PickTime,
    /// To the client: the time was gone, and the money goes back.
    SlotLost,
    /// To the client: it is cancelled.
    Cancelled,
    /// To the builder: it is cancelled.
    BuilderCancelled,
    /// To the client: it is at another time.
    Moved,
    /// To the builder: it is at another time.
    BuilderMoved,
    /// To the client: the money is back.
    Refunded,
    /// To the client: it is tomorrow.
    Reminder,
    /// To the builder: it needs somebody.
    BuilderAttention,
}

impl BookingMail {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Confirmed,
        Self::BuilderConfirmed,
        Self::PickTime,
        Self::SlotLost,
        Self::Cancelled,
        Self::BuilderCancelled,
        Self::Moved,
        Self::BuilderMoved,
        Self::Refunded,
        Self::Reminder,
        Self::BuilderAttention,
    ];

    /// Its name, by which a mail that was sent is known.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::BuilderConfirmed => "builder_confirmed",
            Self::PickTime => "pick_time",
            Self::SlotLost => "slot_lost",
            Self::Cancelled => "cancelled",
            Self::BuilderCancelled => "builder_cancelled",
            Self::Moved => "moved",
            Self::BuilderMoved => "builder_moved",
            Self::Refunded => "refunded",
            Self::Reminder => "reminder",
            Self::BuilderAttention => "builder_attention",
        }
    }

    /// Whether it goes to the builder.
    pub const fn is_for_builder(self) -> bool {
        matches!(self, Self::BuilderConfirmed | Self::BuilderCancelled | Self::BuilderMoved | Self::BuilderAttention)
    }
}
