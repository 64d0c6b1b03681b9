//! Connects a CalDAV account by address, user name and app password.

use providers::calendar::{CalendarSource, Credentials, SourceError};
use secrecy::{ExposeSecret, SecretString};
use types::{ConnectionId, ConnectionStatus, Provider};

use super::CalendarError;
use super::connect::calendars_in;
use super::store::connections;
use super::tokens::place;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{self, Job};
use crate::vault::{PersonKey, VaultError};

/// What somebody typed.
#[derive(Debug)]
pub struct CaldavForm {
    /// An address; `https://` is added when there is no scheme.
    pub server: String,
    /// The user name.
    pub username: String,
    /// The app password.
    pub password: SecretString,
}

/// Why there is no connection; each belongs to a field.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the error texts say it")]
pub enum CaldavProblem {
    #[error("the address is not one")]
    BadAddress,
    #[error("the address may not be reached from here")]
    AddressRefused,
    #[error("the server could not be reached")]
    Down,
    #[error("the server answers, but not as a CalDAV server")]
    NotCaldav,
    #[error("the server refused the user name or password")]
    Refused,
    #[error("a field is empty")]
    Empty,
    #[error("the account has no calendar that holds events")]
    NoCalendar,
    #[error(transparent)]
    Internal(#[from] CalendarError),
}

impl From<sqlx::Error> for CaldavProblem {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<VaultError> for CaldavProblem {
    fn from(error: VaultError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<SourceError> for CaldavProblem {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Unauthorized | SourceError::Forbidden | SourceError::MissingScope => Self::Refused,
            SourceError::AddressRefused => Self::AddressRefused,
            SourceError::Down { .. } | SourceError::RateLimited { .. } => Self::Down,
            SourceError::NoMailbox | SourceError::CalendarGone | SourceError::CursorExpired | SourceError::Unreadable => Self::NotCaldav,
        }
    }
}

/// Reads the list of calendars with what was typed; only if that works is anything stored.
pub async fn connect(deps: &Deps, op: &Op, form: CaldavForm) -> Result<ConnectionId, CaldavProblem> {
    let user = op.user().ok_or(CaldavProblem::Internal(CalendarError::NotFound))?;
    let (server, username) = (form.server.trim(), form.username.trim().to_owned());
    if server.is_empty() || username.is_empty() || form.password.expose_secret().is_empty() {
        return Err(CaldavProblem::Empty);
    }
    // A colon would end the user name inside the header (RFC 7617, 2).
    if username.contains(':') || username.chars().any(char::is_control) {
        return Err(CaldavProblem::Refused);
    }
    let with_scheme = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
    let mut parsed = url_of(&with_scheme).ok_or(CaldavProblem::BadAddress)?;
    parsed.set_fragment(None);
    parsed.set_query(None);
    let credentials = Credentials::Basic { server: parsed.clone(), username: username.clone(), password: form.password.clone() };
    let calendars = deps.providers.caldav.calendars(&credentials).await?;
    if calendars.is_empty() {
        return Err(CaldavProblem::NoCalendar);
    }
    let account = format!("{username} {parsed}");
    let account_hash = deps.vault.lookup().hash("caldav account", account.as_bytes());
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let existing = connections::find_by_account(&mut tx, user, Provider::Caldav, &account_hash).await?;
    let id = existing.unwrap_or_else(|| ConnectionId(deps.new_id()));
    let seal = |column, text: &str| key.seal(place(column, id), text.as_bytes(), &*deps.chance);
    let row = connections::Upsert {
        id,
        user,
        provider: Provider::Caldav,
        status: ConnectionStatus::Active,
        account_hash: &account_hash,
        account_sealed: &seal("account_sealed", &username),
        server_url_sealed: Some(&seal("server_url_sealed", parsed.as_str())),
        password_sealed: Some(&seal("password_sealed", form.password.expose_secret())),
        access_token_sealed: None,
        refresh_token_sealed: None,
        access_token_expires_at: None,
        granted_scopes: &[],
        now: deps.now(),
    };
    connections::upsert(&mut tx, &row).await?;
    calendars_in(&mut tx, deps, &key, user, id, &calendars).await?;
    let action = if existing.is_some() { Action::ConnectionRenewed } else { Action::ConnectionCreated };
    audit::append(&mut tx, deps, op, Event::done(action, user, id.0).with(serde_json::json!({ "provider": "caldav" }))).await?;
    jobs::enqueue(&mut tx, Job::SyncConnection { user, connection: id }).await?;
    tx.commit().await?;
    Ok(id)
}

fn url_of(text: &str) -> Option<providers::Url> {
    let url: providers::Url = text.parse().ok()?;
    (matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none())
    .then_some(url)
}
