//! Removes what has expired, once an hour.

use chrono::TimeDelta;

use super::{Job, enqueue};
use crate::base::Deps;

/// As many entries of the audit log forget at once who they are about.
const PART: i64 = 5_000;

/// Removes what has expired, a function a table in the database, and puts itself in for the next hour.
pub async fn purge_expired(deps: &Deps) -> Result<(), sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    let removed = sqlx::query!(r#"select name as "name!", removed as "removed!" from kairos_purge_expired_rows($1)"#, deps.now())
        .fetch_all(&mut *tx)
        .await?;
    // One that takes a part at a time goes on at once while there is more.
    let has_more = removed.iter().any(|row| row.name == "audit_events" && row.removed >= PART);
    let next = deps.now() + if has_more { TimeDelta::seconds(1) } else { TimeDelta::hours(1) };
    enqueue(&mut tx, Job::PurgeExpired.at(next)).await?;
    tx.commit().await?;
    for row in removed.iter().filter(|row| row.removed > 0) {
        tracing::info!(table = row.name, rows = row.removed, "removed what had expired");
    }
    Ok(())
}
