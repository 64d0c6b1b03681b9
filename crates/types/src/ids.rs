//! One type per kind of id, so that a calendar's id cannot be passed where a connection's is wanted.
//!
//! All are UUIDv7 made by the server's own random source; here they are only carried.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type))]
        #[cfg_attr(feature = "sqlx", sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::problem::UnknownText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self).map_err(|_| $crate::problem::UnknownText)
            }
        }
    };
}

id! {
    /// A person with an account.
    UserId
}
id! {
    /// Something suspicious that is worked on.
    IncidentId
}
id! {
    /// A key with which a person's programs ask in their name.
    ApiKeyId
}
id! {
    /// A passkey of a person.
    PasskeyId
}
id! {
    /// What somebody asked about what is kept of them.
    PrivacyRequestId
}
id! {
    /// One account at one provider, connected by one person.
    ConnectionId
}
id! {
    /// One calendar inside a connection.
    CalendarId
}
id! {
    /// One agreement with a provider that it says when a calendar changes.
    ChannelId
}
id! {
    /// One stored occurrence of an event.
    EventId
}
id! {
    /// One change of how a connection is.
    HealthChangeId
}
id! {
    /// One run of the sync of one connection.
    SyncLogId
}
id! {
    /// One entry of the audit log.
    AuditEventId
}
id! {
    /// What a builder sells: a kind of session.
    SessionTypeId
}
id! {
    /// One session that somebody bought, or is about to.
    BookingId
}
id! {
    /// Who books with one builder.
    ClientId
}
id! {
    /// One try to pay for a booking.
    PaymentId
}
id! {
    /// Money on its way back.
    RefundId
}
id! {
    /// One OAuth round trip that has begun.
    AttemptId
}
id! {
    /// One single-use link sent by email.
    UserTokenId
}
id! {
    /// One HTTP request or one run of a job; stands in every log line and reply.
    RequestId
}
