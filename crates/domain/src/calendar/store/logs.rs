//! SQL of `calendar_sync_logs`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use types::{ConnectionId, HealthReason, RequestId, SyncKind, SyncLogId, SyncOutcome, UserId};

use super::super::overview::LogView;
use super::read;
use crate::base::Tx;

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

/// How many of the last runs died with their worker, one after another.
pub(in super::super) async fn interrupted_in_a_row(tx: &mut Tx, connection: ConnectionId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from calendar_sync_logs
           where connection_id = $1 and reason = 'interrupted' and started_at > coalesce(
               (select max(started_at) from calendar_sync_logs where connection_id = $1 and reason is distinct from 'interrupted'), '-infinity')"#,
        connection.0
    )
    .fetch_one(&mut **tx)
    .await
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

struct Raw {
    connection_id: uuid::Uuid,
    kind: String,
    outcome: String,
    reason: Option<String>,
    started_at: DateTime<Utc>,
    seen_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    calendars_total: i32,
    calendars_done: i32,
    events_read: i32,
    events_removed: i32,
    unreadable: i32,
}

impl TryFrom<Raw> for LogView {
    type Error = sqlx::Error;

    fn try_from(raw: Raw) -> Result<Self, sqlx::Error> {
        Ok(Self {
            kind: read(&raw.kind, "kind")?,
            outcome: read(&raw.outcome, "outcome")?,
            reason: raw.reason,
            started_at: raw.started_at,
            seen_at: raw.seen_at,
            finished_at: raw.finished_at,
            calendars_total: raw.calendars_total,
            calendars_done: raw.calendars_done,
            events_read: raw.events_read,
            events_removed: raw.events_removed,
            unreadable: raw.unreadable,
        })
    }
}

pub(in super::super) async fn latest(tx: &mut Tx, connection: ConnectionId) -> Result<Option<LogView>, sqlx::Error> {
    sqlx::query_as!(
        Raw,
        "select connection_id, kind, outcome, reason, started_at, seen_at, finished_at, calendars_total, calendars_done, events_read,
                events_removed, unreadable
         from calendar_sync_logs where connection_id = $1 order by started_at desc, id desc limit 1",
        connection.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// The last runs of each connection of a person, newest first.
pub(in super::super) async fn recent_of_user(
    tx: &mut Tx,
    user: UserId,
    limit: i64,
) -> Result<HashMap<ConnectionId, Vec<LogView>>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Raw,
        "select l.connection_id, l.kind, l.outcome, l.reason, l.started_at, l.seen_at, l.finished_at, l.calendars_total,
                l.calendars_done, l.events_read, l.events_removed, l.unreadable
         from calendar_connections c
         cross join lateral (
             select * from calendar_sync_logs s where s.connection_id = c.id order by s.started_at desc, s.id desc limit $2
         ) l
         where c.user_id = $1
         order by l.started_at desc, l.id desc",
        user.0,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut logs: HashMap<ConnectionId, Vec<LogView>> = HashMap::new();
    for row in rows {
        logs.entry(ConnectionId(row.connection_id)).or_default().push(row.try_into()?);
    }
    Ok(logs)
}
