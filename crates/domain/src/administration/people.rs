//! What an admin sees of people.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{ApiKeyId, ConnectionId, ConnectionStatus, IncidentId, IncidentStatus, Provider, Role, Rule, Scope, Severity, UserId};

use crate::accounts::open_identity;
use crate::base::{Deps, optional_bytea};
use crate::vault::{DataKeyRow, PersonKey};

/// A person in a list.
#[derive(Debug, Clone, Deserialize)]
pub struct PersonView {
    /// The id.
    pub id: UserId,
    /// What they may do.
    pub roles: Vec<Role>,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
    /// When they confirmed their address.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Since when they are locked.
    pub locked_at: Option<DateTime<Utc>>,
    /// Whether a code is asked for when they sign in.
    pub has_second_factor: bool,
    /// Sessions that are alive.
    pub sessions: i64,
    /// When one of them was last used.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Connections.
    pub connections: i64,
    /// Those that are not well.
    pub troubled: i64,
}

/// Name and address, where they were opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// `None`: it cannot be read with the keys this server has.
    pub name: Option<String>,
    /// The same.
    pub email: Option<String>,
}

/// A session of somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct SessionRow {
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_seen_at: DateTime<Utc>,
    /// From where, as a keyed hash in hexadecimal.
    pub place: Option<String>,
}

/// An API key of somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct KeyRow {
    /// The id.
    pub id: ApiKeyId,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A connection of somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct ConnectionRow {
    /// The id.
    pub id: ConnectionId,
    /// Where.
    pub provider: Provider,
    /// How it is.
    pub status: ConnectionStatus,
    /// Why.
    pub health_reason: Option<String>,
    /// When it was last read.
    pub last_sync_at: Option<DateTime<Utc>>,
}

/// An incident about somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct IncidentRow {
    /// The id.
    pub id: IncidentId,
    /// Its number.
    pub number: i64,
    /// What was found.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// How far it is.
    pub status: IncidentStatus,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
}

/// An entry of the audit log about somebody.
#[derive(Debug, Clone, Deserialize)]
pub struct EntryRow {
    /// Its place, once it is sealed.
    pub place: Option<i64>,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Who, as a kind.
    pub actor_kind: String,
    /// Whether it was they themselves.
    pub is_own: Option<bool>,
    /// What.
    pub action: String,
    /// How it ended.
    pub outcome: String,
}

/// One person, as the statement returns it.
#[derive(Debug, Deserialize)]
pub(super) struct PersonRows {
    #[serde(flatten)]
    page: PersonPage,
    #[serde(deserialize_with = "optional_bytea")]
    name_sealed: Option<Vec<u8>>,
    #[serde(deserialize_with = "optional_bytea")]
    email_sealed: Option<Vec<u8>>,
    data_key: Option<DataKeyRow>,
}

/// One person.
#[derive(Debug, Clone, Deserialize)]
pub struct PersonPage {
    /// The id.
    pub id: UserId,
    /// What they may do.
    pub roles: Vec<Role>,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
    /// When they confirmed their address.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Since when they are locked.
    pub locked_at: Option<DateTime<Utc>>,
    /// Whether a code is asked for when they sign in.
    pub has_second_factor: bool,
    /// Sessions that are alive, last used first.
    pub sessions: Vec<SessionRow>,
    /// API keys that work.
    pub api_keys: Vec<KeyRow>,
    /// Connections.
    pub connections: Vec<ConnectionRow>,
    /// Incidents about them, newest first.
    pub incidents: Vec<IncidentRow>,
    /// The last entries of the audit log about them.
    pub entries: Vec<EntryRow>,
    /// Name and address, where they were opened.
    #[serde(skip)]
    pub opened: Option<Opened>,
}

impl PersonPage {
    pub(super) fn of(deps: &Deps, rows: PersonRows) -> Self {
        let mut page = rows.page;
        if let (Some(name), Some(email)) = (rows.name_sealed, rows.email_sealed) {
            let key = rows.data_key.and_then(|row| PersonKey::unwrap(deps, page.id, &row).ok());
            let (name, email) = key.map_or((None, None), |key| open_identity(&key, page.id, &name, &email));
            page.opened = Some(Opened { name, email });
        }
        page
    }
}
