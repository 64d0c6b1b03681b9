//! Google's OAuth: what is particular to it.

use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType};
use secrecy::{ExposeSecret, SecretString};

use super::{Google, SCOPE};
use crate::calendar::{Credentials, RemoteCalendar, SourceError};
use crate::oauth::{Account, Grant, OauthClient, OauthSource, Revoked, TokenError};

/// `access_type=offline` and `prompt=consent` make Google answer with a refresh token every time, also to somebody who consented
/// before.
pub(super) const AUTHORIZE_EXTRA: &[(&str, &str)] = &[("access_type", "offline"), ("prompt", "consent select_account")];

#[async_trait::async_trait]
impl OauthSource for Google {
    fn client(&self) -> &OauthClient {
        &self.oauth
    }

    /// Takes back everything the person granted to the whole Cloud project. A token that is already dead counts as done.
    async fn revoke(&self, token: &SecretString) -> Result<Revoked, TokenError> {
        let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose_secret()).finish();
        let answer = self.oauth.form_call(self.settings.revoke_url.clone(), form.into_bytes(), None, true).await;
        match answer.map_err(|_| TokenError::Down)?.status.as_u16() {
            200..=299 | 400 => Ok(Revoked::Done),
            429 => Err(TokenError::RateLimited),
            _ => Err(TokenError::Down),
        }
    }

    fn is_enough(&self, grant: &Grant) -> bool {
        grant.scopes.is_empty() || grant.scopes.iter().any(|scope| scope == SCOPE)
    }

    /// The main calendar's id is the account's address.
    async fn account(&self, _credentials: &Credentials, calendars: &[RemoteCalendar]) -> Result<Account, SourceError> {
        let main = calendars.iter().find(|calendar| calendar.is_primary).ok_or(SourceError::Unreadable)?;
        Ok(Account { id: main.id.clone(), name: main.id.clone() })
    }
}

/// RFC 6749, 5.2, and Google's own codes.
pub(super) fn token_error(answer: &BasicErrorResponse) -> TokenError {
    match answer.error() {
        BasicErrorResponseType::InvalidGrant => TokenError::GrantDead,
        BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient => TokenError::ClientRefused,
        BasicErrorResponseType::Extension(code) => match code.as_str() {
            "deleted_client" => TokenError::ClientRefused,
            "admin_policy_enforced" | "access_denied" => TokenError::AdminPolicy,
            "rate_limit_exceeded" | "rateLimitExceeded" => TokenError::RateLimited,
            _ => TokenError::Down,
        },
        _ => TokenError::Down,
    }
}
