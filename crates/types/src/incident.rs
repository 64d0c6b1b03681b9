//! What is suspicious, how bad it is, and how far it has been worked on.

use crate::text_enum::text_enum;

text_enum! {
    /// What is looked for.
    Rule {
        /// Wrong passwords for one account.
        RefusedSignInsOfAccount => "refused_sign_ins_of_account",
        /// Wrong passwords from one address.
        RefusedSignInsFromAddress => "refused_sign_ins_from_address",
        /// Wrong passwords for many accounts from many addresses.
        RefusedSignInsOverall => "refused_sign_ins_overall",
        /// A browser that was not known signed in after wrong passwords.
        SignInAfterRefusals => "sign_in_after_refusals",
        /// Wrong codes after a right password.
        RefusedCodesOfAccount => "refused_codes_of_account",
        /// Several browsers that were not known signed in to one account.
        NewBrowsersOfAccount => "new_browsers_of_account",
        /// One session went back and forth between two places.
        SessionInTwoPlaces => "session_in_two_places",
        /// Somebody signed in within a session that another account had begun elsewhere.
        SessionPlanted => "session_planted",
        /// An API key, or a token of one, was used after it had ended.
        EndedKeyUsed => "ended_key_used",
        /// Keys from one address that are none.
        GuessedKeys => "guessed_keys",
        /// OAuth states that were used before, or that belong to somebody else.
        OauthStateMisused => "oauth_state_misused",
        /// Pushes from one address that prove nothing.
        ForgedWebhooks => "forged_webhooks",
        /// Links from mails, used up or forged, from one address.
        DeadLinks => "dead_links",
        /// One account asks for what it may not see.
        Probing => "probing",
        /// From one address far more is asked than may be.
        UnusualVolume => "unusual_volume",
        /// One admin exports again and again.
        MassExport => "mass_export",
        /// Somebody reported a connection of theirs.
        ConnectionReported => "connection_reported",
        /// The audit log is not what was signed.
        AuditLogChanged => "audit_log_changed",
        /// A request about privacy is past the time that the law gives.
        OverdueRequests => "overdue_requests",
        /// A secret is older than it may be.
        OverdueSecrets => "overdue_secrets",
        /// Something that is sealed does not open.
        UnreadableValues => "unreadable_values",
    }
}

text_enum! {
    /// How bad it is.
    Severity {
        /// Somebody is inside, or the record is not to be trusted.
        Critical => "critical",
        /// Somebody may be inside.
        High => "high",
        /// Somebody tries.
        Medium => "medium",
    }
}

text_enum! {
    /// How far an incident has been worked on. It goes one step at a time, and not back.
    IncidentStatus {
        /// Found.
        Open => "open",
        /// It goes on no more.
        Contained => "contained",
        /// What made it possible is gone.
        Eradicated => "eradicated",
        /// All is as it should be, and that was checked.
        Recovered => "recovered",
        /// Reviewed.
        Closed => "closed",
    }
}

text_enum! {
    /// Whose data it may be that got out.
    BreachScope {
        /// Those whom the evidence names.
        Evidence => "evidence",
        /// Everybody.
        Everyone => "everyone",
        /// Those with a connection to Google.
        Google => "google",
        /// Those with a connection to Outlook.
        Outlook => "outlook",
        /// Those with a connection to a CalDAV server.
        Caldav => "caldav",
    }
}

text_enum! {
    /// What was decided about telling the authority (GDPR, article 33).
    BreachStatus {
        /// Nothing yet: the 72 hours run.
        Assessing => "assessing",
        /// It was told.
        Told => "told",
        /// It need not be: nobody is at risk.
        NotNeeded => "not_needed",
    }
}

impl BreachScope {
    /// As a choice.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Evidence => "Those whom the evidence names",
            Self::Everyone => "Everybody here",
            Self::Google => "Those with a Google calendar",
            Self::Outlook => "Those with an Outlook calendar",
            Self::Caldav => "Those with a calendar at a CalDAV server",
        }
    }
}

impl IncidentStatus {
    /// The one after it.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Open => Some(Self::Contained),
            Self::Contained => Some(Self::Eradicated),
            Self::Eradicated => Some(Self::Recovered),
            Self::Recovered => Some(Self::Closed),
            Self::Closed => None,
        }
    }
}

/// What people call an incident by its number: `INC-14`.
pub fn incident_name(number: i64) -> String {
    format!("INC-{number}")
}

impl Rule {
    /// What was found, as the beginning of a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::RefusedSignInsOfAccount => "Wrong passwords for one account",
            Self::RefusedSignInsFromAddress => "Wrong passwords from one address",
            Self::RefusedSignInsOverall => "Wrong passwords from many addresses",
            Self::SignInAfterRefusals => "A sign-in from a new browser after wrong passwords",
            Self::RefusedCodesOfAccount => "Wrong codes after the right password",
            Self::NewBrowsersOfAccount => "Several new browsers signed in to one account",
            Self::SessionInTwoPlaces => "One session used from two places in turn",
            Self::SessionPlanted => "A sign-in within a session of another account",
            Self::EndedKeyUsed => "An API key used after its end",
            Self::GuessedKeys => "API keys guessed from one address",
            Self::OauthStateMisused => "OAuth states used twice, or by somebody else",
            Self::ForgedWebhooks => "Forged webhooks from one address",
            Self::DeadLinks => "Used or forged links from one address",
            Self::Probing => "One account tries what it may not do",
            Self::UnusualVolume => "Far more asked from one address than may be",
            Self::MassExport => "One admin exports again and again",
            Self::ConnectionReported => "Somebody reported a connection of theirs",
            Self::AuditLogChanged => "The audit log is not what was signed",
            Self::OverdueRequests => "A request about privacy is overdue",
            Self::OverdueSecrets => "Another secret is overdue",
            Self::UnreadableValues => "Encrypted values do not open",
        }
    }
}
