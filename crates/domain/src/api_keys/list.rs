//! What a person sees of their keys.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use types::{ApiKeyId, Scope};

use super::make::name_place;
use crate::base::bytea;
use crate::vault::PersonKey;

/// What `kairos_api_keys` returns.
#[derive(Debug, Deserialize)]
pub(crate) struct ApiKeyRows(Vec<KeyRow>);

#[derive(Debug, Deserialize)]
struct KeyRow {
    id: ApiKeyId,
    #[serde(deserialize_with = "bytea")]
    name_sealed: Vec<u8>,
    scopes: Vec<Scope>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

/// A key that works.
#[derive(Debug, Clone)]
pub struct ApiKeyView {
    /// Its id, as the audit log names it.
    pub id: ApiKeyId,
    /// What the person calls it; `None` when that cannot be read.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
    /// When it was last exchanged for a token.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl ApiKeyRows {
    /// With the names that `key` opens.
    pub fn open(&self, key: Option<&PersonKey>) -> Vec<ApiKeyView> {
        let view = |row: &KeyRow| ApiKeyView {
            id: row.id,
            name: key.and_then(|key| key.open_text(name_place(row.id), &row.name_sealed).ok()),
            scopes: row.scopes.clone(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        };
        self.0.iter().map(view).collect()
    }
}
