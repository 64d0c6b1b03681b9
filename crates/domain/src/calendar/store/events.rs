//! SQL of `calendar_events`.

use chrono::{DateTime, NaiveDate, Utc};
use types::{CalendarId, EventId, UserId};

use crate::base::Tx;

pub(in super::super) struct NewEvent {
    pub id: EventId,
    pub event_key: Vec<u8>,
    pub resource_key: Option<Vec<u8>>,
    pub ical_uid_hash: Option<Vec<u8>>,
    pub original_starts_at: Option<DateTime<Utc>>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// First day, and the day after the last, of an event of whole days.
    pub dates: Option<(NaiveDate, NaiveDate)>,
    pub busy: bool,
    pub tentative: bool,
    pub title_sealed: Option<Vec<u8>>,
}

/// Stores a page in one statement. The id changes with the row, because the title is sealed for it.
pub(in super::super) async fn upsert(
    tx: &mut Tx,
    user: UserId,
    calendar: CalendarId,
    generation: i64,
    events: &[NewEvent],
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = events.iter().map(|event| event.id.0).collect();
    let keys: Vec<_> = events.iter().map(|event| event.event_key.clone()).collect();
    let uids: Vec<_> = events.iter().map(|event| event.ical_uid_hash.clone()).collect();
    let originals: Vec<_> = events.iter().map(|event| event.original_starts_at).collect();
    let starts: Vec<_> = events.iter().map(|event| event.starts_at).collect();
    let ends: Vec<_> = events.iter().map(|event| event.ends_at).collect();
    let start_dates: Vec<_> = events.iter().map(|event| event.dates.map(|(start, _)| start)).collect();
    let end_dates: Vec<_> = events.iter().map(|event| event.dates.map(|(_, end)| end)).collect();
    let busy: Vec<_> = events.iter().map(|event| event.busy).collect();
    let tentative: Vec<_> = events.iter().map(|event| event.tentative).collect();
    let resources: Vec<_> = events.iter().map(|event| event.resource_key.clone()).collect();
    let titles: Vec<_> = events.iter().map(|event| event.title_sealed.clone()).collect();
    sqlx::query!(
        "insert into calendar_events (id, user_id, calendar_id, generation, event_key, ical_uid_hash, original_starts_at, starts_at,
                                      ends_at, all_day, start_date, end_date, busy, status, title_sealed, resource_key)
         select e.id, $1, $2, $3, e.event_key, e.ical_uid_hash, e.original_starts_at, e.starts_at, e.ends_at, e.start_date is not null,
                e.start_date, e.end_date, e.busy, case when e.tentative then 'tentative' else 'confirmed' end, e.title_sealed,
                e.resource_key
         from unnest($4::uuid[], $5::bytea[], $6::bytea[], $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::date[],
                     $11::date[], $12::boolean[], $13::boolean[], $14::bytea[], $15::bytea[])
              as e(id, event_key, ical_uid_hash, original_starts_at, starts_at, ends_at, start_date, end_date, busy, tentative, title_sealed, resource_key)
         on conflict (calendar_id, generation, event_key) do update set
             id = excluded.id, ical_uid_hash = excluded.ical_uid_hash, original_starts_at = excluded.original_starts_at,
             starts_at = excluded.starts_at, ends_at = excluded.ends_at, all_day = excluded.all_day, start_date = excluded.start_date,
             end_date = excluded.end_date, busy = excluded.busy, status = excluded.status, title_sealed = excluded.title_sealed,
             resource_key = excluded.resource_key",
        user.0,
        calendar.0,
        generation,
        &ids,
        &keys,
        &uids as &[Option<Vec<u8>>],
        &originals as &[Option<DateTime<Utc>>],
        &starts,
        &ends,
        &start_dates as &[Option<NaiveDate>],
        &end_dates as &[Option<NaiveDate>],
        &busy,
        &tentative,
        &titles as &[Option<Vec<u8>>],
        &resources as &[Option<Vec<u8>>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many were there to remove.
pub(in super::super) async fn remove(tx: &mut Tx, calendar: CalendarId, generation: i64, keys: &[Vec<u8>]) -> Result<i32, sqlx::Error> {
    if keys.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query!(
        "delete from calendar_events where calendar_id = $1 and generation = $2 and event_key = any($3)",
        calendar.0,
        generation,
        keys
    )
    .execute(&mut **tx)
    .await?;
    Ok(i32::try_from(done.rows_affected()).unwrap_or(i32::MAX))
}

/// Everything that was read from these resources; how many events that were.
pub(in super::super) async fn remove_resources(
    tx: &mut Tx,
    calendar: CalendarId,
    generation: i64,
    resources: &[Vec<u8>],
) -> Result<i32, sqlx::Error> {
    if resources.is_empty() {
        return Ok(0);
    }
    let done = sqlx::query!(
        "delete from calendar_events where calendar_id = $1 and generation = $2 and resource_key = any($3)",
        calendar.0,
        generation,
        resources
    )
    .execute(&mut **tx)
    .await?;
    Ok(i32::try_from(done.rows_affected()).unwrap_or(i32::MAX))
}

/// What a read that died left behind.
pub(in super::super) async fn delete_unfinished(tx: &mut Tx, calendar: CalendarId, current: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from calendar_events where calendar_id = $1 and generation > $2", calendar.0, current).execute(&mut **tx).await?;
    Ok(())
}

/// How many there were.
pub(in super::super) async fn delete_other_generations(tx: &mut Tx, calendar: CalendarId, current: i64) -> Result<i64, sqlx::Error> {
    let done = sqlx::query!("delete from calendar_events where calendar_id = $1 and generation <> $2", calendar.0, current)
        .execute(&mut **tx)
        .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

pub(in super::super) async fn count(tx: &mut Tx, calendar: CalendarId, generation: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from calendar_events where calendar_id = $1 and generation = $2"#,
        calendar.0,
        generation
    )
    .fetch_one(&mut **tx)
    .await
}

pub(in super::super) struct EventRow {
    pub id: EventId,
    pub calendar: CalendarId,
    pub event_key: Vec<u8>,
    pub ical_uid_hash: Option<Vec<u8>>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub dates: Option<(NaiveDate, NaiveDate)>,
    pub busy: bool,
    pub tentative: bool,
    pub title_sealed: Option<Vec<u8>>,
}

/// What counts between two instants, in order of time.
pub(in super::super) async fn between(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<EventRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "select e.id, e.calendar_id, e.event_key, e.ical_uid_hash, e.starts_at, e.ends_at, e.start_date, e.end_date, e.busy, e.status, e.title_sealed
         from calendar_events e join calendars c on c.id = e.calendar_id and c.generation = e.generation and c.selected
         where e.starts_at < $2 and (e.ends_at > $1 or e.starts_at >= $1)
         order by e.starts_at, e.ends_at, e.id",
        from,
        to
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| EventRow {
            id: EventId(row.id),
            calendar: CalendarId(row.calendar_id),
            event_key: row.event_key,
            ical_uid_hash: row.ical_uid_hash,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            dates: row.start_date.zip(row.end_date),
            busy: row.busy,
            tentative: row.status == "tentative",
            title_sealed: row.title_sealed,
        })
        .collect())
}
