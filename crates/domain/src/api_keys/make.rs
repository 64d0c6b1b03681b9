//! A person makes a key for a program of theirs.

use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use types::{ApiKeyId, Role, Scope};

use super::{ApiKeyError, store};
use crate::accounts;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::vault::{LookupHash, PersonKey, Place};

/// As many keys as a person may have at once.
pub const MAX_KEYS: usize = 20;
/// The longest name, in characters.
const MAX_NAME: usize = 60;
/// What every key begins with, so that one that was published by mistake is found (and this house's own secret scan finds it).
const PREFIX: &str = "kairos_key_";

/// How long a key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// A month.
    Days30,
    /// A quarter.
    Days90,
    /// A year.
    Days365,
}

impl Lifetime {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Days30, Self::Days90, Self::Days365];

    /// In days.
    pub const fn days(self) -> i64 {
        match self {
            Self::Days30 => 30,
            Self::Days90 => 90,
            Self::Days365 => 365,
        }
    }
}

/// What was typed.
#[derive(Debug)]
pub struct NewApiKey {
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How long it lives.
    pub lifetime: Lifetime,
}

/// What is not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyProblem {
    /// The name is empty or too long.
    Name,
    /// There is a key of this name: the form was sent twice, or nobody could tell the two apart.
    NameTaken,
    /// No scope, or one that the person may not use themselves.
    Scopes,
    /// There are [`MAX_KEYS`] already.
    TooMany,
}

pub(super) fn name_place(key: ApiKeyId) -> Place {
    Place::new("api_keys", "name_sealed", key.0)
}

/// What is kept of a key.
pub(super) fn hash(deps: &Deps, key: &SecretString) -> LookupHash {
    deps.vault.lookup().hash("api key", key.expose_secret().as_bytes())
}

/// Makes it. The key itself is the answer, this once. `roles`: the person's own, which no key goes beyond.
pub async fn make_api_key(deps: &Deps, op: &Op, roles: &[Role], new: NewApiKey) -> Result<SecretString, ApiKeyError> {
    let user = op.user().ok_or(ApiKeyError::Refused)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(ApiKeyError::Invalid(ApiKeyProblem::Name));
    }
    if new.scopes.is_empty() || !new.scopes.iter().all(|scope| scope.permission().allows(roles)) {
        return Err(ApiKeyError::Invalid(ApiKeyProblem::Scopes));
    }
    let (id, now) = (ApiKeyId(deps.new_id()), deps.now());
    let text = SecretString::from(format!("{PREFIX}{}", deps.chance.secret_text().expose_secret()));
    let mut tx = deps.begin(op).await?;
    let person = PersonKey::load_in(&mut tx, deps, user).await?;
    let row = store::NewKey {
        id,
        user,
        name_sealed: person.seal(name_place(id), name.as_bytes(), &*deps.chance),
        hash: hash(deps, &text),
        scopes: new.scopes.iter().map(ToString::to_string).collect(),
        now,
        expires_at: now + TimeDelta::days(new.lifetime.days()),
    };
    accounts::lock_in(&mut tx, user).await?;
    let present = store::find_names(&mut tx, user, now).await?;
    if present.iter().any(|(id, sealed)| person.open_text(name_place(*id), sealed).is_ok_and(|present| present == name)) {
        return Err(ApiKeyError::Invalid(ApiKeyProblem::NameTaken));
    }
    if present.len() >= MAX_KEYS {
        return Err(ApiKeyError::Invalid(ApiKeyProblem::TooMany));
    }
    store::insert(&mut tx, row).await?;
    let detail = json!({ "scopes": new.scopes, "days": new.lifetime.days() });
    audit::append(&mut tx, deps, op, Event::done(Action::ApiKeyMade, user, id.0).with(detail));
    enqueue(&mut tx, Job::SendApiKeyMade { user, key: id })?;
    tx.commit().await?;
    Ok(text)
}
