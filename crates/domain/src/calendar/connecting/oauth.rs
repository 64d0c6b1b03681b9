//! Connects an account by OAuth: out to the provider's consent page, and back.

use std::time::Duration;

use chrono::TimeDelta;
use providers::calendar::{Credentials, RemoteCalendar, SourceError};
use providers::oauth::{Account, AuthorizeRequest, AuthorizeResponse, Grant, OauthSource, TokenError};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use types::{AttemptId, ConnectionId, Notice, Provider, UserId};

use super::save::{Access, ProvenAccount, account_hash, save_connection};
use super::store as attempts;
use crate::audit::{self, Action, Event, Outcome};
use crate::base::{Deps, Op, present_lookup};
use crate::calendar::CalendarError;
use crate::calendar::connection::connections;
use crate::limits::{self, Limit};
use crate::vault::{LookupHash, PersonKey, Place, VaultError};

const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// The browser is answered after so long, within the thirty seconds a request has; what is under way goes on.
const WAIT: Duration = Duration::from_secs(25);

/// Why there is no connection. Each has its own sentence and a way on.
#[derive(Debug, thiserror::Error)]
pub enum ConnectProblem {
    /// The person reads this.
    #[error("not connected: {0}")]
    Notice(Notice),
    /// Something of ours failed.
    #[error(transparent)]
    Internal(CalendarError),
}

impl From<CalendarError> for ConnectProblem {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::TooManyConnections => Self::Notice(Notice::TooManyConnections),
            other => Self::Internal(other),
        }
    }
}

impl From<sqlx::Error> for ConnectProblem {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<VaultError> for ConnectProblem {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<TokenError> for ConnectProblem {
    fn from(error: TokenError) -> Self {
        Self::Notice(match error {
            TokenError::GrantDead => Notice::CodeRefused,
            TokenError::ClientRefused => Notice::ClientRefused,
            TokenError::AdminPolicy => Notice::AdminPolicy,
            TokenError::NotTried => Notice::NotTried,
            TokenError::RateLimited | TokenError::Down => Notice::ProviderDown,
        })
    }
}

impl From<SourceError> for ConnectProblem {
    fn from(error: SourceError) -> Self {
        Self::Notice(match error {
            SourceError::MissingScope => Notice::ConsentPartial,
            SourceError::NoMailbox => Notice::NoMailbox,
            SourceError::NotTried => Notice::NotTried,
            SourceError::Unauthorized | SourceError::Forbidden => Notice::CodeRefused,
            _ => Notice::ProviderDown,
        })
    }
}

/// Begins: remembers the attempt and says where the browser must go. `session` is the id of the session that begins it.
pub async fn start(deps: &Deps, op: &Op, provider: Provider, session: &[u8], login_hint: Option<&str>) -> Result<String, ConnectProblem> {
    let (Some(user), Some(source)) = (op.user(), deps.providers.oauth(provider)) else {
        return Err(ConnectProblem::Notice(Notice::NotConfigured));
    };
    if limits::take(deps, op, Limit::ConsentsOfPerson, user.0.as_bytes()).await?.is_err() {
        return Err(ConnectProblem::Notice(Notice::TooManyConsents));
    }
    let (id, state, verifier) = (AttemptId(deps.new_id()), deps.chance.secret_text(), deps.chance.secret_text());
    let state_hash = hash_state(deps, state.expose_secret());
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let attempt = attempts::NewAttempt {
        id,
        state_hash: &state_hash,
        session_hash: &hash_session(deps, session),
        user,
        provider,
        verifier_sealed: &key.seal(verifier_place(id), verifier.expose_secret().as_bytes(), &*deps.chance),
        now: deps.now(),
        expires_at: deps.now() + LIFETIME,
    };
    attempts::insert(&mut tx, &attempt).await?;
    audit::append(&mut tx, deps, op, Event::done(Action::ConnectionBegun, user, id.0));
    tx.commit().await?;
    Ok(source.client().authorize_url(&AuthorizeRequest { state: &state, verifier: &verifier, login_hint, nonce: None }).into())
}

/// The way back. Leaves a whole connection or nothing, and goes on to its end when the browser goes away: otherwise a consent would have
/// been given that nobody knows of.
pub async fn finish(
    deps: &Deps,
    op: &Op,
    provider: Provider,
    session: &[u8],
    back: AuthorizeResponse,
) -> Result<ConnectionId, ConnectProblem> {
    let (own_deps, own_op, session) = (deps.clone(), op.clone(), session.to_vec());
    let finished = deps.finish(async move { finish_recorded(&own_deps, &own_op, provider, &session, back).await });
    match tokio::time::timeout(WAIT, finished).await {
        Ok(finished) => finished.unwrap_or(Err(ConnectProblem::Notice(Notice::ProviderDown))),
        Err(_) => Err(ConnectProblem::Notice(Notice::StillConnecting)),
    }
}

async fn finish_recorded(
    deps: &Deps,
    op: &Op,
    provider: Provider,
    session: &[u8],
    back: AuthorizeResponse,
) -> Result<ConnectionId, ConnectProblem> {
    let result = finish_unrecorded(deps, op, provider, session, back).await;
    if let (Err(ConnectProblem::Notice(notice)), Some(user)) = (&result, op.user()) {
        let mut tx = deps.begin(op).await?;
        let event = Event {
            action: Action::ConnectionRefused,
            outcome: Outcome::Refused,
            subject: Some(user),
            resource: None,
            detail: serde_json::json!({ "because": notice, "provider": provider }),
        };
        audit::append(&mut tx, deps, op, event);
        tx.commit().await?;
    }
    result
}

async fn finish_unrecorded(
    deps: &Deps,
    op: &Op,
    provider: Provider,
    session: &[u8],
    back: AuthorizeResponse,
) -> Result<ConnectionId, ConnectProblem> {
    let (Some(user), Some(source)) = (op.user(), deps.providers.oauth(provider)) else {
        return Err(ConnectProblem::Notice(Notice::StateForeign));
    };
    let verifier = take_attempt(deps, op, user, provider, session, back.state.as_deref().unwrap_or_default()).await?;
    match back.error.as_deref() {
        // Google's and Microsoft's words for the same thing.
        Some("admin_policy_enforced" | "consent_required" | "unauthorized_client") => {
            return Err(ConnectProblem::Notice(Notice::AdminPolicy));
        }
        Some("temporarily_unavailable" | "server_error") => return Err(ConnectProblem::Notice(Notice::ProviderDown)),
        Some(_) => return Err(ConnectProblem::Notice(Notice::ConsentDenied)),
        None => {}
    }
    let code = back.code.filter(|code| !code.is_empty()).ok_or(ConnectProblem::Notice(Notice::CodeRefused))?;
    let grant = source.client().exchange(&code, &verifier).await?;
    let proof = tokio::time::timeout(deps.settings.reading.proof, prove(source, &grant))
        .await
        .unwrap_or(Err(ConnectProblem::Notice(Notice::ProviderDown)));
    let account = proof.as_ref().ok().map(|proof| account_hash(deps, provider, &proof.account.id));
    let kept = match proof {
        Ok(proof) => keep(deps, op, user, provider, &grant, &proof).await,
        Err(problem) => Err(problem),
    };
    if kept.is_err() && may_give_back(deps, op, user, provider, account.as_ref()).await? {
        // A consent that leads to no connection must not stand. That it may fail changes nothing for the person.
        let _ = source.revoke(grant.refresh_token.as_ref().unwrap_or(&grant.access_token)).await;
    }
    kept
}

/// Keeps what was proved.
async fn keep(
    deps: &Deps,
    op: &Op,
    user: UserId,
    provider: Provider,
    grant: &Grant,
    proof: &Proof,
) -> Result<ConnectionId, ConnectProblem> {
    let refresh_token = grant.refresh_token.as_ref().ok_or(ConnectProblem::Notice(Notice::CodeRefused))?;
    let proven = ProvenAccount {
        provider,
        account_id: &proof.account.id,
        account_name: &proof.account.name,
        access: Access::Consent { grant, refresh_token },
        calendars: &proof.calendars,
    };
    Ok(save_connection(deps, op, user, &proven).await?)
}

/// Whether a grant that leads to no connection is given back. Google's revocation ends every grant of the account, also that of a connection
/// that is healthy: so not while the person has one there, nor while anybody has one to that account. Of an account that did not tell its name
/// only the former is known.
async fn may_give_back(deps: &Deps, op: &Op, user: UserId, provider: Provider, account: Option<&LookupHash>) -> Result<bool, sqlx::Error> {
    if let Some(account) = account
        && connections::is_connected(&deps.database, provider, account).await?
    {
        return Ok(false);
    }
    let mut tx = deps.begin(op).await?;
    Ok(connections::of_user(&mut tx, user).await?.iter().all(|row| row.provider != provider))
}

/// The verifier of the attempt behind `state`, which is used up by looking.
async fn take_attempt(
    deps: &Deps,
    op: &Op,
    user: UserId,
    provider: Provider,
    session: &[u8],
    state: &str,
) -> Result<SecretString, ConnectProblem> {
    let state_hash = hash_state(deps, state);
    let mut tx = deps.begin(op).await?;
    present_lookup(&mut tx, &state_hash).await?;
    let taken = attempts::take(&mut tx, &state_hash, deps.now()).await?;
    let seen_before = taken.is_none() && attempts::exists(&mut tx, &state_hash).await?;
    tx.commit().await?;
    let attempt = match taken {
        Some(attempt) => attempt,
        None if seen_before => return Err(ConnectProblem::Notice(Notice::StateUsed)),
        None => return Err(ConnectProblem::Notice(Notice::StateForeign)),
    };
    let same_session = bool::from(attempt.session_hash.ct_eq(&hash_session(deps, session)));
    if attempt.user != user || !same_session || attempt.provider != provider {
        return Err(ConnectProblem::Notice(Notice::StateForeign));
    }
    if attempt.expires_at <= deps.now() {
        return Err(ConnectProblem::Notice(Notice::StateExpired));
    }
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    Ok(key.open_secret(verifier_place(attempt.id), &attempt.verifier_sealed)?)
}

/// What a grant was proved to open.
struct Proof {
    account: Account,
    calendars: Vec<RemoteCalendar>,
}

/// Compares what was granted with what is needed, and reads the calendars once: a grant that cannot do that is none.
async fn prove(source: &dyn OauthSource, grant: &Grant) -> Result<Proof, ConnectProblem> {
    if !source.is_enough(grant) {
        return Err(ConnectProblem::Notice(Notice::ConsentPartial));
    }
    let credentials = Credentials::Bearer(grant.access_token.clone());
    let calendars = source.calendars(&credentials).await?;
    let account = source.account(&credentials, &calendars).await?;
    if calendars.iter().any(|calendar| calendar.is_primary) {
        Ok(Proof { account, calendars })
    } else {
        Err(ConnectProblem::Notice(Notice::ProviderDown))
    }
}

fn verifier_place(id: AttemptId) -> Place {
    Place::new("oauth_attempts", "verifier_sealed", id.0)
}

fn hash_state(deps: &Deps, state: &str) -> [u8; 32] {
    deps.vault.lookup().hash("oauth state", state.as_bytes())
}

fn hash_session(deps: &Deps, session: &[u8]) -> [u8; 32] {
    deps.vault.session().hash("oauth session", session)
}
