//! What somebody asked about what is kept of them, and how far it is.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a request to be forgotten stands.
    PrivacyStatus {
        /// It can still be taken back.
        Grace => "grace",
        /// It has begun, and cannot be taken back.
        Running => "running",
        /// Nothing is left of them.
        Done => "done",
        /// They took it back.
        Cancelled => "cancelled",
    }
}

impl PrivacyStatus {
    /// Whether something is still to come of it.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Grace | Self::Running)
    }
}

text_enum! {
    /// What somebody allows.
    ConsentPurpose {
        /// To read their calendars.
        Calendars => "calendars",
        /// To use their account at Calendly.
        Calendly => "calendly",
        /// To sign in with their account at Google.
        GoogleSignIn => "google_sign_in",
    }
}

impl ConsentPurpose {
    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Calendars => "Reading your calendars",
            Self::Calendly => "Using your account at Calendly",
            Self::GoogleSignIn => "Signing in with Google",
        }
    }
}

text_enum! {
    /// What somebody asked by mail, and not here.
    LetterKind {
        /// What is kept of them (GDPR, article 15), or to take it along (20).
        Access => "access",
        /// To be forgotten (17).
        Erasure => "erasure",
        /// That something is corrected (16).
        Correction => "correction",
        /// That something is not done with it any more (18, 21).
        Objection => "objection",
        /// Something else.
        Other => "other",
    }
}

impl LetterKind {
    /// What it is called.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Access => "What is kept of them",
            Self::Erasure => "To be forgotten",
            Self::Correction => "A correction",
            Self::Objection => "That something is not done any more",
            Self::Other => "Something else",
        }
    }
}

text_enum! {
    /// Where such a letter stands.
    LetterStatus {
        /// It is not known yet whether it is theirs: the time of the law waits.
        Checking => "checking",
        /// It waits for an answer.
        Open => "open",
        /// It was answered.
        Answered => "answered",
        /// It was refused, and they were told why.
        Refused => "refused",
    }
}

impl LetterStatus {
    /// Whether something is still to be done.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Checking | Self::Open)
    }
}
