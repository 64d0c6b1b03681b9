//! Keeps what was proved to work: the connection with its secrets and calendars, new or renewed.

use std::collections::HashMap;

use chrono::TimeDelta;
use providers::calendar::RemoteCalendar;
use providers::oauth::Grant;
use secrecy::{ExposeSecret, SecretString};
use types::{CalendarId, ConnectionId, ConnectionStatus, Provider, UserId};

use super::CalendarError;
use super::ask::ask;
use super::store::{calendars, channels, connections};
use super::tokens::place;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op, Tx};
use crate::vault::{PersonKey, Place};

/// Accounts one person may connect.
pub(super) const MAX_CONNECTIONS: i64 = 20;
/// Calendars that are kept of one account, in the order in which its provider lists them.
pub const MAX_CALENDARS: usize = 250;

/// What lets Kairos in.
pub(super) enum Access<'a> {
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
pub(super) struct Connected<'a> {
    pub provider: Provider,
    /// The same whenever the same account is connected; kept as a keyed hash.
    pub account_id: &'a str,
    pub account_name: &'a str,
    pub access: Access<'a>,
    pub calendars: &'a [RemoteCalendar],
}

/// Stores it all, or renews what is there: choices, history and events stay.
pub(super) async fn keep(deps: &Deps, op: &Op, user: UserId, connected: &Connected<'_>) -> Result<ConnectionId, CalendarError> {
    let provider = connected.provider;
    let account_hash = deps.vault.lookup().hash(&format!("{provider} account"), connected.account_id.as_bytes());
    let mut tx = deps.begin(op).await?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let existing = connections::find_by_account(&mut tx, user, provider, &account_hash).await?;
    if existing.is_none() && connections::count_of_user(&mut tx, user).await? >= MAX_CONNECTIONS {
        return Err(CalendarError::TooManyConnections);
    }
    let id = existing.unwrap_or_else(|| ConnectionId(deps.new_id()));
    let seal = |column, text: &str| key.seal(place(column, id), text.as_bytes(), &*deps.chance);
    let (grant, refresh_token, server, password) = match connected.access {
        Access::Consent { grant, refresh_token } => (Some(grant), Some(refresh_token), None, None),
        Access::Password { server, password } => (None, None, Some(server), Some(password)),
    };
    let row = connections::Upsert {
        id,
        user,
        provider,
        status: ConnectionStatus::Active,
        account_hash: &account_hash,
        account_sealed: &seal("account_sealed", connected.account_name),
        server_url_sealed: server.map(|server| seal("server_url_sealed", server)),
        password_sealed: password.map(|password| seal("password_sealed", password.expose_secret())),
        access_token_sealed: grant.map(|grant| seal("access_token_sealed", grant.access_token.expose_secret())),
        refresh_token_sealed: refresh_token.map(|token| seal("refresh_token_sealed", token.expose_secret())),
        access_token_expires_at: grant.map(|grant| deps.now() + TimeDelta::from_std(grant.expires_in).unwrap_or(TimeDelta::hours(1))),
        granted_scopes: grant.map(|grant| grant.scopes.as_slice()).unwrap_or_default(),
        now: deps.now(),
    };
    connections::upsert(&mut tx, &row).await?;
    calendars_in(&mut tx, deps, &key, user, id, connected.calendars).await?;
    let action = if existing.is_some() { Action::ConnectionRenewed } else { Action::ConnectionCreated };
    audit::append(&mut tx, deps, op, Event::done(action, user, id.0).with(serde_json::json!({ "provider": provider }))).await?;
    // What was agreed on under an older consent is agreed on anew.
    channels::close_all(&mut tx, id, deps.now()).await?;
    ask(&mut tx, deps, user, id).await?;
    tx.commit().await?;
    Ok(id)
}

/// Stores the list of calendars; what the person chose before stays chosen. Calendars that are not in it any more are marked.
pub(super) async fn calendars_in(
    tx: &mut Tx,
    deps: &Deps,
    key: &PersonKey,
    user: UserId,
    connection: ConnectionId,
    remote: &[RemoteCalendar],
) -> Result<(), sqlx::Error> {
    let known: HashMap<Vec<u8>, CalendarId> =
        calendars::of_connection(tx, connection).await?.into_iter().map(|row| (row.external_hash, row.id)).collect();
    let mut present = Vec::with_capacity(remote.len().min(MAX_CALENDARS));
    for calendar in remote.iter().take(MAX_CALENDARS) {
        let external_hash = deps.vault.lookup().hash("calendar", calendar.stable_id.as_bytes());
        let id = known.get(&external_hash[..]).copied().unwrap_or_else(|| CalendarId(deps.new_id()));
        present.push(external_hash.to_vec());
        let seal = |column, text: &str| key.seal(Place::new("calendars", column, id.0), text.as_bytes(), &*deps.chance);
        let row = calendars::Upsert {
            id,
            user,
            connection,
            external_hash: &external_hash,
            external_sealed: &seal("external_sealed", &calendar.id),
            name_sealed: &seal("name_sealed", &calendar.name),
            zone: calendar.zone.map(|zone| zone.name()),
            is_primary: calendar.is_primary,
            can_read_details: calendar.can_read_details,
            selected: calendar.counts_by_default,
            now: deps.now(),
        };
        calendars::upsert(tx, &row).await?;
    }
    calendars::mark_absent(tx, connection, &present).await
}
