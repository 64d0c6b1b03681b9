//! Connects a CalDAV account by address, user name and app password.

use providers::Url;
use providers::caldav::is_icloud;
use providers::calendar::{CalendarSource, Credentials, SourceError};
use secrecy::{ExposeSecret, SecretString};
use types::{ConnectionId, Provider, UserId};

use super::save::{Access, ProvenAccount, save_connection};
use crate::base::{Deps, Op};
use crate::calendar::CalendarError;
use crate::limits::{self, Limit, TooOften};
use crate::vault::VaultError;

/// Where Apple's calendars are.
pub const ICLOUD: &str = "https://caldav.icloud.com/";

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
    #[error("the server was not asked, because it failed for several people a moment ago")]
    NotTried,
    #[error("the server answers, but not as a CalDAV server")]
    NotCaldav,
    #[error("the server refused the user name or password")]
    Refused,
    #[error("not an app-specific password of Apple's")]
    NotAppPassword,
    #[error(transparent)]
    TooOften(#[from] TooOften),
    #[error("a field is empty")]
    Empty,
    #[error("the account has no calendar that holds events")]
    NoCalendar,
    #[error("as many connections as anybody may have")]
    TooManyConnections,
    #[error(transparent)]
    Internal(CalendarError),
}

impl From<CalendarError> for CaldavProblem {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::TooManyConnections => Self::TooManyConnections,
            other => Self::Internal(other),
        }
    }
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
            SourceError::NotTried => Self::NotTried,
            SourceError::Down { .. } | SourceError::RateLimited { .. } => Self::Down,
            SourceError::NoMailbox | SourceError::CalendarGone | SourceError::CursorExpired | SourceError::Unreadable => Self::NotCaldav,
        }
    }
}

/// Reads the list of calendars with what was typed; only if that works is anything stored.
pub async fn connect(deps: &Deps, op: &Op, form: CaldavForm) -> Result<ConnectionId, CaldavProblem> {
    let user = op.user().ok_or(CaldavProblem::Internal(CalendarError::NotFound))?;
    let username = form.username.trim().to_owned();
    let server = if is_icloud_name(form.server.trim()) { ICLOUD } else { form.server.trim() };
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
    // The same server, whoever asks for it with DNS' final dot.
    if let Some(host) = parsed.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        parsed.set_host(Some(&host)).map_err(|_| CaldavProblem::BadAddress)?;
    }
    // Checked before anything is sent: a real Apple Account password must not leave the person's hands, and must not be kept here.
    let password = if parsed.host_str().is_some_and(is_icloud) {
        app_password(&form.password).ok_or(CaldavProblem::NotAppPassword)?
    } else {
        form.password
    };
    limits::take(deps, op, Limit::PasswordsOfPerson, user.0.as_bytes()).await??;
    // Many accounts here are still one guesser there.
    let there = format!("{} {username}", parsed.host_str().unwrap_or_default());
    limits::take(deps, op, Limit::PasswordsAtServer, there.to_lowercase().as_bytes()).await??;
    let (own_deps, own_op) = (deps.clone(), op.clone());
    // To its end, also when the browser goes away: what was proved is kept.
    let connected = deps.finish(async move { prove_and_save(&own_deps, &own_op, user, username, parsed, password).await }).await;
    connected.unwrap_or(Err(CaldavProblem::Down))
}

async fn prove_and_save(
    deps: &Deps,
    op: &Op,
    user: UserId,
    username: String,
    parsed: Url,
    password: SecretString,
) -> Result<ConnectionId, CaldavProblem> {
    let credentials = Credentials::Basic { server: parsed.clone(), username: username.clone(), password: password.clone() };
    let listing = tokio::time::timeout(deps.settings.reading.proof, deps.providers.caldav.calendars(&credentials));
    let calendars = listing.await.unwrap_or(Err(SourceError::Down { retry_after: None }))?;
    if calendars.is_empty() {
        return Err(CaldavProblem::NoCalendar);
    }
    let proven = ProvenAccount {
        provider: Provider::Caldav,
        account_id: &format!("{username} {parsed}"),
        account_name: &username,
        access: Access::Password { server: parsed.as_str(), password: &password },
        calendars: &calendars,
    };
    Ok(save_connection(deps, op, user, &proven).await?)
}

/// Whether somebody who typed this means Apple's calendars.
fn is_icloud_name(text: &str) -> bool {
    let bare = text.trim_start_matches("https://").trim_end_matches('/').to_ascii_lowercase();
    matches!(bare.as_str(), "icloud" | "icloud.com" | "www.icloud.com" | "apple" | "me.com" | "mac.com")
}

/// Sixteen lower-case letters, shown by Apple in four groups; hyphens and spaces are the person's. `None`: some other password.
fn app_password(typed: &SecretString) -> Option<SecretString> {
    let letters: Vec<char> = typed.expose_secret().chars().filter(|letter| !matches!(letter, '-' | ' ')).collect();
    let fits = letters.len() == 16 && letters.iter().all(char::is_ascii_lowercase);
    fits.then(|| letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-").into())
}

fn url_of(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    (matches!(url.scheme(), "https" | "http")
        && url.host_str().is_some_and(|host| !host.is_empty())
        && url.username().is_empty()
        && url.password().is_none())
    .then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apples_app_passwords_are_taken_however_they_are_typed_and_nothing_else_is() {
        let taken = |text: &str| app_password(&text.to_owned().into()).map(|password| password.expose_secret().to_owned());
        for typed in ["abcd-efgh-ijkl-mnop", "abcdefghijklmnop", "abcd efgh ijkl mnop"] {
            assert_eq!(taken(typed).as_deref(), Some("abcd-efgh-ijkl-mnop"));
        }
        for typed in ["correct horse battery", "Abcd-efgh-ijkl-mnop", "abcd-efgh-ijkl-mno", "abcd-efgh-ijkl-mn0p", ""] {
            assert_eq!(taken(typed), None, "{typed}");
        }
    }
}
