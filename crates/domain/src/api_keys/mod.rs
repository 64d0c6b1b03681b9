//! API keys: what a person's programs may ask in their name, and the tokens they are exchanged for.
//!
//! Owns:      api_keys
//! May touch: base, vault, accounts, jobs, audit, limits
//! Never:     keep a key or a token; let a token do what asks for a fresh proof
//! Start at:  exchange.rs; token.rs for what a token says

mod end;
mod exchange;
mod list;
mod make;
mod store;
mod token;

pub(crate) use end::end_all_in;
pub use end::end_api_key;
pub use exchange::{Exchanged, exchange, note_use_after_end};
pub(crate) use list::ApiKeyRows;
pub use list::ApiKeyView;
pub use make::{ApiKeyProblem, Lifetime, MAX_KEYS, NewApiKey, make_api_key};
pub use token::{Bearer, read_token};

use crate::limits::TooOften;
use crate::vault::VaultError;

/// Why something about a key was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// Unknown, ended or expired; which of these is not said.
    #[error("there is no such key")]
    Refused,
    /// Scopes were asked for that the key does not have.
    #[error("the key does not have this scope")]
    ScopeMissing,
    /// A value is not acceptable.
    #[error("a value is not acceptable")]
    Invalid(ApiKeyProblem),
    /// Too many tries.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A token could not be made.
    #[error("a token could not be made: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}
