//! The closed list of reasons why a connection is not healthy. There is no "unknown error" in it.

use crate::text_enum::text_enum;

text_enum! {
    /// Why a connection is not healthy. Words for each are in `app`.
    HealthReason {
        /// The person or an administrator withdrew the consent, or the token died.
        ConsentWithdrawn => "consent_withdrawn",
        /// Consent was given, but not for everything that is needed.
        PartialConsent => "partial_consent",
        /// The server refused the user name or app password.
        PasswordRefused => "password_refused",
        /// The provider could not be reached or answered with its own failure.
        ProviderDown => "provider_down",
        /// The provider asked us to wait.
        RateLimited => "rate_limited",
        /// A chosen calendar is no longer there.
        CalendarGone => "calendar_gone",
        /// The account has no mailbox, and so no calendar, at the provider.
        NoMailbox => "no_mailbox",
        /// An administrator at the provider has to allow it.
        AdminApproval => "admin_approval",
        /// The account may not read this calendar.
        AccessForbidden => "access_forbidden",
        /// The provider answered something that could not be understood.
        UnreadableAnswer => "unreadable_answer",
        /// The stored tokens cannot be decrypted with the keys this server has.
        KeyMissing => "key_missing",
        /// The provider refuses this installation's own client id or secret.
        ClientRefused => "client_refused",
        /// The server's address leads where Kairos may not connect.
        AddressRefused => "address_refused",
    }
}

impl HealthReason {
    /// Whether only the person can mend it, so that trying again by itself is of no use.
    pub const fn needs_person(self) -> bool {
        matches!(
            self,
            Self::ConsentWithdrawn
                | Self::PartialConsent
                | Self::PasswordRefused
                | Self::AddressRefused
                | Self::NoMailbox
                | Self::AdminApproval
        )
    }
}
