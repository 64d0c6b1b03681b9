//! Signing in with Google (OpenID Connect): who comes back is known by issuer and subject, never by an address that another may have tomorrow.
//!
//! Nothing of it is kept in the database before somebody comes back: a seed waits in the session, and state, nonce and PKCE verifier follow from it
//! with a key of the installation. A copy of the sessions' table finishes nobody's sign-in.

mod link;
mod prove;
mod sign_in;
mod welcome;

use providers::google::{GoogleIdentity, IdentityError};
use providers::oauth::{AuthorizeRequest, AuthorizeResponse, TokenError};
use serde::{Deserialize, Serialize};
use types::{Notice, UserId};

use super::AccountError;
use crate::base::{Away, Deps, NotBack, Op};
use crate::limits::{self, Limit};
use crate::vault::{LookupHash, PersonKey, Place};

pub use link::{link_google, unlink_google};
pub use prove::prove_with_google;
pub use sign_in::sign_in_with_google;

const GOOGLE: &str = "google";

/// What somebody was sent to Google for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum GooglePurpose {
    /// To sign in, and then to go on to this page.
    SignIn {
        /// A path of ours.
        next: String,
    },
    /// To have the account there open this person's account here.
    Link(UserId),
    /// To show once more that it is this person, and then to go on to a page.
    Prove {
        /// Who.
        user: UserId,
        /// A path of ours.
        next: String,
    },
}

/// Somebody who was sent to Google. Waits in the session.
#[derive(Debug, Serialize, Deserialize)]
pub struct GoogleAttempt {
    away: Away,
    /// What for.
    pub purpose: GooglePurpose,
}

/// Why it came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum GoogleProblem {
    /// What the person is told.
    #[error("{0}")]
    Notice(Notice),
    /// As with any other way to sign in.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<sqlx::Error> for GoogleProblem {
    fn from(error: sqlx::Error) -> Self {
        Self::Account(error.into())
    }
}

impl From<IdentityError> for GoogleProblem {
    fn from(error: IdentityError) -> Self {
        Self::Notice(match error {
            IdentityError::Token(TokenError::GrantDead) | IdentityError::Refused(_) => Notice::GoogleRefused,
            IdentityError::Token(_) => Notice::GoogleDown,
        })
    }
}

/// Where the browser must go, and what must be there when it comes back. `None`: Google is not set up here.
pub async fn begin_google(deps: &Deps, op: &Op, purpose: GooglePurpose) -> Result<Option<(String, GoogleAttempt)>, AccountError> {
    let Some(google) = &deps.providers.google else { return Ok(None) };
    limits::take_for_client(deps, op, Limit::SignInsBegunFromAddress).await??;
    let away = Away::begin(deps);
    let (state, nonce, verifier) = (away.state(deps, GOOGLE), away.nonce(deps, GOOGLE), away.verifier(deps, GOOGLE));
    let request = AuthorizeRequest { state: &state, verifier: &verifier, login_hint: None, nonce: Some(&nonce) };
    Ok(Some((google.sign_in_url(&request).into(), GoogleAttempt { away, purpose })))
}

/// Who came back. Asks Google, outside of any transaction.
pub async fn identify_google(deps: &Deps, attempt: &GoogleAttempt, back: AuthorizeResponse) -> Result<GoogleIdentity, GoogleProblem> {
    let google = deps.providers.google.as_ref().ok_or(GoogleProblem::Notice(Notice::GoogleDown))?;
    match attempt.away.come_back(deps, GOOGLE, back.state.as_deref()) {
        Ok(()) => {}
        Err(NotBack::Foreign) => return Err(GoogleProblem::Notice(Notice::GoogleRefused)),
        Err(NotBack::Late) => return Err(GoogleProblem::Notice(Notice::SignInAgain)),
    }
    match back.error.as_deref() {
        Some("temporarily_unavailable" | "server_error") => return Err(GoogleProblem::Notice(Notice::GoogleDown)),
        Some(_) => return Err(GoogleProblem::Notice(Notice::GoogleDeclined)),
        None => {}
    }
    let code = back.code.filter(|code| !code.is_empty()).ok_or(GoogleProblem::Notice(Notice::GoogleRefused))?;
    let identity = google.identify(&code, &attempt.away.verifier(deps, GOOGLE), &attempt.away.nonce(deps, GOOGLE), deps.now()).await;
    Ok(identity.inspect_err(|error| tracing::info!(%error, "Google's answer was not taken"))?)
}

fn subject_hash(deps: &Deps, identity: &GoogleIdentity) -> LookupHash {
    deps.vault.lookup().hash("openid subject", format!("{} {}", identity.issuer, identity.subject).as_bytes())
}

/// There is one of these a person at most.
fn email_place(user: UserId) -> Place {
    Place::new("openid_identities", "email_sealed", user.0)
}

/// What the account at Google was called; `None` when the key to that is missing.
pub(super) fn open_google_email(key: &PersonKey, user: UserId, sealed: &[u8]) -> Option<String> {
    key.open_text(email_place(user), sealed).ok()
}
