//! SQL of `calendar_connections`.

use chrono::{DateTime, Utc};
use types::{ConnectionId, ConnectionStatus, HealthReason, Provider, SyncLogId, UserId};

use super::super::lifecycle::{After, STALE_AFTER};
use crate::base::{Database, Tx, from_closed_list};
use crate::calendar::closed_list::read_reason;

pub(in crate::calendar) struct ConnectionRow {
    pub id: ConnectionId,
    pub user_id: UserId,
    pub provider: Provider,
    pub status: ConnectionStatus,
    /// What the account is known by, whoever is connected to it.
    pub account_hash: Vec<u8>,
    pub account_sealed: Vec<u8>,
    pub server_url_sealed: Option<Vec<u8>>,
    pub password_sealed: Option<Vec<u8>>,
    pub access_token_sealed: Option<Vec<u8>>,
    pub refresh_token_sealed: Option<Vec<u8>>,
    pub access_token_expires_at: Option<DateTime<Utc>>,
    pub health_reason: Option<HealthReason>,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub last_sync_at: Option<DateTime<Utc>>,
    pub broken_since: Option<DateTime<Utc>>,
    pub consented_at: Option<DateTime<Utc>>,
    pub asked_at: Option<DateTime<Utc>>,
    /// When the last read began.
    pub read_began_at: Option<DateTime<Utc>>,
}

struct Raw {
    id: uuid::Uuid,
    user_id: uuid::Uuid,
    provider: String,
    status: String,
    account_hash: Vec<u8>,
    account_sealed: Vec<u8>,
    server_url_sealed: Option<Vec<u8>>,
    password_sealed: Option<Vec<u8>>,
    access_token_sealed: Option<Vec<u8>>,
    refresh_token_sealed: Option<Vec<u8>>,
    access_token_expires_at: Option<DateTime<Utc>>,
    health_reason: Option<String>,
    attempts: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    last_sync_at: Option<DateTime<Utc>>,
    broken_since: Option<DateTime<Utc>>,
    consented_at: Option<DateTime<Utc>>,
    asked_at: Option<DateTime<Utc>>,
    read_began_at: Option<DateTime<Utc>>,
}

impl TryFrom<Raw> for ConnectionRow {
    type Error = sqlx::Error;

    fn try_from(raw: Raw) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: ConnectionId(raw.id),
            user_id: UserId(raw.user_id),
            provider: from_closed_list(&raw.provider, "provider")?,
            status: from_closed_list(&raw.status, "status")?,
            account_hash: raw.account_hash,
            account_sealed: raw.account_sealed,
            server_url_sealed: raw.server_url_sealed,
            password_sealed: raw.password_sealed,
            access_token_sealed: raw.access_token_sealed,
            refresh_token_sealed: raw.refresh_token_sealed,
            access_token_expires_at: raw.access_token_expires_at,
            health_reason: read_reason(raw.health_reason.as_deref()),
            attempts: raw.attempts,
            next_attempt_at: raw.next_attempt_at,
            last_sync_at: raw.last_sync_at,
            broken_since: raw.broken_since,
            consented_at: raw.consented_at,
            asked_at: raw.asked_at,
            read_began_at: raw.read_began_at,
        })
    }
}

pub(in crate::calendar) async fn find(tx: &mut Tx, connection: ConnectionId) -> Result<Option<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        Raw,
        "select id, user_id, provider, status, account_hash, account_sealed, server_url_sealed, password_sealed, access_token_sealed,
                refresh_token_sealed, access_token_expires_at, health_reason, attempts, next_attempt_at,
                last_sync_at, broken_since, consented_at, asked_at, read_began_at
         from calendar_connections where id = $1",
        connection.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// The same, locked to the end of `tx`: whoever changes a connection or its calendars takes this lock first, so that all take their
/// locks in one order.
pub(in crate::calendar) async fn find_for_update(tx: &mut Tx, connection: ConnectionId) -> Result<Option<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        Raw,
        "select id, user_id, provider, status, account_hash, account_sealed, server_url_sealed, password_sealed, access_token_sealed,
                refresh_token_sealed, access_token_expires_at, health_reason, attempts, next_attempt_at,
                last_sync_at, broken_since, consented_at, asked_at, read_began_at
         from calendar_connections where id = $1 for update",
        connection.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .map(TryInto::try_into)
    .transpose()
}

/// The person's connections, oldest first.
pub(in crate::calendar) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<ConnectionRow>, sqlx::Error> {
    sqlx::query_as!(
        Raw,
        "select id, user_id, provider, status, account_hash, account_sealed, server_url_sealed, password_sealed, access_token_sealed,
                refresh_token_sealed, access_token_expires_at, health_reason, attempts, next_attempt_at,
                last_sync_at, broken_since, consented_at, asked_at, read_began_at
         from calendar_connections where user_id = $1 order by created_at, id",
        user.0
    )
    .fetch_all(&mut **tx)
    .await?
    .into_iter()
    .map(TryInto::try_into)
    .collect()
}

pub(in crate::calendar) async fn find_by_account(
    tx: &mut Tx,
    user: UserId,
    provider: Provider,
    account_hash: &[u8],
) -> Result<Option<ConnectionId>, sqlx::Error> {
    let row = sqlx::query!(
        "select id from calendar_connections where user_id = $1 and provider = $2 and account_hash = $3 for update",
        user.0,
        provider.as_str(),
        account_hash
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| ConnectionId(row.id)))
}

pub(in crate::calendar) struct Upsert<'a> {
    pub id: ConnectionId,
    pub user: UserId,
    pub provider: Provider,
    pub status: ConnectionStatus,
    pub account_hash: &'a [u8],
    pub account_sealed: &'a [u8],
    pub server_url_sealed: Option<Vec<u8>>,
    pub password_sealed: Option<Vec<u8>>,
    pub access_token_sealed: Option<Vec<u8>>,
    pub refresh_token_sealed: Option<Vec<u8>>,
    pub access_token_expires_at: Option<DateTime<Utc>>,
    pub granted_scopes: &'a [String],
    pub now: DateTime<Utc>,
}

pub(in crate::calendar) async fn upsert(tx: &mut Tx, row: &Upsert<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_connections (id, user_id, provider, status, account_hash, account_sealed, server_url_sealed,
             password_sealed, access_token_sealed, refresh_token_sealed, access_token_expires_at, granted_scopes, created_at, consented_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
         on conflict (id) do update set
             status = excluded.status, account_sealed = excluded.account_sealed, server_url_sealed = excluded.server_url_sealed,
             password_sealed = excluded.password_sealed, access_token_sealed = excluded.access_token_sealed,
             refresh_token_sealed = excluded.refresh_token_sealed, access_token_expires_at = excluded.access_token_expires_at,
             granted_scopes = excluded.granted_scopes, health_reason = null, health_since = null, attempts = 0,
             next_attempt_at = null, refresh_lease_until = null, broken_since = null,
             consented_at = excluded.consented_at",
        row.id.0,
        row.user.0,
        row.provider.as_str(),
        row.status.as_str(),
        row.account_hash,
        row.account_sealed,
        row.server_url_sealed.as_deref(),
        row.password_sealed.as_deref(),
        row.access_token_sealed.as_deref(),
        row.refresh_token_sealed.as_deref(),
        row.access_token_expires_at,
        row.granted_scopes,
        row.now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether anybody is connected to this account, whoever it is.
pub(in crate::calendar) async fn is_connected(database: &Database, provider: Provider, account_hash: &[u8]) -> Result<bool, sqlx::Error> {
    let mut lent = database.lend().await?;
    let is_connected =
        sqlx::query_scalar!(r#"select kairos_account_is_connected($1, $2) as "is_connected!""#, provider.as_str(), account_hash)
            .fetch_one(&mut *lent)
            .await?;
    lent.keep();
    Ok(is_connected)
}

/// To the end of `tx` nobody else adds a connection of the person.
pub(in crate::calendar) async fn lock_of_user(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('connections of ' || $1, 0))", user.to_string())
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}

/// How many the person has.
pub(in crate::calendar) async fn count_of_user(tx: &mut Tx, user: UserId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from calendar_connections where user_id = $1"#, user.0).fetch_one(&mut **tx).await
}

pub(in crate::calendar) async fn delete(tx: &mut Tx, connection: ConnectionId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from calendar_connections where id = $1", connection.0).execute(&mut **tx).await?;
    Ok(())
}

/// Whether `run` may still write, locked against another run's beginning to the end of `tx`. `false`: another run took over, or the
/// connection is gone.
pub(in crate::calendar) async fn hold(tx: &mut Tx, connection: ConnectionId, run: SyncLogId) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!("select id from calendar_connections where id = $1 and reading = $2 for update", connection.0, run.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// Nothing is waited for any more, because the person asks.
pub(in crate::calendar) async fn clear_pause(tx: &mut Tx, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_connections set next_attempt_at = $2 where id = $1 and next_attempt_at > $2", connection.0, now)
        .execute(&mut **tx)
        .await?;
    sqlx::query!("update calendars set next_attempt_at = null where connection_id = $1 and next_attempt_at is not null", connection.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Somebody asks for a read.
pub(in crate::calendar) async fn asked(tx: &mut Tx, connection: ConnectionId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_connections set asked_at = $2 where id = $1", connection.0, now).execute(&mut **tx).await?;
    Ok(())
}

/// A read begins, and is the only one that may write from here on: what was asked for until now is answered by it.
pub(in crate::calendar) async fn begin_read(
    tx: &mut Tx,
    connection: ConnectionId,
    run: SyncLogId,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_connections set asked_at = null, reading = $2, read_began_at = $3 where id = $1",
        connection.0,
        run.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the right to refresh the token that was `seen`, until `until`. `false`: somebody else has it, or has refreshed since that
/// token was read; a refresh token that rotates must not be used a second time.
pub(in crate::calendar) async fn lease_refresh(
    tx: &mut Tx,
    connection: ConnectionId,
    seen: Option<&[u8]>,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update calendar_connections set refresh_lease_until = $3
         where id = $1 and (refresh_lease_until is null or refresh_lease_until <= $2) and access_token_sealed is not distinct from $4",
        connection.0,
        now,
        until,
        seen
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::calendar) async fn end_lease(tx: &mut Tx, connection: ConnectionId) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendar_connections set refresh_lease_until = null where id = $1", connection.0).execute(&mut **tx).await?;
    Ok(())
}

/// Stores new tokens and ends the lease; without a new refresh token the old one stays. Tokens of a consent that was given again
/// meanwhile are left alone.
pub(in crate::calendar) async fn store_tokens(
    tx: &mut Tx,
    connection: ConnectionId,
    access_sealed: &[u8],
    refresh_sealed: Option<&[u8]>,
    expires_at: DateTime<Utc>,
    consented_at: Option<DateTime<Utc>>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendar_connections set access_token_sealed = $2, refresh_token_sealed = coalesce($3, refresh_token_sealed),
             access_token_expires_at = $4, refresh_lease_until = null
         where id = $1 and consented_at is not distinct from $5",
        connection.0,
        access_sealed,
        refresh_sealed,
        expires_at,
        consented_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is so after a read ended.
pub(in crate::calendar) struct Recorded {
    /// Since when the connection needs attention, if it does: when only the person can mend it, or when it fails and what was read
    /// last is stale.
    pub broken_since: Option<DateTime<Utc>>,
    /// Whether another read was asked for meanwhile.
    pub is_asked: bool,
}

/// Records how a read ended. `health_since` keeps the moment the present reason began.
///
/// `None`: consent (or a password) was given again while the read was under way; what it found out is about the old one.
pub(in crate::calendar) async fn record(
    tx: &mut Tx,
    connection: ConnectionId,
    after: &After,
    reason: Option<HealthReason>,
    synced_at: Option<DateTime<Utc>>,
    consented_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<Recorded>, sqlx::Error> {
    let row = sqlx::query!(
        r#"update calendar_connections set
             status = $2, attempts = $3, next_attempt_at = $4,
             health_since = case when $5::text is null then null when health_reason = $5 then health_since else $7 end,
             health_reason = $5,
             broken_since = case
                 when $2 = 'needs_reconsent' or ($2 = 'failing' and coalesce(last_sync_at, created_at) <= $8) then coalesce(broken_since, $7)
             end,
             last_sync_at = coalesce($6, last_sync_at)
         where id = $1 and consented_at is not distinct from $9
         returning broken_since, asked_at is not null as "is_asked!""#,
        connection.0,
        after.status.as_str(),
        after.attempts,
        after.next_attempt_at,
        reason.map(HealthReason::as_str),
        synced_at,
        now,
        now - STALE_AFTER,
        consented_at
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Recorded { broken_since: row.broken_since, is_asked: row.is_asked }))
}
