//! SQL of `calendar_channels`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::{CalendarId, ChannelId, ChannelStatus, ConnectionId, Provider, UserId};

use crate::base::{Database, Tx, from_closed_list};
use crate::calendar::connection::SyncState;
use crate::jobs::Enqueue;

#[derive(Debug, Clone, serde::Deserialize)]
pub(in crate::calendar) struct ChannelRow {
    pub id: ChannelId,
    #[serde(rename = "calendar_id")]
    pub calendar: Option<CalendarId>,
    pub status: ChannelStatus,
    pub external_id: Option<String>,
    pub resource_id: Option<String>,
    pub created_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub missed_at: Option<DateTime<Utc>>,
}

struct Raw {
    id: uuid::Uuid,
    calendar_id: Option<uuid::Uuid>,
    status: String,
    external_id: Option<String>,
    resource_id: Option<String>,
    created_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    confirmed_at: Option<DateTime<Utc>>,
    last_message_at: Option<DateTime<Utc>>,
    missed_at: Option<DateTime<Utc>>,
}

impl TryFrom<Raw> for ChannelRow {
    type Error = sqlx::Error;

    fn try_from(raw: Raw) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: ChannelId(raw.id),
            calendar: raw.calendar_id.map(CalendarId),
            status: from_closed_list(&raw.status, "status")?,
            external_id: raw.external_id,
            resource_id: raw.resource_id,
            created_at: raw.created_at,
            due_at: raw.due_at,
            expires_at: raw.expires_at,
            confirmed_at: raw.confirmed_at,
            last_message_at: raw.last_message_at,
            missed_at: raw.missed_at,
        })
    }
}

/// A connection's channels, oldest first.
pub(in crate::calendar) async fn of_connection(tx: &mut Tx, connection: ConnectionId) -> Result<Vec<ChannelRow>, sqlx::Error> {
    sqlx::query_as!(
        Raw,
        "select id, calendar_id, status, external_id, resource_id, created_at, due_at, expires_at, confirmed_at,
                last_message_at, missed_at
         from calendar_channels where connection_id = $1 order by created_at, id",
        connection.0
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

/// A channel that a message came for, and the connection it is of.
#[derive(Debug)]
pub(in crate::calendar) struct KnownChannel {
    pub id: ChannelId,
    pub provider: Provider,
    pub external_id: Option<String>,
    pub last_message_at: Option<DateTime<Utc>>,
    pub missed_at: Option<DateTime<Utc>>,
    pub sync: SyncState,
}

/// The channel whose messages carry this secret, and its connection: one statement.
pub(in crate::calendar) async fn by_secret(database: &Database, secret_hash: &[u8]) -> Result<Option<KnownChannel>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let row = sqlx::query!(
        r#"select c.id, c.user_id, c.external_id, c.last_message_at, c.missed_at, n.id as connection_id, n.provider, n.status, n.attempts,
                  n.next_attempt_at, n.asked_at, n.read_began_at
           from kairos_enter_channel($1) e
           cross join lateral (select * from calendar_channels x where x.id = e.channel_id offset 0) c
           cross join lateral (select * from calendar_connections x where x.id = c.connection_id offset 0) n"#,
        secret_hash
    )
    .fetch_optional(&mut *lent)
    .await?;
    lent.keep();
    row.map(|row| {
        Ok(KnownChannel {
            id: ChannelId(row.id),
            provider: from_closed_list(&row.provider, "provider")?,
            external_id: row.external_id,
            last_message_at: row.last_message_at,
            missed_at: row.missed_at,
            sync: SyncState {
                user: UserId(row.user_id),
                connection: ConnectionId(row.connection_id),
                status: from_closed_list(&row.status, "status")?,
                attempts: row.attempts,
                next_attempt_at: row.next_attempt_at,
                asked_at: row.asked_at,
                read_began_at: row.read_began_at,
            },
        })
    })
    .transpose()
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::calendar) enum Taken {
    /// Everything was done.
    Done,
    /// The connection is not as it was when that was decided: nothing was done.
    Changed,
    /// There is no such connection any more.
    Gone,
}

/// Everything that a message of a change brings, in one statement and so in one transaction: the channel lives, and with a job a sync is
/// requested and audited.
pub(in crate::calendar) async fn notified(
    database: &Database,
    known: &KnownChannel,
    (external_id, resource_id): (Option<&str>, Option<&str>),
    now: DateTime<Utc>,
    job: Option<&Enqueue>,
    entry: Option<&Value>,
) -> Result<Taken, sqlx::Error> {
    let (job, mut lent) = (job.map(Enqueue::entry).transpose()?, database.lend().await?);
    let taken = sqlx::query_scalar!(
        r#"select kairos_notified($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as "taken!""#,
        known.sync.user.0,
        known.id.0,
        known.sync.connection.0,
        known.sync.status.as_str(),
        known.sync.attempts,
        known.sync.next_attempt_at,
        known.sync.asked_at,
        known.sync.read_began_at,
        external_id,
        resource_id,
        now,
        job,
        entry
    )
    .fetch_one(&mut *lent)
    .await?;
    lent.keep();
    match taken.as_str() {
        "done" => Ok(Taken::Done),
        "changed" => Ok(Taken::Changed),
        _ => Ok(Taken::Gone),
    }
}

pub(in crate::calendar) struct Opening<'a> {
    pub id: ChannelId,
    pub user: UserId,
    pub connection: ConnectionId,
    pub calendar: CalendarId,
    pub secret_hash: &'a [u8],
    pub now: DateTime<Utc>,
    /// When it is given up if the answer never comes.
    pub due_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(in crate::calendar) async fn insert(tx: &mut Tx, row: &Opening<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_channels (id, user_id, connection_id, calendar_id, status, secret_hash, created_at, due_at, expires_at)
         values ($1, $2, $3, $4, 'opening', $5, $6, $7, $8)",
        row.id.0,
        row.user.0,
        row.connection.0,
        row.calendar.0,
        row.secret_hash,
        row.now,
        row.due_at,
        row.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The provider agreed. A message that came before its answer has already confirmed it. What is not wanted any more stays so, but can be
/// closed now. `None`: it is not known here any more.
pub(in crate::calendar) async fn opened(
    tx: &mut Tx,
    channel: ChannelId,
    agreed: &providers::calendar::Channel,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<ChannelStatus>, sqlx::Error> {
    let row = sqlx::query!(
        "update calendar_channels set status = case when status = 'opening' then 'open' else status end,
             external_id = $2, resource_id = coalesce($3, resource_id), expires_at = $4,
             due_at = case when status = 'opening' then $5::timestamptz else $7::timestamptz end,
             confirmed_at = coalesce(confirmed_at, case when $6 then $7::timestamptz end)
         where id = $1 returning status",
        channel.0,
        agreed.external_id,
        agreed.resource_id,
        agreed.expires_at,
        due_at,
        agreed.is_confirmed,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| from_closed_list(&row.status, "status")).transpose()
}

/// The provider gave it more time.
pub(in crate::calendar) async fn extended(
    tx: &mut Tx,
    channel: ChannelId,
    expires_at: DateTime<Utc>,
    due_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_channels set expires_at = $2, due_at = $3 where id = $1 and status = 'open'",
        channel.0,
        expires_at,
        due_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// To be looked after at `due_at`.
pub(in crate::calendar) async fn due(tx: &mut Tx, channel: ChannelId, due_at: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_channels set due_at = $2 where id = $1", channel.0, due_at).execute(&mut **tx).await?;
    Ok(())
}

/// Not wanted any more. One whose name at the provider is not known waits an hour for a message that tells it.
pub(in crate::calendar) async fn close(tx: &mut Tx, channel: ChannelId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_channels set status = 'closing', due_at = case when external_id is null then $2::timestamptz + interval '1 hour' else $2 end
         where id = $1 and status <> 'closing'",
        channel.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// None of a connection's is wanted any more: they belong to a consent that was given anew.
pub(in crate::calendar) async fn close_all(tx: &mut Tx, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_channels set status = 'closing', due_at = $2 where connection_id = $1", connection.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::calendar) async fn delete(tx: &mut Tx, channel: ChannelId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from calendar_channels where id = $1", channel.0).execute(&mut **tx).await?;
    Ok(())
}

/// A message came.
pub(in crate::calendar) async fn message_received(
    tx: &mut Tx,
    channel: ChannelId,
    external_id: Option<&str>,
    resource_id: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("select kairos_message_received($1, $2, $3, $4)", channel.0, external_id, resource_id, now).execute(&mut **tx).await?;
    Ok(())
}

/// A change of this calendar was found since `before`, and its channel, which was there then, has said nothing since.
pub(in crate::calendar) async fn missed(
    tx: &mut Tx,
    calendar: CalendarId,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update calendar_channels set missed_at = $3
         where calendar_id = $1 and status = 'open' and missed_at is null and created_at <= $2
             and (last_message_at is null or last_message_at < $2)",
        calendar.0,
        before,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
