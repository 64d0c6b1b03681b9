//! Offers: a builder's public page, the kinds of session on it, and what comes back when one is cancelled.
//!
//! Owns:      builder_pages, session_types
//! May touch: base, vault, audit, scheduling, calendar
//! Never:     sell; change what was sold already
//! Start at:  save.rs for what can be offered, policy.rs for what comes back

mod page;
mod policy;
mod save;
mod show;
mod slug;
mod store;

use crate::vault::VaultError;

pub use page::{OfferedEventType, OffersView, PageRow, Sellable, SessionTypeView};
pub(crate) use page::{OffersRows, SessionTypeRow};
pub use policy::{POLICIES, Policy, Step};
pub use save::{SessionForm, SessionProblem, save_session};
pub use show::{PageForm, PageProblem, save_page, set_open};
pub(crate) use store::close_all_in;

/// Why a verb of this room did not do it.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// What was typed cannot be offered; each field with why.
    #[error("not to be offered")]
    Page(Vec<PageProblem>),
    /// The same of a session.
    #[error("not to be offered")]
    Session(Vec<SessionProblem>),
    /// Not there, or not theirs.
    #[error("no such session")]
    NotFound,
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}
