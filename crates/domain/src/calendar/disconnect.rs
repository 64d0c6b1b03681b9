//! Removes connections: rows and secrets in one transaction, then the provider is told.

use secrecy::SecretString;
use types::{ConnectionId, Provider};

use super::CalendarError;
use super::store::connections;
use super::tokens::refresh_token;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::vault::{PersonKey, VaultError};

/// Which connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of the person's.
    All,
    /// Those at one provider.
    Provider(Provider),
    /// This one.
    Connection(ConnectionId),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disconnected {
    /// How many connections are gone.
    pub removed: usize,
    /// How many grants the provider could not be told to forget.
    pub not_revoked: usize,
}

/// Removes the connections with everything fetched by them. Removing none is no error, except for a single unknown one.
pub async fn disconnect(deps: &Deps, op: &Op, which: Which) -> Result<Disconnected, CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let rows = connections::of_user(&mut tx, user).await?;
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|row| match which {
            Which::All => true,
            Which::Provider(provider) => row.provider == provider,
            Which::Connection(id) => row.id == id,
        })
        .collect();
    if rows.is_empty() && matches!(which, Which::Connection(_)) {
        return Err(CalendarError::NotFound);
    }
    // Without its key a token cannot be given back, but it can still be forgotten.
    let key = match PersonKey::load_in(&mut tx, deps, user).await {
        Ok(key) => Some(key),
        Err(VaultError::Database(error)) => return Err(error.into()),
        Err(_) => None,
    };
    let mut tokens: Vec<Option<SecretString>> = Vec::new();
    for row in &rows {
        if row.provider == Provider::Google {
            tokens.push(key.as_ref().and_then(|key| refresh_token(key, row).ok()));
        }
        connections::delete(&mut tx, row.id).await?;
        let detail = serde_json::json!({ "provider": row.provider });
        audit::append(&mut tx, deps, op, Event::done(Action::ConnectionRemoved, user, row.id.0).with(detail)).await?;
    }
    tx.commit().await?;
    let mut not_revoked = 0;
    for token in tokens {
        let told = match (&token, &deps.providers.google) {
            (Some(token), Some(google)) => google.revoke(token).await.is_ok(),
            _ => false,
        };
        not_revoked += usize::from(!told);
    }
    Ok(Disconnected { removed: rows.len(), not_revoked })
}
