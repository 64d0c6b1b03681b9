//! SQL of `calendars`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use types::{CalendarId, ConnectionId, HealthReason, SyncLogId, UserId};

use crate::base::Tx;
use crate::calendar::closed_list::read_reason;

#[derive(Debug)]
pub(in crate::calendar) struct CalendarRow {
    pub id: CalendarId,
    pub external_hash: Vec<u8>,
    pub external_sealed: Vec<u8>,
    time_zone: String,
    pub selected: bool,
    pub sync_token: Option<String>,
    pub generation: i64,
    pub full_sync_at: Option<DateTime<Utc>>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub health_reason: Option<HealthReason>,
    pub unreadable: Value,
    pub channel_retry_at: Option<DateTime<Utc>>,
    /// Failures of its own in a row.
    pub attempts: i32,
    /// Not read before this moment, because of them.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

impl CalendarRow {
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// One that counts and has nothing wrong, for tests of what is decided about it.
    #[cfg(test)]
    pub fn sample(id: CalendarId) -> Self {
        Self {
            id,
            external_hash: Vec::new(),
            external_sealed: Vec::new(),
            time_zone: "UTC".to_owned(),
            selected: true,
            sync_token: None,
            generation: 0,
            full_sync_at: None,
            last_sync_at: None,
            health_reason: None,
            unreadable: Value::Null,
            channel_retry_at: None,
            attempts: 0,
            next_attempt_at: None,
        }
    }
}

/// A connection's calendars, the main one first.
pub(in crate::calendar) async fn of_connection(tx: &mut Tx, connection: ConnectionId) -> Result<Vec<CalendarRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "select id, external_hash, external_sealed, time_zone, selected, sync_token, generation, full_sync_at, last_sync_at, health_reason,
                unreadable, channel_retry_at, attempts, next_attempt_at
         from calendars where connection_id = $1 order by is_primary desc, created_at, id",
        connection.0
    )
    .fetch_all(&mut **tx)
    .await?;
    let row = rows.into_iter().map(|row| CalendarRow {
        id: CalendarId(row.id),
        external_hash: row.external_hash,
        external_sealed: row.external_sealed,
        time_zone: row.time_zone,
        selected: row.selected,
        sync_token: row.sync_token,
        generation: row.generation,
        full_sync_at: row.full_sync_at,
        last_sync_at: row.last_sync_at,
        health_reason: read_reason(row.health_reason.as_deref()),
        unreadable: row.unreadable,
        channel_retry_at: row.channel_retry_at,
        attempts: row.attempts,
        next_attempt_at: row.next_attempt_at,
    });
    Ok(row.collect())
}

pub(in crate::calendar) struct Upsert<'a> {
    pub id: CalendarId,
    pub user: UserId,
    pub connection: ConnectionId,
    pub external_hash: &'a [u8],
    pub external_sealed: &'a [u8],
    pub name_sealed: &'a [u8],
    pub zone: Option<&'static str>,
    pub is_primary: bool,
    pub can_read_details: bool,
    pub selected: bool,
    pub now: DateTime<Utc>,
}

/// A calendar that was known keeps the person's choice; one that is back counts again as it did.
pub(in crate::calendar) async fn upsert(tx: &mut Tx, row: &Upsert<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendars (id, user_id, connection_id, external_hash, external_sealed, name_sealed, time_zone, is_primary,
                                can_read_details, selected, created_at)
         values ($1, $2, $3, $4, $5, $6, coalesce($7, (select u.time_zone from users u where u.id = $2), 'UTC'), $8, $9, $10, $11)
         on conflict (id) do update set
             external_sealed = excluded.external_sealed, name_sealed = excluded.name_sealed, is_primary = excluded.is_primary, can_read_details = excluded.can_read_details,
             time_zone = coalesce($7, calendars.time_zone),
             health_reason = case when calendars.health_reason = 'calendar_gone' then null else calendars.health_reason end",
        row.id.0,
        row.user.0,
        row.connection.0,
        row.external_hash,
        row.external_sealed,
        row.name_sealed,
        row.zone,
        row.is_primary,
        row.can_read_details,
        row.selected,
        row.now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Calendars that the provider does not list any more. The first time they are marked and keep their events, as unknown, and the person's
/// choice; when the next list does not have them either, they go.
pub(in crate::calendar) async fn mark_absent(tx: &mut Tx, connection: ConnectionId, present: &[Vec<u8>]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from calendars where connection_id = $1 and not (external_hash = any($2)) and health_reason = 'calendar_gone'",
        connection.0,
        present
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update calendars set health_reason = 'calendar_gone', sync_token = null
         where connection_id = $1 and not (external_hash = any($2))",
        connection.0,
        present
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Selects exactly these and returns the others. A read of those that is under way cannot bring back what is forgotten of them: its
/// generation is not theirs any more. One that is selected again begins unread. The connection must be locked.
pub(in crate::calendar) async fn choose(
    tx: &mut Tx,
    connection: ConnectionId,
    chosen: &[CalendarId],
) -> Result<Vec<CalendarId>, sqlx::Error> {
    let chosen: Vec<uuid::Uuid> = chosen.iter().map(|id| id.0).collect();
    let others = sqlx::query_scalar!(
        "update calendars set selected = false, sync_token = null, last_sync_at = null, full_sync_at = null, window_starts_at = null,
                              window_ends_at = null, attempts = 0, next_attempt_at = null, generation = generation + 1
         where connection_id = $1 and not (id = any($2)) returning id",
        connection.0,
        &chosen
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!("update calendars set selected = true where connection_id = $1 and id = any($2) and not selected", connection.0, &chosen)
        .execute(&mut **tx)
        .await?;
    Ok(others.into_iter().map(CalendarId).collect())
}

/// Whether a page that `run` read of this calendar may be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::calendar) enum Hold {
    /// It may, to the end of the transaction.
    Held,
    /// The calendar was unticked, or read anew, since the run looked at it.
    Changed,
    /// Another run took over, or the connection or the calendar is gone.
    Overtaken,
}

/// Locks the connection, so that nobody chooses or takes over before `tx` ends, and compares. The calendar is locked too, because only of
/// a locked row is the newest version compared: a statement that waited for the connection sees all others as they were before it waited.
pub(in crate::calendar) async fn hold(
    tx: &mut Tx,
    connection: ConnectionId,
    run: SyncLogId,
    calendar: CalendarId,
    generation: i64,
) -> Result<Hold, sqlx::Error> {
    let row = sqlx::query!(
        r#"select c.selected and c.generation = $4 as "is_current!"
           from calendar_connections n join calendars c on c.id = $3 and c.connection_id = n.id
           where n.id = $1 and n.reading = $2 for share of n, c"#,
        connection.0,
        run.0,
        calendar.0,
        generation
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match row {
        Some(row) if row.is_current => Hold::Held,
        Some(_) => Hold::Changed,
        None => Hold::Overtaken,
    })
}

/// It gave no answer, and nor did anything else of the account.
pub(in crate::calendar) async fn tried(tx: &mut Tx, calendar: CalendarId) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendars set attempts = attempts + 1 where id = $1", calendar.0).execute(&mut **tx).await?;
    Ok(())
}

/// It has trouble of its own; the others are read meanwhile.
pub(in crate::calendar) async fn put_off(
    tx: &mut Tx,
    calendar: CalendarId,
    reason: HealthReason,
    until: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendars set health_reason = $2, attempts = attempts + 1, next_attempt_at = $3 where id = $1",
        calendar.0,
        reason.as_str(),
        until
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The provider does not know it any more.
pub(in crate::calendar) async fn gone(tx: &mut Tx, calendar: CalendarId) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendars set health_reason = 'calendar_gone' where id = $1", calendar.0).execute(&mut **tx).await?;
    Ok(())
}

/// Not before this moment is its channel asked for again.
pub(in crate::calendar) async fn set_channel_retry(
    tx: &mut Tx,
    calendar: CalendarId,
    at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendars set channel_retry_at = $2 where id = $1", calendar.0, at).execute(&mut **tx).await?;
    Ok(())
}

/// What could not be read, by reason.
pub(in crate::calendar) async fn set_unreadable(
    tx: &mut Tx,
    calendar: CalendarId,
    unreadable: &Value,
    zone: Tz,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendars set time_zone = $3, unreadable = $2 where id = $1", calendar.0, unreadable, zone.name())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The end of an incremental round. The calendar must be held.
pub(in crate::calendar) async fn caught_up(
    tx: &mut Tx,
    calendar: CalendarId,
    sync_token: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendars set sync_token = $2, last_sync_at = $3, health_reason = null, attempts = 0, next_attempt_at = null where id = $1",
        calendar.0,
        sync_token,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::calendar) struct Swap<'a> {
    pub generation: i64,
    pub sync_token: Option<&'a str>,
    pub window_starts_at: DateTime<Utc>,
    pub window_ends_at: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

/// From here on the new generation counts. The calendar must be held.
pub(in crate::calendar) async fn swap(tx: &mut Tx, calendar: CalendarId, swap: &Swap<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendars set generation = $2, sync_token = $3, window_starts_at = $4, window_ends_at = $5, full_sync_at = $6,
                              last_sync_at = $6, health_reason = null, attempts = 0, next_attempt_at = null
         where id = $1",
        calendar.0,
        swap.generation,
        swap.sync_token,
        swap.window_starts_at,
        swap.window_ends_at,
        swap.now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
