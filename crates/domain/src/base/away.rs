//! Somebody who was sent to a provider's page, and is to come back in the same browser.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::Deps;

/// How long somebody may stay away.
const PATIENCE: TimeDelta = TimeDelta::minutes(10);

/// What waits in the session for the way back. State, nonce and PKCE verifier follow from it with a key of the installation: a copy of the sessions'
/// table finishes nobody's consent.
#[derive(Debug, Serialize, Deserialize)]
pub struct Away {
    seed: String,
    since: DateTime<Utc>,
}

/// Why a way back is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBack {
    /// Its state is another's.
    Foreign,
    /// It took too long.
    Late,
}

impl Away {
    /// Begins now.
    pub fn begin(deps: &Deps) -> Self {
        Self { seed: deps.chance.secret_text().expose_secret().to_owned(), since: deps.now() }
    }

    /// What ties the way back from `provider` to this session.
    pub fn state(&self, deps: &Deps, provider: &str) -> SecretString {
        self.derived(deps, provider, "state")
    }

    /// What is inside the ID token that comes back.
    pub fn nonce(&self, deps: &Deps, provider: &str) -> SecretString {
        self.derived(deps, provider, "nonce")
    }

    /// The PKCE verifier: 43 characters, as short as one may be (RFC 7636, 4.1).
    pub fn verifier(&self, deps: &Deps, provider: &str) -> SecretString {
        self.derived(deps, provider, "verifier")
    }

    /// Whether this is the way back of it.
    pub fn come_back(&self, deps: &Deps, provider: &str, state: Option<&str>) -> Result<(), NotBack> {
        let expected = self.state(deps, provider);
        if !bool::from(expected.expose_secret().as_bytes().ct_eq(state.unwrap_or_default().as_bytes())) {
            return Err(NotBack::Foreign);
        }
        if deps.now() - self.since > PATIENCE { Err(NotBack::Late) } else { Ok(()) }
    }

    fn derived(&self, deps: &Deps, provider: &str, what: &str) -> SecretString {
        deps.vault.link().token(&format!("{provider} {what}"), self.seed.as_bytes()).into()
    }
}
