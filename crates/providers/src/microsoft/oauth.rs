//! Entra ID's OAuth: what is particular to it.

use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType};
use secrecy::SecretString;

use super::Microsoft;
use super::wire::Me;
use crate::calendar::{Credentials, RemoteCalendar, SourceError};
use crate::oauth::{Account, Grant, OauthClient, OauthSource, Revoked, TokenError};

/// People choose among their accounts; consent is asked only where it is missing.
pub(super) const AUTHORIZE_EXTRA: &[(&str, &str)] = &[("response_mode", "query"), ("prompt", "select_account")];

#[async_trait::async_trait]
impl OauthSource for Microsoft {
    fn client(&self) -> &OauthClient {
        &self.oauth
    }

    /// Entra ID has no revocation endpoint for apps. `revokeSignInSessions` would sign the person out everywhere.
    async fn revoke(&self, _token: &SecretString) -> Result<Revoked, TokenError> {
        Ok(Revoked::ByPersonOnly)
    }

    /// The list may leave out `offline_access`, and names scopes with or without the host, in any case.
    fn is_enough(&self, grant: &Grant) -> bool {
        let reads = |scope: &String| scope.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("Calendars.Read"));
        grant.refresh_token.is_some() && (grant.scopes.is_empty() || grant.scopes.iter().any(reads))
    }

    /// `id` of `/me` is the account's object id: unlike addresses, nobody can set it in a tenant of their own.
    async fn account(&self, credentials: &Credentials, _calendars: &[RemoteCalendar]) -> Result<Account, SourceError> {
        let mut url = self.endpoint(&["me"])?;
        url.query_pairs_mut().append_pair("$select", "id,displayName,mail,userPrincipalName");
        let me: Me = self.read(credentials, url).await?;
        let name = me.mail.filter(|mail| !mail.is_empty()).unwrap_or(me.user_principal_name);
        Ok(Account { id: me.id, name })
    }
}

/// The number in `AADSTSnnnnn`, with which every description begins.
fn aadsts(answer: &BasicErrorResponse) -> Option<u32> {
    let description = answer.error_description()?;
    let digits: String = description.strip_prefix("AADSTS")?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// RFC 6749, 5.2, Entra's own words, and where those are too coarse its numbers.
pub(super) fn token_error(answer: &BasicErrorResponse) -> TokenError {
    match (answer.error(), aadsts(answer)) {
        // Our own secret is wrong or has expired: nobody's consent is at fault.
        (BasicErrorResponseType::InvalidClient | BasicErrorResponseType::UnauthorizedClient, _) | (_, Some(7_000_215 | 7_000_222)) => {
            TokenError::ClientRefused
        }
        (_, Some(90_094 | 90_095)) => TokenError::AdminPolicy,
        (BasicErrorResponseType::InvalidGrant, _) => TokenError::GrantDead,
        (BasicErrorResponseType::Extension(code), _) => match code.as_str() {
            "interaction_required" | "login_required" => TokenError::GrantDead,
            "consent_required" => TokenError::AdminPolicy,
            _ => TokenError::Down,
        },
        _ => TokenError::Down,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(error: &str, description: &str) -> TokenError {
        let body = serde_json::json!({"error": error, "error_description": description, "error_codes": [1], "trace_id": "x"});
        token_error(&serde_json::from_value(body).unwrap())
    }

    #[test]
    fn our_own_secret_is_told_from_a_consent_that_is_gone() {
        assert_eq!(meaning("invalid_client", "AADSTS7000222: The provided client secret keys are expired."), TokenError::ClientRefused);
        assert_eq!(meaning("invalid_grant", "AADSTS700082: The refresh token has expired due to inactivity."), TokenError::GrantDead);
        assert_eq!(meaning("invalid_grant", "AADSTS50173: The provided grant has expired."), TokenError::GrantDead);
        assert_eq!(meaning("interaction_required", "AADSTS50076: you must use multi-factor authentication"), TokenError::GrantDead);
        assert_eq!(meaning("invalid_grant", "AADSTS90094: admin consent is required"), TokenError::AdminPolicy);
        assert_eq!(meaning("temporarily_unavailable", "AADSTS90033: A transient error has occurred."), TokenError::Down);
    }
}
