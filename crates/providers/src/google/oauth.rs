//! Authorization code with PKCE (RFC 7636), refresh, revocation (RFC 7009).

use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{BasicClient, BasicErrorResponseType, BasicRequestTokenError, BasicTokenResponse};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, TokenResponse, TokenUrl,
};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{Google, SCOPE};
use crate::outbound::{Body, OutboundError, Request, Response};

type Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// What the person's browser is sent to Google with.
#[derive(Debug)]
pub struct AuthorizeRequest<'a> {
    /// Ties the way back to this session; echoed.
    pub state: &'a SecretString,
    /// The PKCE verifier; only its hash is sent.
    pub verifier: &'a SecretString,
    /// Shows Google which account is meant, when reconnecting.
    pub login_hint: Option<&'a str>,
}

/// What Google granted.
#[derive(Debug)]
pub struct Grant {
    /// For the Calendar API, about an hour.
    pub access_token: SecretString,
    /// For the next access token; absent on refresh, where the old one stays valid.
    pub refresh_token: Option<SecretString>,
    /// Life of the access token.
    pub expires_in: Duration,
    /// What was granted, which may be less than was asked. Empty when the answer does not say, which means: as asked.
    pub scopes: Vec<String>,
}

/// Why there is no token. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The code or refresh token is dead: `invalid_grant`.
    #[error("the grant is dead")]
    GrantDead,
    /// Our own client id or secret is refused: `invalid_client`, `unauthorized_client`, `deleted_client`.
    #[error("the client is refused")]
    ClientRefused,
    /// An administrator forbids it: `admin_policy_enforced`.
    #[error("an administrator forbids it")]
    AdminPolicy,
    /// Asked to wait.
    #[error("rate limited")]
    RateLimited,
    /// Unreachable, or its own failure, or an answer that could not be understood.
    #[error("the token server is down")]
    Down,
}

/// The guarded client as the `oauth2` crate wants it.
struct OauthHttp<'g>(&'g Google);

impl<'c> oauth2::AsyncHttpClient<'c> for OauthHttp<'_> {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.oauth_call(request))
    }
}

impl Google {
    fn client(&self) -> Client {
        let settings = &self.settings;
        BasicClient::new(ClientId::new(settings.client_id.clone()))
            .set_client_secret(ClientSecret::new(settings.client_secret.expose_secret().to_owned()))
            .set_auth_uri(AuthUrl::from_url(settings.auth_url.clone()))
            .set_token_uri(TokenUrl::from_url(settings.token_url.clone()))
            .set_redirect_uri(RedirectUrl::from_url(settings.redirect_url.clone()))
            .set_auth_type(AuthType::RequestBody)
    }

    /// The URL of Google's consent page. `access_type=offline` and `prompt=consent` make it answer with a refresh token every
    /// time, also to somebody who consented before.
    pub fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        let verifier = PkceCodeVerifier::new(request.verifier.expose_secret().to_owned());
        let state = request.state.expose_secret().to_owned();
        let client = self.client();
        let mut builder = client
            .authorize_url(|| CsrfToken::new(state))
            .add_scope(Scope::new(SCOPE.to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .add_extra_param("access_type", "offline")
            .add_extra_param("prompt", "consent select_account");
        if let Some(hint) = request.login_hint {
            builder = builder.add_extra_param("login_hint", hint);
        }
        builder.url().0
    }

    /// The origin people are sent to; the content security policy must let forms lead there.
    pub fn consent_origin(&self) -> String {
        self.settings.auth_url.origin().ascii_serialization()
    }

    /// Trades the code of the way back for tokens.
    pub async fn exchange(&self, code: &str, verifier: &SecretString) -> Result<Grant, TokenError> {
        self.client()
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
            .request_async(&OauthHttp(self))
            .await
            .map(grant)
            .map_err(token_error)
    }

    /// A new access token for a refresh token.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Grant, TokenError> {
        self.client()
            .exchange_refresh_token(&RefreshToken::new(refresh_token.expose_secret().to_owned()))
            .request_async(&OauthHttp(self))
            .await
            .map(grant)
            .map_err(token_error)
    }

    /// Takes back everything the person granted. A token that is already dead counts as done.
    pub async fn revoke(&self, token: &SecretString) -> Result<(), TokenError> {
        let form = url::form_urlencoded::Serializer::new(String::new()).append_pair("token", token.expose_secret()).finish();
        let response = self.form_call(self.settings.revoke_url.clone(), form.into_bytes(), true).await.map_err(|_| TokenError::Down)?;
        match response.status.as_u16() {
            200..=299 | 400 => Ok(()),
            429 => Err(TokenError::RateLimited),
            _ => Err(TokenError::Down),
        }
    }

    async fn oauth_call(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| OutboundError::OriginRefused)?;
        // A lost answer to a code exchange has used the code up, so it is never sent twice. A refresh at Google may be.
        let repeatable = request.body().windows(13).any(|part| part == b"refresh_token");
        let response = self.form_call(url, request.into_body(), repeatable).await?;
        let mut answer = HttpResponse::new(response.body);
        *answer.status_mut() = response.status;
        if let Some(content_type) = response.headers.get(CONTENT_TYPE) {
            answer.headers_mut().insert(CONTENT_TYPE, content_type.clone());
        }
        Ok(answer)
    }

    async fn form_call(&self, url: Url, form: Vec<u8>, repeatable: bool) -> Result<Response, OutboundError> {
        let request = Request {
            method: reqwest::Method::POST,
            url,
            headers: vec![(ACCEPT, reqwest::header::HeaderValue::from_static("application/json"))],
            authorization: None,
            body: Body::Bytes("application/x-www-form-urlencoded", form),
            repeatable,
        };
        self.outbound.send(&self.destination, request).await
    }
}

fn grant(answer: BasicTokenResponse) -> Grant {
    Grant {
        access_token: answer.access_token().secret().clone().into(),
        refresh_token: answer.refresh_token().map(|token| token.secret().clone().into()),
        expires_in: answer.expires_in().unwrap_or(Duration::from_hours(1)),
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()).unwrap_or_default(),
    }
}

fn token_error(error: BasicRequestTokenError<OutboundError>) -> TokenError {
    let RequestTokenError::ServerResponse(answer) = error else { return TokenError::Down };
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
