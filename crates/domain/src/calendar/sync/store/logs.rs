//! SQL of `calendar_sync_logs`.

use chrono::{DateTime, Utc};
use types::{ConnectionId, HealthReason, RequestId, SyncKind, SyncLogId, SyncOutcome, UserId};

use crate::base::Tx;

pub(in crate::calendar) async fn insert(
    tx: &mut Tx,
    log: SyncLogId,
    user: UserId,
    connection: ConnectionId,
    kind: SyncKind,
    request: RequestId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_sync_logs (id, user_id, connection_id, kind, outcome, started_at, seen_at, request_id)
         values ($1, $2, $3, $4, 'running', $5, $5, $6)",
        log.0,
        user.0,
        connection.0,
        kind.as_str(),
        now,
        request.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A run of the same connection that is still marked as running died with its worker: runs never overlap.
pub(in crate::calendar) async fn end_interrupted(tx: &mut Tx, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_sync_logs set outcome = 'failed', reason = 'interrupted', finished_at = $2
         where connection_id = $1 and outcome = 'running'",
        connection.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many runs died with their worker in the two days before `now` and since one succeeded, if the last one did.
pub(in crate::calendar) async fn interrupted(tx: &mut Tx, connection: ConnectionId, now: DateTime<Utc>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select case when (select reason from calendar_sync_logs where connection_id = $1 order by started_at desc, id desc limit 1)
                      = 'interrupted' then count(*) else 0 end as "count!"
           from calendar_sync_logs
           where connection_id = $1 and reason = 'interrupted' and started_at > coalesce(
               (select max(started_at) from calendar_sync_logs where connection_id = $1 and outcome = 'succeeded'), '-infinity')
               and started_at > $2::timestamptz - interval '2 days'"#,
        connection.0,
        now
    )
    .fetch_one(&mut **tx)
    .await
}

pub(in crate::calendar) async fn set_total(tx: &mut Tx, log: SyncLogId, total: i32, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_sync_logs set calendars_total = $2, seen_at = $3 where id = $1", log.0, total, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::calendar) async fn page_read(tx: &mut Tx, log: SyncLogId, events: i32, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_sync_logs set events_read = events_read + $2, seen_at = $3 where id = $1", log.0, events, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::calendar) async fn calendar_done(tx: &mut Tx, log: SyncLogId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_sync_logs set calendars_done = calendars_done + 1, seen_at = $2 where id = $1", log.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::calendar) async fn finish(
    tx: &mut Tx,
    log: SyncLogId,
    outcome: SyncOutcome,
    reason: Option<HealthReason>,
    removed: i32,
    unreadable: i32,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_sync_logs set outcome = $2, reason = $3, events_removed = $4, unreadable = $5, seen_at = $6, finished_at = $6
         where id = $1",
        log.0,
        outcome.as_str(),
        reason.map(HealthReason::as_str),
        removed,
        unreadable,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// One run.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct LogView {
    /// Of which connection.
    pub(in crate::calendar) connection_id: ConnectionId,
    /// Why it ran.
    pub kind: SyncKind,
    /// How it ended.
    pub outcome: SyncOutcome,
    /// A health reason's code, or `interrupted`.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Last sign of life.
    pub seen_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Calendars to read.
    pub calendars_total: i32,
    /// Calendars read.
    pub calendars_done: i32,
    /// Events read.
    pub events_read: i32,
    /// Events removed.
    pub events_removed: i32,
    /// Entries that could not be read.
    pub unreadable: i32,
}
