//! Removes connections: rows and secrets in one transaction, and then the provider is told.

use providers::oauth::Revoked;
use types::{ConnectionId, ConsentPurpose, Provider};

use super::revoke::{Revocation, revoke_all};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::calendar::CalendarError;
use crate::calendar::connection::{ConnectionRow, connections};
use crate::calendar::push::channels;
use crate::consents;
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
    /// How many grants the provider was not told to forget, or not yet.
    pub not_revoked: usize,
    /// How many grants only the person can take back, on a page of the provider.
    pub by_person_only: usize,
}

/// Removes the connections with everything fetched by them. Removing none is no error, except for a single unknown one.
pub async fn disconnect(deps: &Deps, op: &Op, which: Which) -> Result<Disconnected, CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    // Whoever connects meanwhile comes before or after, and never between: the consent ends with the last connection.
    connections::lock_of_user(&mut tx, user).await?;
    let wanted = |row: &ConnectionRow| match which {
        Which::All => true,
        Which::Provider(provider) => row.provider == provider,
        Which::Connection(id) => row.id == id,
    };
    let mut rows = Vec::new();
    for row in connections::of_user(&mut tx, user).await?.into_iter().filter(wanted) {
        // Locked before its tokens are looked at, so that the one that is given back is the one that is there.
        rows.extend(connections::find_for_update(&mut tx, row.id).await?);
    }
    if rows.is_empty() && matches!(which, Which::Connection(_)) {
        return Err(CalendarError::NotFound);
    }
    // Without its key a token cannot be given back, but it can still be forgotten.
    let key = match PersonKey::load_in(&mut tx, deps, user).await {
        Ok(key) => Some(key),
        Err(VaultError::Database(error)) => return Err(error.into()),
        Err(_) => None,
    };
    let mut revocations = Vec::new();
    for row in &rows {
        if row.refresh_token_sealed.is_some() {
            let channels = channels::of_connection(&mut tx, row.id).await?;
            revocations.push(match &key {
                Some(key) => Revocation::prepare(&mut tx, deps, user, key, row, channels).await?,
                None => None,
            });
        }
        connections::delete(&mut tx, row.id).await?;
        let detail = serde_json::json!({ "provider": row.provider });
        audit::append(&mut tx, deps, op, Event::done(Action::ConnectionRemoved, user, row.id.0).with(detail));
    }
    if connections::of_user(&mut tx, user).await?.is_empty() {
        consents::withdraw_in(&mut tx, deps, op, user, ConsentPurpose::Calendars).await?;
    }
    tx.commit().await?;
    let unreadable = revocations.iter().filter(|revocation| revocation.is_none()).count();
    let mut done = Disconnected { removed: rows.len(), not_revoked: unreadable, by_person_only: 0 };
    for told in revoke_all(deps, op, revocations.into_iter().flatten().collect()).await {
        match told {
            Some(Revoked::Done) => {}
            Some(Revoked::ByPersonOnly) => done.by_person_only += 1,
            None => done.not_revoked += 1,
        }
    }
    Ok(done)
}
