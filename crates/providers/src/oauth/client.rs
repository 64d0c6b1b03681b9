//! The `oauth2` crate over the guarded HTTP client.

use std::pin::Pin;
use std::time::Duration;

use oauth2::basic::{
    BasicErrorResponse, BasicRequestTokenError, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, ExtraTokenFields, HttpRequest,
    HttpResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{AuthorizeRequest, Grant, TokenError};
use crate::outbound::{Body, Destination, Outbound, OutboundError, Request, Response};

/// What OpenID Connect adds to a token answer.
#[derive(Debug, Deserialize, Serialize)]
struct OpenidFields {
    id_token: Option<String>,
}

impl ExtraTokenFields for OpenidFields {}

type Answer = StandardTokenResponse<OpenidFields, BasicTokenType>;

type Client<HasAuthUrl = EndpointSet, HasTokenUrl = EndpointSet> = oauth2::Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    HasAuthUrl,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    HasTokenUrl,
>;

/// Who we are to one provider, and where it is.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The client id.
    pub client_id: String,
    /// The client secrets, the newest first: while one is changed at a provider, two are known there.
    pub client_secrets: Vec<SecretString>,
    /// The page people are sent to.
    pub auth_url: Url,
    /// Where codes and refresh tokens are traded.
    pub token_url: Url,
    /// Our own callback, registered with the provider byte for byte.
    pub redirect_url: Url,
    /// What is asked for.
    pub scopes: &'static [&'static str],
    /// What the provider wants on the consent page's address besides the standard.
    pub authorize_extra: &'static [(&'static str, &'static str)],
    /// Whether a refresh names the scopes again (Microsoft).
    pub scopes_on_refresh: bool,
    /// How the client shows who it is at the token endpoint (RFC 6749, 2.3.1).
    pub client_authentication: AuthType,
    /// Whether a refresh whose answer was lost may be sent again: where refresh tokens are used once, it may not.
    pub refresh_is_repeatable: bool,
    /// What an error answer of the token endpoint means at this provider.
    pub error: fn(&BasicErrorResponse) -> TokenError,
}

/// One provider's OAuth endpoints.
#[derive(Debug, Clone)]
pub struct OauthClient {
    settings: ClientSettings,
    outbound: Outbound,
    destination: Destination,
}

/// The guarded client as the `oauth2` crate wants it.
struct OauthHttp<'g>(&'g OauthClient);

impl<'c> oauth2::AsyncHttpClient<'c> for OauthHttp<'_> {
    type Error = OutboundError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.0.oauth_call(request))
    }
}

impl OauthClient {
    /// Calls only `destination`.
    pub const fn new(settings: ClientSettings, outbound: Outbound, destination: Destination) -> Self {
        Self { settings, outbound, destination }
    }

    fn client(&self) -> Client {
        let settings = &self.settings;
        Client::<EndpointNotSet, EndpointNotSet>::new(ClientId::new(settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(settings.auth_url.clone()))
            .set_token_uri(TokenUrl::from_url(settings.token_url.clone()))
            .set_redirect_uri(RedirectUrl::from_url(settings.redirect_url.clone()))
            .set_auth_type(settings.client_authentication.clone())
    }

    /// By one secret after the other: each is asked by as long as the provider does not know the one before.
    fn clients(&self) -> impl Iterator<Item = Client> {
        self.settings
            .client_secrets
            .iter()
            .map(|secret| self.client().set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())))
    }

    fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.settings.scopes.iter().map(|scope| Scope::new((*scope).to_owned()))
    }

    /// The URL of the consent page.
    pub fn authorize_url(&self, request: &AuthorizeRequest<'_>) -> Url {
        let verifier = PkceCodeVerifier::new(request.verifier.expose_secret().to_owned());
        let state = request.state.expose_secret().to_owned();
        let client = self.client();
        let mut builder = client
            .authorize_url(|| CsrfToken::new(state))
            .add_scopes(self.scopes())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        for (name, value) in self.settings.authorize_extra {
            builder = builder.add_extra_param(*name, *value);
        }
        if let Some(hint) = request.login_hint {
            builder = builder.add_extra_param("login_hint", hint);
        }
        if let Some(nonce) = request.nonce {
            builder = builder.add_extra_param("nonce", nonce.expose_secret());
        }
        builder.url().0
    }

    /// Scheme, host and port of the consent page.
    pub fn consent_origin(&self) -> String {
        self.settings.auth_url.origin().ascii_serialization()
    }

    /// Trades the code of the way back for tokens.
    pub async fn exchange(&self, code: &str, verifier: &SecretString) -> Result<Grant, TokenError> {
        for client in self.clients() {
            let answer = client
                .exchange_code(AuthorizationCode::new(code.to_owned()))
                .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()))
                .request_async(&OauthHttp(self))
                .await
                .map_err(|error| self.token_error(error));
            if !matches!(answer, Err(TokenError::ClientRefused)) {
                return answer.map(grant);
            }
        }
        Err(TokenError::ClientRefused)
    }

    /// A new access token for a refresh token.
    pub async fn refresh(&self, refresh_token: &SecretString) -> Result<Grant, TokenError> {
        let refresh_token = RefreshToken::new(refresh_token.expose_secret().to_owned());
        for client in self.clients() {
            let mut request = client.exchange_refresh_token(&refresh_token);
            if self.settings.scopes_on_refresh {
                request = request.add_scopes(self.scopes());
            }
            let answer = request.request_async(&OauthHttp(self)).await.map_err(|error| self.token_error(error));
            if !matches!(answer, Err(TokenError::ClientRefused)) {
                return answer.map(grant);
            }
        }
        Err(TokenError::ClientRefused)
    }

    fn token_error(&self, error: BasicRequestTokenError<OutboundError>) -> TokenError {
        match error {
            RequestTokenError::ServerResponse(answer) => (self.settings.error)(&answer),
            RequestTokenError::Request(OutboundError::CircuitOpen) => TokenError::NotTried,
            _ => TokenError::Down,
        }
    }

    async fn oauth_call(&self, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
        let url = Url::parse(&request.uri().to_string()).map_err(|_| OutboundError::OriginRefused)?;
        // A lost answer to a code exchange has used the code up, so it is never sent twice.
        let is_refresh = request.body().windows(13).any(|part| part == b"refresh_token");
        let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(|value| value.to_owned().into());
        let repeatable = is_refresh && self.settings.refresh_is_repeatable;
        let response = self.form_call(url, request.into_body(), authorization, repeatable).await?;
        let mut answer = HttpResponse::new(response.body);
        *answer.status_mut() = response.status;
        if let Some(content_type) = response.headers.get(CONTENT_TYPE) {
            answer.headers_mut().insert(CONTENT_TYPE, content_type.clone());
        }
        Ok(answer)
    }

    /// A form post that answers JSON.
    pub async fn form_call(
        &self,
        url: Url,
        form: Vec<u8>,
        authorization: Option<SecretString>,
        repeatable: bool,
    ) -> Result<Response, OutboundError> {
        let request = Request {
            method: reqwest::Method::POST,
            url,
            headers: vec![(ACCEPT, reqwest::header::HeaderValue::from_static("application/json"))],
            authorization,
            body: Body::Bytes("application/x-www-form-urlencoded", form),
            repeatable,
        };
        self.outbound.send(&self.destination, request).await
    }
}

fn grant(answer: Answer) -> Grant {
    Grant {
        access_token: answer.access_token().secret().clone().into(),
        refresh_token: answer.refresh_token().map(|token| token.secret().clone().into()),
        expires_in: answer.expires_in().unwrap_or(Duration::from_hours(1)),
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()).unwrap_or_default(),
        id_token: answer.extra_fields().id_token.clone().map(Into::into),
    }
}
