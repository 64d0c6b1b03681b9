//! SQL of `calendar_events`.

use chrono::{DateTime, NaiveDate, Utc};
use types::{CalendarId, EventId, UserId};

use crate::base::{Tx, bytea, optional_bytea};

pub(in crate::calendar) struct NewEvent {
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

/// A page as an array a column, which is how one statement takes it.
#[derive(Default)]
struct Columns {
    ids: Vec<uuid::Uuid>,
    keys: Vec<Vec<u8>>,
    uids: Vec<Option<Vec<u8>>>,
    originals: Vec<Option<DateTime<Utc>>>,
    starts: Vec<DateTime<Utc>>,
    ends: Vec<DateTime<Utc>>,
    start_dates: Vec<Option<NaiveDate>>,
    end_dates: Vec<Option<NaiveDate>>,
    busy: Vec<bool>,
    tentative: Vec<bool>,
    titles: Vec<Option<Vec<u8>>>,
    resources: Vec<Option<Vec<u8>>>,
}

impl Columns {
    fn with_capacity(count: usize) -> Self {
        Self { ids: Vec::with_capacity(count), keys: Vec::with_capacity(count), titles: Vec::with_capacity(count), ..Self::default() }
    }

    fn push(&mut self, event: NewEvent) {
        self.ids.push(event.id.0);
        self.keys.push(event.event_key);
        self.uids.push(event.ical_uid_hash);
        self.originals.push(event.original_starts_at);
        self.starts.push(event.starts_at);
        self.ends.push(event.ends_at);
        self.start_dates.push(event.dates.map(|(start, _)| start));
        self.end_dates.push(event.dates.map(|(_, end)| end));
        self.busy.push(event.busy);
        self.tentative.push(event.tentative);
        self.titles.push(event.title_sealed);
        self.resources.push(event.resource_key);
    }
}

/// Stores a page in one statement. The id changes with the row, because the title is sealed for it.
pub(in crate::calendar) async fn upsert(
    tx: &mut Tx,
    user: UserId,
    calendar: CalendarId,
    generation: i64,
    events: Vec<NewEvent>,
) -> Result<(), sqlx::Error> {
    if events.is_empty() {
        return Ok(());
    }
    let mut columns = Columns::with_capacity(events.len());
    for event in events {
        columns.push(event);
    }
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
        &columns.ids,
        &columns.keys,
        &columns.uids as &[Option<Vec<u8>>],
        &columns.originals as &[Option<DateTime<Utc>>],
        &columns.starts,
        &columns.ends,
        &columns.start_dates as &[Option<NaiveDate>],
        &columns.end_dates as &[Option<NaiveDate>],
        &columns.busy,
        &columns.tentative,
        &columns.titles as &[Option<Vec<u8>>],
        &columns.resources as &[Option<Vec<u8>>]
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many were there to remove.
pub(in crate::calendar) async fn remove(tx: &mut Tx, calendar: CalendarId, generation: i64, keys: &[Vec<u8>]) -> Result<i32, sqlx::Error> {
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
pub(in crate::calendar) async fn remove_resources(
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
pub(in crate::calendar) async fn delete_unfinished(tx: &mut Tx, calendar: CalendarId, current: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from calendar_events where calendar_id = $1 and generation > $2", calendar.0, current).execute(&mut **tx).await?;
    Ok(())
}

/// How many there were.
pub(in crate::calendar) async fn delete_other_generations(tx: &mut Tx, calendar: CalendarId, current: i64) -> Result<i64, sqlx::Error> {
    let done = sqlx::query!("delete from calendar_events where calendar_id = $1 and generation < $2", calendar.0, current)
        .execute(&mut **tx)
        .await?;
    Ok(i64::try_from(done.rows_affected()).unwrap_or(i64::MAX))
}

/// Forgets all that was read of these calendars.
pub(in crate::calendar) async fn forget(tx: &mut Tx, calendars: &[CalendarId]) -> Result<(), sqlx::Error> {
    let calendars: Vec<uuid::Uuid> = calendars.iter().map(|id| id.0).collect();
    sqlx::query!("delete from calendar_events where calendar_id = any($1)", &calendars).execute(&mut **tx).await?;
    Ok(())
}

pub(in crate::calendar) async fn count(tx: &mut Tx, calendar: CalendarId, generation: i64) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from calendar_events where calendar_id = $1 and generation = $2"#,
        calendar.0,
        generation
    )
    .fetch_one(&mut **tx)
    .await
}

/// One event as pages read it.
#[derive(Debug, Clone, serde::Deserialize)]
pub(in crate::calendar) struct EventRow {
    pub id: EventId,
    #[serde(rename = "calendar_id")]
    pub calendar: CalendarId,
    /// It counts if this is its calendar's.
    pub generation: i64,
    #[serde(deserialize_with = "bytea")]
    pub event_key: Vec<u8>,
    #[serde(deserialize_with = "optional_bytea")]
    pub ical_uid_hash: Option<Vec<u8>>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// First day, of an event of whole days.
    pub start_date: Option<NaiveDate>,
    /// The day after the last, of an event of whole days.
    pub end_date: Option<NaiveDate>,
    pub busy: bool,
    pub status: EventStatus,
    #[serde(deserialize_with = "optional_bytea")]
    pub title_sealed: Option<Vec<u8>>,
}

/// Whether an event is certain to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::calendar) enum EventStatus {
    Confirmed,
    Tentative,
}

impl EventRow {
    pub fn is_tentative(&self) -> bool {
        self.status == EventStatus::Tentative
    }

    pub fn is_of_whole_days(&self) -> bool {
        self.start_date.is_some()
    }
}
