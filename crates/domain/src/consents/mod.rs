//! Consents: what somebody allowed, in which words, since when, and until when.
//!
//! Owns:      consents
//! May touch: base, audit
//! Never:     change a wording that somebody agreed to: another is another version
//! Start at:  wording.rs for what can be allowed, give.rs for how it is written down
//!
//! A consent is written down in the transaction that makes use of it, and ends in the one that makes use of it no more.

mod give;
mod store;
mod wording;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::ConsentPurpose;

pub(crate) use give::{give_in, withdraw_in};
pub use wording::Wording;

/// One that was given, as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ConsentView {
    /// What for.
    pub purpose: ConsentPurpose,
    /// In which version of the words.
    pub version: i32,
    /// Since when.
    pub given_at: DateTime<Utc>,
    /// Until when; `None`: it holds.
    pub withdrawn_at: Option<DateTime<Utc>>,
}
