//! Removes what has expired, once an hour.

use chrono::TimeDelta;

use super::{Job, enqueue};
use crate::base::Deps;
use crate::limits;

/// Removes expired sessions, OAuth attempts, links and sync logs, and puts itself in for the next hour.
pub async fn purge_expired(deps: &Deps) -> Result<(), sqlx::Error> {
    limits::purge(deps).await?;
    let mut tx = deps.database.begin(None).await?;
    let removed = sqlx::query!(
        r#"select sessions_removed as "sessions!", attempts_removed as "attempts!", tokens_removed as "tokens!", sync_logs_removed as "sync_logs!"
           from kairos_purge_expired($1)"#,
        deps.now()
    )
    .fetch_one(&mut *tx)
    .await?;
    let unverified = sqlx::query_scalar!(r#"select kairos_purge_unverified_users($1) as "count!""#, deps.now()).fetch_one(&mut *tx).await?;
    enqueue(&mut tx, Job::PurgeExpired.at(deps.now() + TimeDelta::hours(1))).await?;
    tx.commit().await?;
    tracing::info!(
        sessions = removed.sessions,
        attempts = removed.attempts,
        tokens = removed.tokens,
        sync_logs = removed.sync_logs,
        unverified_users = unverified,
        "removed what had expired"
    );
    Ok(())
}

/// Puts the first purge in, at start; the unique key makes it one however many replicas do.
pub async fn start_purging(deps: &Deps) -> Result<(), sqlx::Error> {
    let mut tx = deps.database.begin(None).await?;
    enqueue(&mut tx, Job::PurgeExpired).await?;
    tx.commit().await
}
