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
