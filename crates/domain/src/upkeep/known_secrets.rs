//! Which secrets this installation was given, by fingerprint: written down at each start, so that their age is known.

use chrono::{DateTime, TimeDelta, Utc};

use super::store;
use crate::audit::{self, Action, Event};
use crate::base::{Database, Deps, Op, Tx};

/// How long a secret may be used: what is signed by it half a year, what opens something a year.
pub(crate) fn lifetime(purpose: &str) -> TimeDelta {
    if purpose.ends_with("WEBHOOK_SECRET") || purpose == "WEBHOOK_PATH_TOKEN" { TimeDelta::days(180) } else { TimeDelta::days(365) }
}

/// Writes down those that this server has.
pub async fn note_secrets(deps: &Deps) -> Result<(), sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    store::note_secrets(&mut tx, &deps.settings.secrets, deps.now()).await?;
    tx.commit().await
}

/// The same after they were read anew while the server ran: with an entry in the audit log.
pub async fn note_reload(deps: &Deps, op: &Op) -> Result<(), sqlx::Error> {
    note_secrets(deps).await?;
    let mut tx = deps.begin(op).await?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::SecretsReloaded));
    tx.commit().await?;
    Ok(())
}

/// Those that no server uses any more, whatever its configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RevokedSecrets(Vec<(String, String)>);

impl RevokedSecrets {
    /// As they are now.
    pub async fn read(database: &Database) -> Result<Self, sqlx::Error> {
        let mut lent = database.lend().await?;
        let found = store::revoked_secrets(&mut lent).await?;
        lent.keep();
        Ok(Self(found))
    }

    /// Whether it is among them.
    pub fn has(&self, purpose: &str, fingerprint: &str) -> bool {
        self.0.iter().any(|(other, known)| other == purpose && known == fingerprint)
    }
}

/// Revokes one. `false`: it is not known, or was revoked before.
pub(crate) async fn revoke_in(tx: &mut Tx, purpose: &str, fingerprint: &str, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    store::revoke_secret(tx, purpose, fingerprint, now).await
}
