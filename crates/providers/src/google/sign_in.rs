//! Signing in with Google (OpenID Connect): who somebody is, and nothing else of theirs.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use url::Url;

use super::Google;
use crate::oauth::{AuthorizeRequest, TokenError};

/// Who they are, their address, their name.
pub(super) const SCOPES: &[&str] = &["openid", "email", "profile"];
/// A person with several accounts says which.
pub(super) const AUTHORIZE_EXTRA: &[(&str, &str)] = &[("prompt", "select_account")];

/// Somebody, as Google knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoogleIdentity {
    /// Who says so.
    pub issuer: String,
    /// The account; stays the same whatever its address becomes.
    pub subject: String,
    /// Its address.
    pub email: String,
    /// Whether Google asked the address's owner, at some time.
    pub is_verified: bool,
    /// Whether Google gives the address out itself, so that it is known to be theirs now: `gmail.com`, or a Workspace domain.
    pub is_authoritative: bool,
    /// What they are called.
    pub name: Option<String>,
}

/// Why nobody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There is no token.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What came is not signed by Google, or was made for somebody else, for another sign-in, or another time.
    #[error("the ID token is not for us: {0}")]
    Refused(&'static str),
}

impl Google {
    /// The page where people choose an account.
    pub fn sign_in_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        self.sign_in.authorize_url(request)
    }

    /// Trades the code of the way back for who it is. `nonce`: what [`Google::sign_in_url`] was given.
    pub async fn identify(
        &self,
        code: &str,
        verifier: &SecretString,
        nonce: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<GoogleIdentity, IdentityError> {
        let grant = self.sign_in.exchange(code, verifier).await?;
        let id_token = grant.id_token.ok_or(IdentityError::Refused("there is none"))?;
        self.verify_id_token(&id_token, nonce, now).await
    }
}
