//! Access tokens: JWTs in the profile of RFC 9068, signed with HS256. Nothing is kept of them: what they say is signed, and whether their key still
//! holds is asked of the database by the statement that reads for them.

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use providers::jwt::use_algorithms;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
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
    use_algorithms();
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
    use_algorithms();
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
