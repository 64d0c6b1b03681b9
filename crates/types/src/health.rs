//! The closed list of reasons why a connection is not healthy. There is no "unknown error" in it.

use crate::text_enum::text_enum;

text_enum! {
    /// Why a connection is not healthy. Words for each are below.
    HealthReason {
        /// The person or an administrator withdrew the consent, or the token died.
        ConsentWithdrawn => "consent_withdrawn",
        /// Google ended the permission after seven days, as it does while the app is in testing.
        AppInTesting => "app_in_testing",
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
                | Self::AppInTesting
                | Self::PartialConsent
                | Self::PasswordRefused
                | Self::AddressRefused
                | Self::NoMailbox
                | Self::AdminApproval
        )
    }

    /// The sentences for it, on pages and in mail.
    pub const fn words(self) -> HealthWords {
        let unknown_hours = "Hours that depend on it are unknown from then on. They are not shown as free.";
        let kept = "Your choices and everything read before.";
        match self {
            Self::ConsentWithdrawn => HealthWords {
                happened: "The permission you gave was withdrawn or has run out.",
                means: unknown_hours,
                kept,
                next: "Give consent again. It takes about a minute and ends on this page.",
            },
            Self::AppInTesting => HealthWords {
                happened: "Google ended the permission seven days after you gave it.",
                means: "Google does that while this installation’s app is in testing. It will happen every seven days until the app is published.",
                kept,
                next: "Give consent again, and tell whoever runs this installation to publish the app in the Google Cloud console.",
            },
            Self::PartialConsent => HealthWords {
                happened: "The permission to read your calendars is missing.",
                means: unknown_hours,
                kept,
                next: "Give consent again and leave the calendar permission ticked.",
            },
            Self::PasswordRefused => HealthWords {
                happened: "The server refuses the user name or app password.",
                means: unknown_hours,
                kept,
                next: "Make a new app password at your provider and connect again with it.",
            },
            Self::ProviderDown => HealthWords {
                happened: "The provider cannot be reached or fails on its side.",
                means: "What was read last still counts for an hour; after that its hours are unknown.",
                kept,
                next: "Nothing. Kairos tries again by itself.",
            },
            Self::RateLimited => HealthWords {
                happened: "The provider asked Kairos to wait.",
                means: "Changes may appear a little later than usual.",
                kept,
                next: "Nothing. Kairos waits as long as it was asked to and goes on.",
            },
            Self::CalendarGone => HealthWords {
                happened: "A calendar you chose is no longer there.",
                means: "It was deleted or is no longer shared with you. Its hours are unknown until the provider confirms that.",
                kept: "The other calendars of this account.",
                next: "Untick it below, or share it again.",
            },
            Self::NoMailbox => HealthWords {
                happened: "The account has no mailbox at the provider any more, and so no calendar.",
                means: unknown_hours,
                kept,
                next: "Ask your administrator, or disconnect it and connect the account you use now.",
            },
            Self::AdminApproval => HealthWords {
                happened: "An administrator of your organisation has to allow Kairos.",
                means: unknown_hours,
                kept,
                next: "Ask your administrator to approve Kairos for reading calendars, then give consent again.",
            },
            Self::AccessForbidden => HealthWords {
                happened: "The account may not read a calendar you chose.",
                means: "Its hours are unknown. They are not shown as free.",
                kept: "The other calendars of this account.",
                next: "Ask whoever owns it to share it again, or untick it below.",
            },
            Self::UnreadableAnswer => HealthWords {
                happened: "The provider answered something that is not a calendar.",
                means: "A proxy or a sign-in page may stand between. What was read last is kept and counts for an hour.",
                kept,
                next: "Nothing yet. Kairos tries again by itself.",
            },
            Self::KeyMissing => HealthWords {
                happened: "Kairos cannot read its own record of this connection.",
                means: "It was encrypted with a key this server does not have. Its hours are unknown.",
                kept: "Everything; it can be read again as soon as the key is back.",
                next: "Tell whoever runs this installation: the missing key belongs into CALENDAR_ENCRYPTION_KEYS_OLD.",
            },
            Self::ClientRefused => HealthWords {
                happened: "The provider does not accept this installation of Kairos.",
                means: "Its client id or secret is wrong or was withdrawn. You need not connect again.",
                kept,
                next: "Tell whoever runs this installation.",
            },
            Self::AddressRefused => HealthWords {
                happened: "The server’s address leads where Kairos may not connect.",
                means: unknown_hours,
                kept,
                next: "Connect again with a public address, or ask whoever runs this installation to allow this one.",
            },
        }
    }
}

/// What a person reads about a connection that is not healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthWords {
    /// What happened.
    pub happened: &'static str,
    /// What it means.
    pub means: &'static str,
    /// What was kept.
    pub kept: &'static str,
    /// What to do.
    pub next: &'static str,
}
