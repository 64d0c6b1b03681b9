//! What a person sees of who is, was, or tried to be signed in as them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::PasskeyId;
use uuid::Uuid;

use super::browser::open_browser;
use super::second_factor::{BEGUN, open_totp, spoken, totp_uri};
use super::{Browser, Person, google, passkeys};
use crate::base::{bytea, list, optional_bytea};
use crate::vault::PersonKey;

/// What `kairos_account_security` returns.
#[derive(Debug, Deserialize)]
pub(crate) struct SecurityRows {
    totp: Option<TotpRow>,
    #[serde(deserialize_with = "list")]
    passkeys: Vec<PasskeyRow>,
    google: Option<GoogleRow>,
    has_password: bool,
    recovery_codes_left: i64,
    #[serde(deserialize_with = "list")]
    sessions: Vec<SessionRow>,
    #[serde(deserialize_with = "list")]
    history: Vec<HistoryRow>,
}

#[derive(Debug, Deserialize)]
struct TotpRow {
    created_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "optional_bytea")]
    secret_sealed: Option<Vec<u8>>,
}

#[derive(Debug, Deserialize)]
struct GoogleRow {
    #[serde(deserialize_with = "bytea")]
    email_sealed: Vec<u8>,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize)]
struct PasskeyRow {
    id: Uuid,
    #[serde(deserialize_with = "bytea")]
    name_sealed: Vec<u8>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
struct SessionRow {
    label: Option<Uuid>,
    browser_sealed: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    is_present: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct HistoryRow {
    occurred_at: DateTime<Utc>,
    action: String,
    by: Option<String>,
    #[serde(deserialize_with = "optional_bytea")]
    address_pseudonym: Option<Vec<u8>>,
}

/// A session that is alive.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// What it is ended by; one that was begun by an older release has none.
    pub label: Option<Uuid>,
    /// What it runs in; `None` when that was not kept or cannot be read.
    pub browser: Option<Browser>,
    /// When it was begun.
    pub began_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// Whether it is the one that asks.
    pub is_present: bool,
}

/// A sign-in, or something like it.
#[derive(Debug, Clone)]
pub struct HistoryView {
    /// When.
    pub at: DateTime<Utc>,
    /// What, as the audit log calls it.
    pub action: String,
    /// By what, where that is not a password or a code: `passkey`.
    pub by: Option<String>,
    /// Whether it came from where the person is now; `None` when that is not known.
    pub is_from_here: Option<bool>,
    /// The place, as a name that stays the same and says nothing else.
    pub place: Option<String>,
}

/// A passkey.
#[derive(Debug, Clone)]
pub struct PasskeyView {
    /// By which it is removed.
    pub id: PasskeyId,
    /// What the person calls it; `None` when the key to that is missing.
    pub name: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it was last used, if it was.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An account at Google that opens the person's.
#[derive(Debug, Clone)]
pub struct GoogleView {
    /// What it was called when it was linked; `None` when the key to that is missing.
    pub email: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it last did.
    pub last_used_at: DateTime<Utc>,
}

/// What a person has of authenticator apps.
#[derive(Debug, Clone)]
pub enum SecondFactor {
    /// Nothing.
    None,
    /// An authenticator app that has not shown a code yet.
    Begun {
        /// What it is given, to be typed; `None` when the key to it is missing.
        secret: Option<String>,
        /// The same as an `otpauth` URI.
        uri: Option<String>,
    },
    /// An authenticator app.
    Totp {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// Sessions and history.
#[derive(Debug, Clone)]
pub struct SecurityView {
    /// The authenticator app.
    pub second_factor: SecondFactor,
    /// The oldest first.
    pub passkeys: Vec<PasskeyView>,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
    /// The account at Google, if one is linked.
    pub google: Option<GoogleView>,
    /// Whether a password opens the account.
    pub has_password: bool,
    /// The present one first, then the last used.
    pub sessions: Vec<SessionView>,
    /// Newest first.
    pub history: Vec<HistoryView>,
}

/// When the page is looked at, and by whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub now: DateTime<Utc>,
    /// Whether they proved who they are a moment ago.
    pub is_proved: bool,
}

impl SecurityRows {
    /// With what `key` opens, seen from the address of this pseudonym. `issuer`: what an authenticator app calls this site.
    pub fn open(&self, person: &Person, key: Option<&PersonKey>, here: Option<&[u8]>, issuer: &str, seen: Seen) -> SecurityView {
        let second_factor = match &self.totp {
            None => SecondFactor::None,
            Some(TotpRow { confirmed_at: Some(since), .. }) => SecondFactor::Totp { since: *since },
            // Shown to who proved a moment ago that it is them, and not to whoever finds the page open later.
            Some(TotpRow { created_at, .. }) if !seen.is_proved || seen.now - *created_at >= BEGUN => SecondFactor::None,
            Some(TotpRow { secret_sealed, .. }) => {
                let secret = key.zip(secret_sealed.as_deref()).and_then(|(key, sealed)| open_totp(key, person.id, sealed));
                let account = person.email.as_deref().unwrap_or("account");
                SecondFactor::Begun {
                    uri: secret.as_ref().and_then(|secret| totp_uri(secret, issuer, account)),
                    secret: secret.map(|secret| spoken(&secret)),
                }
            }
        };
        let session = |row: &SessionRow| SessionView {
            label: row.label,
            browser: key
                .zip(row.label)
                .zip(row.browser_sealed.as_deref())
                .and_then(|((key, label), sealed)| open_browser(key, label, sealed)),
            began_at: row.created_at,
            last_seen_at: row.last_seen_at,
            is_present: row.is_present.unwrap_or_default(),
        };
        let passkey = |row: &PasskeyRow| PasskeyView {
            id: PasskeyId(row.id),
            name: key.and_then(|key| passkeys::open_name(key, row.id, &row.name_sealed)),
            since: row.created_at,
            last_used_at: row.last_used_at,
        };
        let door = |row: &HistoryRow| HistoryView {
            at: row.occurred_at,
            action: row.action.clone(),
            by: row.by.clone(),
            is_from_here: row.address_pseudonym.as_deref().zip(here).map(|(there, here)| there == here),
            place: row.address_pseudonym.as_ref().map(|pseudonym| hex::encode(pseudonym).chars().take(8).collect()),
        };
        SecurityView {
            second_factor,
            passkeys: self.passkeys.iter().map(passkey).collect(),
            recovery_codes_left: self.recovery_codes_left,
            google: self.google.as_ref().map(|row| GoogleView {
                email: key.and_then(|key| google::open_google_email(key, person.id, &row.email_sealed)),
                since: row.created_at,
                last_used_at: row.last_used_at,
            }),
            has_password: self.has_password,
            sessions: self.sessions.iter().map(session).collect(),
            history: self.history.iter().map(door).collect(),
        }
    }
}
