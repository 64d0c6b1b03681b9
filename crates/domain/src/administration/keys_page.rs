//! Every key and secret of the installation, by fingerprint: what it is for, how old it is, and whether it can go.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::CheckKind;

use crate::base::{Deps, KnownSecret, from_json};
use crate::upkeep::{CheckView, Checks, lifetime};
use crate::vault::Keyring;

/// Where an encryption key stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Everything new is wrapped by it.
    Active,
    /// It still opens what it wrapped; that is being wrapped by the current one.
    Retiring,
    /// It wraps nothing any more: it can be taken out of the configuration.
    SafeToRemove,
    /// Something is wrapped by it, and this server does not have it.
    Missing,
}

/// An encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionKey {
    /// Its fingerprint.
    pub fingerprint: String,
    /// How many data keys it wraps.
    pub wraps: i64,
    /// Where it stands.
    pub state: KeyState,
}

/// Any other secret.
#[derive(Debug, Clone)]
pub struct SecretView {
    /// What it is for: its name in the configuration.
    pub purpose: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Since when it is known here.
    pub since: DateTime<Utc>,
    /// When it was last there at a start.
    pub last_seen_at: DateTime<Utc>,
    /// When another is due.
    pub due_at: DateTime<Utc>,
    /// Whether this server has it.
    pub is_present: bool,
}

/// The page.
#[derive(Debug, Clone)]
pub struct KeysPage {
    /// Encryption keys, the current one first.
    pub encryption: Vec<EncryptionKey>,
    /// Everything else, by name.
    pub secrets: Vec<SecretView>,
    /// App passwords of people: how many, and since when the oldest is kept.
    pub passwords: (i64, Option<DateTime<Utc>>),
    /// The last scan of what is sealed; `None`: there was none yet.
    pub scan: Option<CheckView>,
}

#[derive(Debug, Deserialize)]
pub(super) struct KeysRows {
    keys: Vec<CensusRow>,
    secrets: Vec<SecretRow>,
    passwords: PasswordsRow,
    checks: Checks,
}

/// How many data keys a key wraps: of people, and of clients.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct CensusRow {
    master_key_id: String,
    people: i64,
}

#[derive(Debug, Deserialize)]
struct SecretRow {
    purpose: String,
    fingerprint: String,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct PasswordsRow {
    count: i64,
    oldest: Option<DateTime<Utc>>,
}

impl EncryptionKey {
    /// Every key that this server has or should have, the current one first.
    pub(super) fn all(keyring: &Keyring, census: &[CensusRow]) -> Vec<Self> {
        let wraps = |id: &str| census.iter().find(|row| row.master_key_id == id).map_or(0, |row| row.people);
        let mut keys: Vec<Self> = keyring
            .ids()
            .into_iter()
            .enumerate()
            .map(|(number, id)| {
                let state = match (number, wraps(id)) {
                    (0, _) => KeyState::Active,
                    (_, 0) => KeyState::SafeToRemove,
                    _ => KeyState::Retiring,
                };
                Self { fingerprint: id.to_owned(), wraps: wraps(id), state }
            })
            .collect();
        let missing = census.iter().filter(|row| keyring.find(&row.master_key_id).is_none());
        keys.extend(missing.map(|row| Self { fingerprint: row.master_key_id.clone(), wraps: row.people, state: KeyState::Missing }));
        keys
    }
}

/// The same for whoever has a shell on the server. App passwords are people's, and not counted there.
pub async fn list_keys(deps: &Deps) -> Result<KeysPage, sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    let text = sqlx::query_scalar!(r#"select kairos_admin_keys()::text as "keys!""#).fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    Ok(KeysPage::of(deps, from_json(&text)?))
}

impl KeysPage {
    pub(super) fn of(deps: &Deps, rows: KeysRows) -> Self {
        let present: &[KnownSecret] = &deps.settings.secrets;
        let secrets = rows
            .secrets
            .into_iter()
            .map(|row| SecretView {
                due_at: row.first_seen_at + lifetime(&row.purpose),
                is_present: present.iter().any(|known| known.purpose == row.purpose && known.fingerprint == row.fingerprint),
                purpose: row.purpose,
                fingerprint: row.fingerprint,
                since: row.first_seen_at,
                last_seen_at: row.last_seen_at,
            })
            .collect();
        let encryption = EncryptionKey::all(deps.vault.keyring(), &rows.keys);
        Self {
            encryption,
            secrets,
            passwords: (rows.passwords.count, rows.passwords.oldest),
            scan: rows.checks.last(CheckKind::Scan).cloned(),
        }
    }
}
