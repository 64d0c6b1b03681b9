//! Keeps what was proved to work: the connection with its secrets and calendars, new or renewed.

use chrono::TimeDelta;
use providers::calendar::RemoteCalendar;
use providers::oauth::Grant;
use secrecy::{ExposeSecret, SecretString};
use types::{ConnectionId, ConnectionStatus, ConsentPurpose, Provider, UserId};

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::calendar::CalendarError;
use crate::calendar::connection::{connections, place, request_sync, save_calendar_list};
use crate::calendar::push;
use crate::consents;
use crate::vault::{LookupHash, PersonKey};

/// Accounts one person may connect.
pub(in crate::calendar) const MAX_CONNECTIONS: i64 = 20;

/// What lets Kairos in.
pub(in crate::calendar) enum Access<'a> {
    /// A consent.
    Consent {
        /// With its access token.
        grant: &'a Grant,
        /// Without this one the consent would end within the hour.
        refresh_token: &'a SecretString,
    },
    /// An app password for one server.
    Password {
        /// Where.
        server: &'a str,
        /// The password.
        password: &'a SecretString,
    },
}

/// An account that was read once with what it was connected by.
pub(in crate::calendar) struct ProvenAccount<'a> {
    pub provider: Provider,
    /// The same whenever the same account is connected; kept as a keyed hash.
    pub account_id: &'a str,
    pub account_name: &'a str,
    pub access: Access<'a>,
    pub calendars: &'a [RemoteCalendar],
}

/// What an account is known by.
pub(in crate::calendar) fn account_hash(deps: &Deps, provider: Provider, account_id: &str) -> LookupHash {
    deps.vault.lookup().hash(&format!("{provider} account"), account_id.as_bytes())
}

/// Stores it all, or renews what is there: choices, history and events stay.
pub(in crate::calendar) async fn save_connection(
    deps: &Deps,
    op: &Op,
    user: UserId,
    proven: &ProvenAccount<'_>,
) -> Result<ConnectionId, CalendarError> {
    let provider = proven.provider;
    let account_hash = account_hash(deps, provider, proven.account_id);
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    // Before anything is looked at: of two that save the same new account at once, the second finds what the first made.
    connections::lock_of_user(&mut tx, user).await?;
    let existing = connections::find_by_account(&mut tx, user, provider, &account_hash).await?;
    if existing.is_none() && connections::count_of_user(&mut tx, user).await? >= MAX_CONNECTIONS {
        return Err(CalendarError::TooManyConnections);
    }
    let id = existing.unwrap_or_else(|| ConnectionId(deps.new_id()));
    let seal = |column, text: &str| key.seal(place(column, id), text.as_bytes(), &*deps.chance);
    let (grant, refresh_token, server, password) = match proven.access {
        Access::Consent { grant, refresh_token } => (Some(grant), Some(refresh_token), None, None),
        Access::Password { server, password } => (None, None, Some(server), Some(password)),
    };
    let row = connections::Upsert {
        id,
        user,
        provider,
        status: ConnectionStatus::Active,
        account_hash: &account_hash,
        account_sealed: &seal("account_sealed", proven.account_name),
        server_url_sealed: server.map(|server| seal("server_url_sealed", server)),
        password_sealed: password.map(|password| seal("password_sealed", password.expose_secret())),
        access_token_sealed: grant.map(|grant| seal("access_token_sealed", grant.access_token.expose_secret())),
        refresh_token_sealed: refresh_token.map(|token| seal("refresh_token_sealed", token.expose_secret())),
        access_token_expires_at: grant.map(|grant| deps.now() + TimeDelta::from_std(grant.expires_in).unwrap_or(TimeDelta::hours(1))),
        granted_scopes: grant.map(|grant| grant.scopes.as_slice()).unwrap_or_default(),
        now: deps.now(),
    };
    connections::upsert(&mut tx, &row).await?;
    save_calendar_list(&mut tx, deps, &key, user, id, proven.calendars).await?;
    let action = if existing.is_some() { Action::ConnectionRenewed } else { Action::ConnectionCreated };
    audit::append(&mut tx, deps, op, Event::done(action, user, id.0).with(serde_json::json!({ "provider": provider })));
    consents::give_in(&mut tx, deps, op, user, ConsentPurpose::Calendars).await?;
    // What was agreed on under an older consent is agreed on anew.
    push::channels::close_all(&mut tx, id, deps.now()).await?;
    request_sync(&mut tx, deps, user, id).await?;
    tx.commit().await?;
    Ok(id)
}
