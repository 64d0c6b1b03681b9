//! Access tokens: JWTs in the profile of RFC 9068, signed with HS256. Nothing is kept of them: what they say is signed, and whether their key still
//! holds is asked of the database by the statement that reads for them.

use std::sync::Once;

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use types::{ApiKeyId, Scope, UserId};
use uuid::Uuid;

use super::ApiKeyError;
use crate::base::Deps;

/// How long a token holds at most.
pub(super) const LIFETIME: TimeDelta = TimeDelta::minutes(30);
/// The media type of an access token (RFC 9068, 2.1): nothing else that the same key may sign one day is taken for one.
const TYPE: &str = "at+jwt";
/// No token that we sign is longer.
const MAX_LENGTH: usize = 2_048;

/// For whom a program asks, with which key, and what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// The person.
    pub user: UserId,
    /// Their key.
    pub key: ApiKeyId,
    /// What the token allows.
    pub scopes: Vec<Scope>,
}

/// RFC 9068, 2.2.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    client_id: ApiKeyId,
    scope: String,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

fn audience(deps: &Deps) -> String {
    format!("{}/api", deps.settings.public_url)
}

/// A token that holds for `lifetime` from now on.
pub(super) fn sign(deps: &Deps, bearer: &Bearer, lifetime: TimeDelta) -> Result<SecretString, ApiKeyError> {
    use_hs256();
    let now = deps.now();
    let claims = Claims {
        iss: deps.settings.public_url.clone(),
        aud: audience(deps),
        sub: bearer.user,
        client_id: bearer.key,
        scope: bearer.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
        iat: now.timestamp(),
        exp: (now + lifetime).timestamp(),
        jti: deps.new_id(),
    };
    let (id, secret) = deps.vault.tokens().current();
    let mut header = Header::new(Algorithm::HS256);
    (header.typ, header.kid) = (Some(TYPE.to_owned()), Some(id.to_owned()));
    let text = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.expose_secret()))?;
    Ok(text.into())
}

/// What a token says; `None`: it is none of ours, or too old. Whether its key still holds is for the database to say.
pub fn read_token(deps: &Deps, text: &str) -> Option<Bearer> {
    use_hs256();
    if text.len() > MAX_LENGTH {
        return None;
    }
    let header = jsonwebtoken::decode_header(text).ok().filter(|header| header.typ.as_deref() == Some(TYPE))?;
    let secret = deps.vault.tokens().find(header.kid.as_deref()?)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[&deps.settings.public_url]);
    validation.set_audience(&[audience(deps)]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // By our own clock, below.
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(text, &DecodingKey::from_secret(secret.expose_secret()), &validation).ok()?.claims;
    // The clocks of two replicas differ by less than a minute.
    let (now, drift) = (deps.now(), TimeDelta::minutes(1));
    if claims.exp <= now.timestamp() || claims.iat > (now + drift).timestamp() {
        return None;
    }
    let scopes = claims.scope.split(' ').map(str::parse).collect::<Result<Vec<Scope>, _>>().ok()?;
    Some(Bearer { user: claims.sub, key: claims.client_id, scopes })
}

/// The one algorithm there is here. The library's own providers bring every other along, and one of them a library with a known weakness
/// (RUSTSEC-2023-0071).
struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, family: AlgorithmFamily, secret: &[u8]) -> Result<Self, Error> {
        if algorithm != Algorithm::HS256 || family != AlgorithmFamily::Hmac {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(secret).map(Self).map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.family(), key.as_bytes())?)),
    verifier_factory: |algorithm, key| Ok(Box::new(Hs256::new(*algorithm, key.family(), key.try_get_as_bytes()?)?)),
    key_utils: KeyUtils::new_unimplemented(),
};

fn use_hs256() {
    static ONCE: Once = Once::new();
    // Nothing else in this program signs with the library.
    ONCE.call_once(|| {
        let _ = PROVIDER.install_default();
    });
}
