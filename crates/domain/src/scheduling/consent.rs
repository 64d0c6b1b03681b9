//! A builder connects their account at Calendly by consent: to Calendly's page, and back.

use chrono::{DateTime, TimeDelta, Utc};
use providers::oauth::{AuthorizeRequest, AuthorizeResponse, Grant};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use types::{Notice, UserId};

use super::SchedulingError;
use super::connect::keep;
use crate::base::{Away, Deps, NotBack, Op};
use crate::limits::{self, Limit};

const CALENDLY: &str = "calendly";

/// A builder who was sent to Calendly. Waits in the session.
#[derive(Debug, Serialize, Deserialize)]
pub struct CalendlyAttempt {
    away: Away,
    user: UserId,
}

/// Why a consent came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ConsentProblem {
    /// What the builder is told.
    #[error("{0}")]
    Notice(Notice),
    /// As with a token.
    #[error(transparent)]
    Scheduling(#[from] SchedulingError),
}

/// What a consent gave.
pub(super) struct Tokens {
    pub access: SecretString,
    /// With the instant at which `access` ends; nothing: a personal token, which does not.
    pub refresh: Option<(SecretString, DateTime<Utc>)>,
}

impl Tokens {
    /// `None`: Calendly promises a refresh token, and gave none.
    pub fn of(grant: Grant, now: DateTime<Utc>) -> Option<Self> {
        let expires_at = now + TimeDelta::from_std(grant.expires_in).unwrap_or(TimeDelta::hours(2));
        Some(Self { access: grant.access_token, refresh: Some((grant.refresh_token?, expires_at)) })
    }
}

/// Where the browser must go, and what must be there when it comes back. `None`: this installation is not registered at Calendly.
pub async fn begin_calendly(deps: &Deps, op: &Op) -> Result<Option<(String, CalendlyAttempt)>, SchedulingError> {
    let user = op.user().ok_or(SchedulingError::NotConnected)?;
    if !deps.providers.calendly.asks_consent() {
        return Ok(None);
    }
    limits::take(deps, op, Limit::ConsentsOfPerson, user.0.as_bytes()).await??;
    let away = Away::begin(deps);
    let (state, verifier) = (away.state(deps, CALENDLY), away.verifier(deps, CALENDLY));
    let request = AuthorizeRequest { state: &state, verifier: &verifier, login_hint: None, nonce: None };
    let url = deps.providers.calendly.authorize_url(&request)?;
    Ok(Some((url.into(), CalendlyAttempt { away, user })))
}

/// The way back. Trades the code, reads with what it gives, and keeps it, as with a personal token.
pub async fn finish_calendly(deps: &Deps, op: &Op, attempt: &CalendlyAttempt, back: AuthorizeResponse) -> Result<(), ConsentProblem> {
    let told = |notice| Err(ConsentProblem::Notice(notice));
    // Who was sent away is who has come back.
    if op.user() != Some(attempt.user) {
        return told(Notice::StateForeign);
    }
    match attempt.away.come_back(deps, CALENDLY, back.state.as_deref()) {
        Ok(()) => {}
        Err(NotBack::Foreign) => return told(Notice::StateForeign),
        Err(NotBack::Late) => return told(Notice::StateExpired),
    }
    if back.error.is_some() {
        return told(Notice::CalendlyDeclined);
    }
    let Some(code) = back.code.filter(|code| !code.is_empty()) else { return told(Notice::CodeRefused) };
    // Each code and each refresh counts at Calendly, where eight a minute are allowed.
    let grant = deps.providers.calendly.exchange(&code, &attempt.away.verifier(deps, CALENDLY)).await;
    let grant = grant.map_err(SchedulingError::from)?;
    let Some(tokens) = Tokens::of(grant, deps.now()) else { return told(Notice::CodeRefused) };
    // If the browser goes away now, what was granted is kept all the same: the code is used up.
    let (own_deps, own_op) = (deps.clone(), op.clone());
    let kept = deps.finish(async move { keep(&own_deps, &own_op, tokens).await }).await;
    kept.unwrap_or(Err(SchedulingError::NotConnected)).map_err(Into::into)
}
