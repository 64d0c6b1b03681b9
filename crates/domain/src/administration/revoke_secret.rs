//! Taking a key or a secret back at once: no server uses it from here on, whatever its configuration says.

use serde_json::json;

use super::ENCRYPTION_KEY;
use crate::accounts::administration::end_all_sessions_in;
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::upkeep;

/// Why one is not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// It is not known, or was taken back before.
    #[error("no such secret is in use")]
    NotFound,
    /// Nothing goes on without one of this name, and this is the one in use: another has to be put in first.
    #[error("another has to be put in first")]
    InUse,
    /// The database.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Whether a server cannot be without the secret of this name.
pub fn is_needed(purpose: &str) -> bool {
    matches!(purpose, ENCRYPTION_KEY | "SESSION_KEY" | "AUDIT_SIGNING_KEY" | "WEBHOOK_PATH_TOKEN")
}

/// Takes it back. With a session key everybody is signed out. Every server builds its state anew without it within seconds.
pub async fn revoke_secret(deps: &Deps, op: &Op, purpose: &str, fingerprint: &str) -> Result<(), RevokeError> {
    let is_in_use = deps.settings.secret(purpose, fingerprint).is_some_and(|secret| secret.is_current);
    if is_in_use && is_needed(purpose) {
        return Err(RevokeError::InUse);
    }
    let mut tx = deps.begin(op).await?;
    if !upkeep::revoke_in(&mut tx, purpose, fingerprint, deps.now()).await? {
        return Err(RevokeError::NotFound);
    }
    let ended = if purpose == "SESSION_KEY" { end_all_sessions_in(&mut tx).await? } else { 0 };
    let detail = json!({ "secret": purpose, "fingerprint": fingerprint, "sessions": ended });
    audit::append(&mut tx, deps, op, Event::of_installation(Action::SecretRevoked).with(detail));
    tx.commit().await?;
    Ok(())
}
