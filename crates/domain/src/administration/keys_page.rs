//! Every key and secret of the installation, by fingerprint: what it is for, how old it is, where it stands, and what stands still without it.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{CheckKind, UserId};
use uuid::Uuid;

use crate::base::{Deps, Settings, from_json};
use crate::calendar::APP_PASSWORD_LIFETIME;
use crate::upkeep::{CheckView, Checks, lifetime};
use crate::vault::Keyring;

/// What the encryption keys are called in the configuration.
pub const ENCRYPTION_KEY: &str = "CALENDAR_ENCRYPTION_KEY";

/// Where a key or a secret stands: pending, active, retiring, and then retired or revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Given beside the one in use, and not in use so far: every replica gets to know it before one uses it.
    Pending,
    /// Everything new is wrapped, signed or asked for by it.
    Active,
    /// It still opens or checks what was made by it.
    Retiring,
    /// So does this one, and an encryption key wraps nothing any more: it can be taken out of the configuration.
    SafeToRemove,
    /// Something is wrapped by it, and this server does not have it.
    Missing,
    /// It was taken out of the configuration.
    Retired,
    /// An admin took it back: no server uses it, whatever its configuration says.
    Revoked,
}

/// A key or a secret.
#[derive(Debug, Clone)]
pub struct SecretView {
    /// What it is for: its name in the configuration.
    pub purpose: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Where it stands.
    pub state: KeyState,
    /// Since when it is known here; `None`: it never was.
    pub since: Option<DateTime<Utc>>,
    /// When it was last there at a start.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// When another is due.
    pub due_at: Option<DateTime<Utc>>,
    /// What stands still without it, of the one in use: how many; of an encryption key, how many data keys it wraps.
    pub uses: Option<i64>,
    /// When the last of it was, as far as that is known.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The app password of a person.
#[derive(Debug, Clone, Deserialize)]
pub struct PasswordView {
    /// Of which connection.
    pub connection_id: Uuid,
    /// Whose.
    pub user_id: UserId,
    /// When they gave it.
    pub given_at: DateTime<Utc>,
    /// When it was last used.
    pub last_used_at: Option<DateTime<Utc>>,
    /// How many there are in all.
    pub in_all: i64,
}

impl PasswordView {
    /// When they are asked for another.
    pub fn due_at(&self) -> DateTime<Utc> {
        self.given_at + APP_PASSWORD_LIFETIME
    }
}

/// The page.
#[derive(Debug, Clone)]
pub struct KeysPage {
    /// Encryption keys, the current one first.
    pub encryption: Vec<SecretView>,
    /// Everything else, by name, the newest of each first.
    pub secrets: Vec<SecretView>,
    /// App passwords of people, the oldest first, at most a hundred.
    pub passwords: Vec<PasswordView>,
    /// The last scan of what is sealed; `None`: there was none yet.
    pub scan: Option<CheckView>,
}

#[derive(Debug, Deserialize)]
pub(super) struct KeysRows {
    keys: Vec<CensusRow>,
    secrets: Vec<SecretRow>,
    uses: Vec<UseRow>,
    passwords: Vec<PasswordView>,
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
    activated_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct UseRow {
    purpose: String,
    uses: i64,
    last_used_at: Option<DateTime<Utc>>,
}

/// Encryption keys that this server has or should have, the current one first, with how many data keys each wraps.
pub(super) fn encryption_keys(keyring: &Keyring, census: &[CensusRow]) -> Vec<SecretView> {
    let of = |fingerprint: &str, state, wraps| SecretView {
        purpose: ENCRYPTION_KEY.to_owned(),
        fingerprint: fingerprint.to_owned(),
        state,
        since: None,
        last_seen_at: None,
        due_at: None,
        uses: Some(wraps),
        last_used_at: None,
    };
    let present = keyring.ids().into_iter().enumerate().map(|(number, id)| {
        let wraps = census.iter().find(|row| row.master_key_id == id).map_or(0, |row| row.people);
        let state = match (number, wraps) {
            (0, _) => KeyState::Active,
            (_, 0) => KeyState::SafeToRemove,
            _ => KeyState::Retiring,
        };
        of(id, state, wraps)
    });
    let missing = census.iter().filter(|row| keyring.find(&row.master_key_id).is_none());
    present.chain(missing.map(|row| of(&row.master_key_id, KeyState::Missing, row.people))).collect()
}

impl SecretRow {
    fn state(&self, settings: &Settings) -> KeyState {
        match settings.secret(&self.purpose, &self.fingerprint) {
            _ if self.revoked_at.is_some() => KeyState::Revoked,
            Some(known) if known.is_current => KeyState::Active,
            Some(_) if self.activated_at.is_none() => KeyState::Pending,
            Some(_) => KeyState::Retiring,
            None => KeyState::Retired,
        }
    }

    fn view(&self, state: KeyState, used: Option<&UseRow>) -> SecretView {
        let used = used.filter(|_| state == KeyState::Active);
        SecretView {
            due_at: matches!(state, KeyState::Active | KeyState::Retiring).then(|| self.first_seen_at + lifetime(&self.purpose)),
            purpose: self.purpose.clone(),
            fingerprint: self.fingerprint.clone(),
            state,
            since: Some(self.first_seen_at),
            last_seen_at: Some(self.last_seen_at),
            uses: used.map(|used| used.uses),
            last_used_at: used.and_then(|used| used.last_used_at),
        }
    }
}

/// The same for whoever has a shell on the server.
pub async fn list_keys(deps: &Deps) -> Result<KeysPage, sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    let text = sqlx::query_scalar!(r#"select kairos_admin_keys()::text as "keys!""#).fetch_one(&mut *tx).await?;
    tx.rollback().await?;
    Ok(KeysPage::of(deps, from_json(&text)?))
}

impl KeysPage {
    pub(super) fn of(deps: &Deps, rows: KeysRows) -> Self {
        let (of_encryption, others): (Vec<_>, Vec<_>) = rows.secrets.into_iter().partition(|row| row.purpose == ENCRYPTION_KEY);
        let mut encryption = encryption_keys(deps.vault.keyring(), &rows.keys);
        for row in &of_encryption {
            let known = row.view(row.state(&deps.settings), None);
            match encryption.iter_mut().find(|key| key.fingerprint == row.fingerprint) {
                Some(key) => {
                    // Given beforehand it wraps nothing yet, which is no reason to take it out.
                    let state = match (key.state, known.state) {
                        (KeyState::SafeToRemove, KeyState::Pending) | (KeyState::Missing, KeyState::Revoked) => known.state,
                        (state, _) => state,
                    };
                    *key = SecretView { state, uses: key.uses, ..known };
                }
                None => encryption.push(known),
            }
        }
        let secrets = others
            .iter()
            .map(|row| row.view(row.state(&deps.settings), rows.uses.iter().find(|used| used.purpose == row.purpose)))
            .collect();
        Self { encryption, secrets, passwords: rows.passwords, scan: rows.checks.last(CheckKind::Scan).cloned() }
    }

    /// The one of this name and fingerprint.
    pub fn find(&self, purpose: &str, fingerprint: &str) -> Option<&SecretView> {
        self.encryption.iter().chain(&self.secrets).find(|known| known.purpose == purpose && known.fingerprint == fingerprint)
    }
}
