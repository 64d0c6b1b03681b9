//! What is looked at so that what is kept can be had back.

use crate::text_enum::text_enum;

text_enum! {
    /// What was looked at.
    CheckKind {
        /// Everything that is sealed was opened.
        Scan => "scan",
        /// What is past its time was looked for.
        Look => "look",
        /// A copy of the database was written.
        Backup => "backup",
        /// This database was filled from a copy.
        Restore => "restore",
        /// A copy came back into another database, for the sake of knowing.
        Rehearsal => "rehearsal",
    }
}
