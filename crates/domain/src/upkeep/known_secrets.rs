//! Which secrets this installation was given, by fingerprint: written down at each start, so that their age is known.

use chrono::TimeDelta;

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};

/// How long a secret may be used: what is signed by it half a year, what opens something a year.
pub(crate) fn lifetime(purpose: &str) -> TimeDelta {
    if purpose.ends_with("WEBHOOK_SECRET") || purpose == "WEBHOOK_PATH_TOKEN" { TimeDelta::days(180) } else { TimeDelta::days(365) }
}

/// Writes down those that this server has.
pub async fn note_secrets(deps: &Deps) -> Result<(), sqlx::Error> {
    let (purposes, fingerprints): (Vec<String>, Vec<String>) =
        deps.settings.secrets.iter().map(|secret| (secret.purpose.to_owned(), secret.fingerprint.clone())).unzip();
    let mut tx = deps.database.begin(None).await?;
    sqlx::query!(
        "insert into known_secrets (purpose, fingerprint, first_seen_at, last_seen_at)
         select given.purpose, given.fingerprint, $3, $3 from unnest($1::text[], $2::text[]) as given (purpose, fingerprint)
         on conflict (purpose, fingerprint) do update set last_seen_at = excluded.last_seen_at",
        &purposes,
        &fingerprints,
        deps.now()
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// The same after they were read anew while the server ran: with an entry in the audit log.
pub async fn note_reload(deps: &Deps, op: &Op) -> Result<(), sqlx::Error> {
    note_secrets(deps).await?;
    let mut tx = deps.begin(op).await?;
    audit::append(&mut tx, deps, op, Event::of_installation(Action::SecretsReloaded)).await?;
    tx.commit().await?;
    Ok(())
}
