//! A copy of what is kept of somebody as one archive (ZIP), made by a job while its person sees how far it is, and fetched once within seven days.
//!
//! It lies in the database as it lies in the archive, in parts that are sealed under its person's key.

mod ask;
mod fetch;
mod files;
mod store;
mod write;
mod zip;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use uuid::Uuid;

pub use ask::ask_archive;
pub use fetch::Fetch;
pub use write::write_archive;

use crate::vault::Place;

/// For so long it can be fetched.
const KEPT: TimeDelta = TimeDelta::days(7);

/// One that was asked for, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ArchiveView {
    /// Its id.
    pub id: Uuid,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// Steps there are; nothing is known before it has begun.
    pub steps: i32,
    /// Steps that are done.
    pub done: i32,
    /// When it was ready.
    pub ready_at: Option<DateTime<Utc>>,
    /// Until when it can be fetched.
    pub expires_at: Option<DateTime<Utc>>,
    /// How large it is, in bytes.
    pub bytes: i64,
}

fn place(part: Uuid) -> Place {
    Place::new("privacy_archive_parts", "part_sealed", part)
}
