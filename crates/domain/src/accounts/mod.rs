//! Accounts: who somebody is, and that it is them.
//!
//! Owns:      users, user_tokens, sessions, working_exceptions, totp_authenticators, recovery_codes, passkeys, openid_identities
//! May touch: base, vault, jobs, audit, limits, consents
//! Never:     say whether an address has an account; keep a password
//! Start at:  sign_in.rs for the shape of a verb, link.rs for links in mail

pub mod administration;
mod breached;
mod browser;
mod change_password;
#[cfg(feature = "demo")]
pub mod demo;
mod device;
mod email;
mod end_sessions;
mod exception;
mod finish_sign_in;
mod google;
mod hours;
mod link;
mod link_request;
mod passkeys;
mod password;
mod person;
mod profile;
mod reset;
mod second_factor;
mod security;
mod session;
mod sign_in;
mod sign_out;
mod sign_up;
mod store;
mod verify;
mod viewer;
mod watched_session;

pub use browser::{Browser, browser_of, seal_browser, tell_of_browser};
pub use change_password::change_password;
pub use device::remember_device_of;
pub use email::{Email, NotAnEmail};
pub use end_sessions::{Ended, end_sessions};
pub use exception::{ExceptionProblem, MAX_EXCEPTIONS, remove_exception, set_exception};
pub use finish_sign_in::finish_sign_in;
pub use google::{
    GoogleAttempt, GoogleProblem, GooglePurpose, begin_google, identify_google, link_google, prove_with_google, sign_in_with_google,
    unlink_google,
};
pub use hours::{Minutes, NotMinutes, WorkingHours};
pub use passkeys::{
    AuthenticationCeremony, MAX_PASSKEYS, PasskeySignIn, RegistrationCeremony, begin_authentication, begin_registration,
    finish_registration, has_passkeys, prove_with_passkey, remove_passkey, sign_in_with_passkey,
};
pub use password::{Hasher, PasswordProblem};
pub use person::{Person, Recipient, Zoned, recipient, zone_of};
pub(crate) use person::{PersonRow, open_identity};
pub use profile::{ProfileChange, ProfileError, ProfileProblem, change, check};
pub use reset::{request as request_reset, reset};
pub use second_factor::{begin_totp, confirm_totp, prove_again, remove_totp, renew_recovery_codes};
pub use security::{GoogleView, HistoryView, PasskeyView, SecondFactor, SecurityView, SessionView};
pub(crate) use security::{SecurityRows, Seen};
pub use session::{
    PresentSession, create as create_session, delete as delete_session, find as find_session, put_in_session, save as save_session,
    take_from_session,
};
pub use sign_in::{SignIn, SignedIn, sign_in};
pub use sign_out::sign_out;
pub use sign_up::{SignUp, SignUpProblem, sign_up};
pub use verify::{resend, verify};
pub use viewer::{Identity, Viewer, identify, session_hash};
pub use watched_session::{note_planted_session, session_returned};

pub use link::{link_text, make as make_link, purpose_path};
pub(crate) use store::{find_token_in, has_no_password_in, is_locked_in, lock_in};

use crate::limits::TooOften;
use crate::vault::VaultError;

/// Why a verb of this room did not do it.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Unknown address or wrong password; which of the two is not said.
    #[error("the address or the password is wrong")]
    Refused,
    /// The password is right, but the address has not been confirmed.
    #[error("the address has not been confirmed")]
    NotVerified,
    /// The password is right, and an admin locked the account.
    #[error("the account is locked")]
    Locked,
    /// The passkey is theirs, and was added before the password was set anew by mail: it comes after that password.
    #[error("the password comes first")]
    PasswordFirst,
    /// The link is unknown, used or too old.
    #[error("the link does not work any more")]
    LinkDead,
    /// A value is not acceptable.
    #[error("a value is not acceptable")]
    Invalid(Vec<SignUpProblem>),
    /// Too many passwords are being checked right now.
    #[error("too many passwords are being checked right now")]
    Busy,
    /// Too many passwords were tried for this address, or from the same place.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// Something of ours failed.
    #[error("the accounts room failed")]
    Internal(#[from] cause::Source),
}

/// One shape for causes that no caller can do anything about; keeps the chain.
pub mod cause {
    use crate::vault::VaultError;

    /// The cause.
    #[derive(Debug, thiserror::Error)]
    pub enum Source {
        /// The database.
        #[error(transparent)]
        Database(#[from] sqlx::Error),
        /// The vault.
        #[error(transparent)]
        Vault(#[from] VaultError),
        /// The hasher.
        #[error("argon2 failed: {0}")]
        Argon2(String),
        /// A secret of an authenticator app.
        #[error("an authenticator's secret cannot be used: {0}")]
        Totp(String),
        /// A ceremony with a passkey.
        #[error("a ceremony with a passkey could not be begun: {0}")]
        Webauthn(#[from] webauthn_rs::prelude::WebauthnError),
        /// A passkey that cannot be written down.
        #[error("a passkey cannot be written down: {0}")]
        Json(#[from] serde_json::Error),
    }
}

impl From<sqlx::Error> for AccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<VaultError> for AccountError {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.into())
    }
}
