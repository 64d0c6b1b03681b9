//! SQL of `calendar_sync_logs`.

use chrono::{DateTime, Utc};
use types::{ConnectionId, HealthReason, RequestId, SyncKind, SyncLogId, SyncOutcome, UserId};

use super::read;
use crate::base::Tx;

#[derive(Debug, Clone)]
pub(in super::super) struct LogRow {
    pub kind: SyncKind,
    pub outcome: SyncOutcome,
    pub reason: Option<String>,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub calendars_total: i32,
    pub calendars_done: i32,
    pub events_read: i32,
    pub events_removed: i32,
    pub unreadable: i32,
}

pub(in super::super) async fn insert(
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
pub(in super::super) async fn end_interrupted(tx: &mut Tx, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
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

pub(in super::super) async fn set_total(tx: &mut Tx, log: SyncLogId, total: i32, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_sync_logs set calendars_total = $2, seen_at = $3 where id = $1", log.0, total, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in super::super) async fn page_read(tx: &mut Tx, log: SyncLogId, events: i32, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_sync_logs set events_read = events_read + $2, seen_at = $3 where id = $1", log.0, events, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in super::super) async fn calendar_done(tx: &mut Tx, log: SyncLogId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_sync_logs set calendars_done = calendars_done + 1, seen_at = $2 where id = $1", log.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in super::super) async fn finish(
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

pub(in super::super) async fn latest(tx: &mut Tx, connection: ConnectionId) -> Result<Option<LogRow>, sqlx::Error> {
    Ok(recent(tx, connection, 1).await?.into_iter().next())
}

/// The last runs, newest first.
pub(in super::super) async fn recent(tx: &mut Tx, connection: ConnectionId, limit: i64) -> Result<Vec<LogRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "select kind, outcome, reason, started_at, seen_at, finished_at, calendars_total, calendars_done, events_read,
                events_removed, unreadable
         from calendar_sync_logs where connection_id = $1 order by started_at desc, id desc limit $2",
        connection.0,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(LogRow {
                kind: read(&row.kind, "kind")?,
                outcome: read(&row.outcome, "outcome")?,
                reason: row.reason,
                started_at: row.started_at,
                seen_at: row.seen_at,
                finished_at: row.finished_at,
                calendars_total: row.calendars_total,
                calendars_done: row.calendars_done,
                events_read: row.events_read,
                events_removed: row.events_removed,
                unreadable: row.unreadable,
            })
        })
        .collect()
}
