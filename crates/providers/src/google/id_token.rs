//! What an ID token must hold (OpenID Connect Core, 3.1.3.7), and the keys that Google signs with.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::header::{ACCEPT, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::Google;
use super::sign_in::{GoogleIdentity, IdentityError};
use crate::jwt::use_algorithms;
use crate::oauth::TokenError;
use crate::outbound::{Body, OutboundError, Request};

/// Keys are asked for again after this; Google changes them every few days and announces the next a day before.
const KEYS_LIVE: TimeDelta = TimeDelta::hours(6);
/// An unknown key id asks for them again, but not more often than this.
const KEYS_REST: TimeDelta = TimeDelta::minutes(1);
/// How far two clocks may be apart.
const DRIFT: TimeDelta = TimeDelta::minutes(5);
/// No ID token is older when it arrives.
const FRESH: TimeDelta = TimeDelta::minutes(15);

/// The keys, and when they were asked for.
#[derive(Debug, Default)]
pub(super) struct SigningKeys(Mutex<Option<(DateTime<Utc>, JwkSet)>>);

impl SigningKeys {
    /// The key of this id, if it is among those that are young enough.
    fn find(&self, id: &str, now: DateTime<Utc>) -> Option<DecodingKey> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, keys) = kept.as_ref().filter(|(at, _)| now - *at < KEYS_LIVE)?;
        match &keys.find(id)?.algorithm {
            AlgorithmParameters::RSA(rsa) => DecodingKey::from_rsa_components(&rsa.n, &rsa.e).ok(),
            _ => None,
        }
    }

    /// Whether they were asked for a moment ago.
    fn rest(&self, now: DateTime<Utc>) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().is_some_and(|(at, _)| now - *at < KEYS_REST)
    }

    fn keep(&self, now: DateTime<Utc>, keys: JwkSet) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, keys));
    }
}

#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    azp: Option<String>,
    iat: i64,
    exp: i64,
    nonce: Option<String>,
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
    hd: Option<String>,
    name: Option<String>,
}

impl Google {
    pub(super) async fn verify_id_token(
        &self,
        token: &SecretString,
        nonce: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<GoogleIdentity, IdentityError> {
        use_algorithms();
        let refused = IdentityError::Refused;
        let header = jsonwebtoken::decode_header(token.expose_secret()).map_err(|_| refused("not a token"))?;
        let id = header.kid.filter(|_| header.alg == Algorithm::RS256).ok_or(refused("another algorithm"))?;
        let mut key = self.keys.find(&id, now);
        if key.is_none() && !self.keys.rest(now) {
            self.keys.keep(now, self.fetch_keys().await?);
            key = self.keys.find(&id, now);
        }
        let key = key.ok_or(refused("an unknown key"))?;
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[&self.settings.client_id]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // By the clock that is given, below.
        validation.validate_exp = false;
        let claims =
            jsonwebtoken::decode::<Claims>(token.expose_secret(), &key, &validation).map_err(|_| refused("not signed for us"))?.claims;
        self.identity(claims, nonce, now)
    }

    fn identity(&self, claims: Claims, nonce: &SecretString, now: DateTime<Utc>) -> Result<GoogleIdentity, IdentityError> {
        let refused = IdentityError::Refused;
        let issuer = &self.settings.issuer;
        // Google writes its own with or without the scheme.
        if claims.iss != *issuer && Some(claims.iss.as_str()) != issuer.strip_prefix("https://") {
            return Err(refused("another issuer"));
        }
        if claims.azp.is_some_and(|party| party != self.settings.client_id) {
            return Err(refused("given to another client"));
        }
        if claims.nonce.as_deref() != Some(nonce.expose_secret()) {
            return Err(refused("of another sign-in"));
        }
        let (issued, now) = (claims.iat, now.timestamp());
        if claims.exp <= now || issued > now + DRIFT.num_seconds() || issued < now - FRESH.num_seconds() {
            return Err(refused("of another time"));
        }
        let email = claims.email.ok_or(refused("without an address"))?;
        Ok(GoogleIdentity {
            issuer: issuer.clone(),
            subject: claims.sub,
            // developers.google.com/identity/gsi/web/guides/verify-google-id-token
            is_authoritative: claims.email_verified && (claims.hd.is_some() || email.to_ascii_lowercase().ends_with("@gmail.com")),
            is_verified: claims.email_verified,
            email,
            name: claims.name,
        })
    }

    async fn fetch_keys(&self) -> Result<JwkSet, TokenError> {
        let request = Request {
            method: reqwest::Method::GET,
            url: self.settings.jwks_url.clone(),
            headers: vec![(ACCEPT, HeaderValue::from_static("application/json"))],
            authorization: None,
            body: Body::Empty,
            repeatable: true,
        };
        let answer = self.outbound.send(&self.destination, request).await.map_err(|error| match error {
            OutboundError::CircuitOpen => TokenError::NotTried,
            _ => TokenError::Down,
        })?;
        if !answer.status.is_success() {
            return Err(TokenError::Down);
        }
        serde_json::from_slice(&answer.body).map_err(|_| TokenError::Down)
    }
}
