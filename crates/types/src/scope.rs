//! What a person's programs may do in their name.

use crate::role::Permission;
use crate::text_enum::text_enum;

text_enum! {
    /// A scope of an API key and of its tokens (RFC 6749, 3.3).
    Scope {
        /// How connections are, and how much room there is.
        CalendarRead => "calendar:read",
        /// Events with their titles.
        EventsRead => "events:read",
        /// When the person is busy, without titles.
        FreeBusyRead => "free_busy:read",
        /// What was booked with a builder, and by whom.
        BookingsRead => "bookings:read",
        /// Everything that is kept of the person.
        MeExport => "me:export",
        /// The audit log.
        AuditRead => "audit:read",
    }
}

impl Scope {
    /// What its holder must be allowed to do themselves.
    pub const fn permission(self) -> Permission {
        match self {
            Self::CalendarRead | Self::EventsRead | Self::FreeBusyRead => Permission::OwnCalendars,
            Self::BookingsRead => Permission::Sell,
            Self::MeExport => Permission::SignedIn,
            Self::AuditRead => Permission::Administer,
        }
    }

    /// For the person who gives it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::CalendarRead => "Connections and capacity",
            Self::EventsRead => "Events with their titles",
            Self::FreeBusyRead => "Busy times without titles",
            Self::BookingsRead => "What was booked with you, and by whom",
            Self::MeExport => "Everything that is kept of you",
            Self::AuditRead => "The audit log",
        }
    }
}
