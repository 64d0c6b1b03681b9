//! Privacy: what is kept of somebody and why, and forgetting them.
//!
//! Owns:      privacy_requests, privacy_archives, privacy_archive_parts, privacy_letters, legal_holds
//! May touch: base, vault, jobs, audit, accounts, calendar, scheduling, offers, booking, consents
//! Never:     forget somebody who can still take it back, or whose money is on its way; say done of what is not
//! Start at:  map/mod.rs for what is kept, ask.rs and erase.rs for how somebody leaves

mod archive;
mod ask;
mod certificate;
mod erase;
mod export;
mod letters;
mod map;
mod open;
mod own_rows;
mod page;
mod store;
mod withdraw;

use chrono::{DateTime, TimeDelta, Utc};
use types::{PrivacyRequestId, PrivacyStatus, UserId};

use crate::audit::AuditError;
use crate::base::{Deps, Op};
use crate::booking::BookingError;
use crate::calendar::CalendarError;
use crate::scheduling::SchedulingError;
use crate::vault::{LookupHash, VaultError};

pub use archive::{ArchiveView, Fetch, ask_archive, write_archive};
pub use ask::{ask_erasure, cancel_erasure, cancel_erasure_by};
pub use certificate::open_certificate;
pub use erase::{erase, resume_erasures};
pub use export::Export;
pub use letters::{HoldForm, LetterAct, LetterForm, LetterProblem, advance_letter, enter_letter, lift_hold, set_hold};
pub use map::{Basis, Erased, Exported, Kept, Retention, TableMap, every_table};
pub use open::open_everything;
pub use page::{Holdings, PrivacyView, RequestView};
pub use withdraw::withdraw;

/// How long somebody may take it back.
pub const GRACE: TimeDelta = TimeDelta::days(14);
/// By when the law wants a request answered (GDPR, article 12, 3: one month).
const DEADLINE: TimeDelta = TimeDelta::days(30);

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// There is no such request, or it is over.
    #[error("no such request")]
    NotFound,
    /// It has begun, and cannot be taken back.
    #[error("it has begun")]
    TooLate,
    /// A calendar could not be given up.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// An account at Calendly could not be given up.
    #[error(transparent)]
    Scheduling(#[from] SchedulingError),
    /// A booking could not be ended.
    #[error(transparent)]
    Booking(#[from] BookingError),
    /// The certificate could not be signed.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// An archive could not be packed.
    #[error("an archive could not be packed: {0}")]
    Archive(#[from] std::io::Error),
    /// What is to be in it cannot be written.
    #[error("what is to be in an archive cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The key to it is missing.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// A request as it is worked on.
#[derive(Debug, Clone)]
struct Request {
    id: PrivacyRequestId,
    asked_at: DateTime<Utc>,
    runs_at: DateTime<Utc>,
}

/// The unguessable part of the link to a request. It is not kept: with the installation's key it can be made again for each mail.
fn token(deps: &Deps, request: PrivacyRequestId) -> String {
    deps.vault.link().token("privacy request", request.0.as_bytes())
}

fn token_hash(deps: &Deps, token: &str) -> LookupHash {
    deps.vault.lookup().hash("privacy request token", token.as_bytes())
}

/// The page of a request, for whoever made it, signed in or not.
pub fn request_link(deps: &Deps, request: PrivacyRequestId) -> String {
    format!("{}/privacy/requests/{}", deps.settings.public_url, token(deps, request))
}

/// What somebody is mailed about a request: until when it can be taken back, or that it was. `None`: it is past that.
pub async fn request_mail(deps: &Deps, op: &Op, request: PrivacyRequestId) -> Result<Option<(bool, DateTime<Utc>)>, sqlx::Error> {
    let mut tx = deps.begin(op).await?;
    let found = store::status_of(&mut tx, request).await?;
    tx.rollback().await?;
    Ok(found.and_then(|(status, runs_at)| match status {
        PrivacyStatus::Grace => Some((true, runs_at)),
        PrivacyStatus::Cancelled => Some((false, runs_at)),
        PrivacyStatus::Running | PrivacyStatus::Done => None,
    }))
}

/// Whom a link is for.
async fn by_token(deps: &Deps, token: &str) -> Result<Option<(PrivacyRequestId, Option<UserId>)>, sqlx::Error> {
    let found = store::find_by_token(&deps.database, &token_hash(deps, token)).await?;
    Ok(found.map(|found| (found.id, found.user)))
}
