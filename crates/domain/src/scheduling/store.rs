//! SQL of `calendly_accounts` and `calendly_event_types`.

use chrono::{DateTime, Utc};
use types::UserId;
use uuid::Uuid;

use super::token::SealedTokens;
use crate::base::Tx;

pub(super) struct AccountRow<'a> {
    pub user: UserId,
    pub account_hash: &'a [u8],
    pub account_sealed: &'a [u8],
    pub tokens: &'a SealedTokens,
    pub now: DateTime<Utc>,
}

/// What is needed to read with.
pub(super) struct SealedAccount {
    pub account: Vec<u8>,
    pub token: Vec<u8>,
    /// Of a consent.
    pub refresh_token: Option<Vec<u8>>,
    /// When the token of a consent ends.
    pub expires_at: Option<DateTime<Utc>>,
}

pub(super) struct EventTypeRow<'a> {
    pub id: Uuid,
    pub user: UserId,
    pub uri_hash: &'a [u8],
    pub offer_sealed: &'a [u8],
    pub minutes: i32,
    pub questions: &'a serde_json::Value,
    pub refusal: Option<&'static str>,
}

/// `false`: the account at Calendly serves somebody else here. Whose it is need not be seen to be told that.
pub(super) async fn put_account(tx: &mut Tx, row: &AccountRow<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into calendly_accounts (user_id, account_hash, account_sealed, token_sealed, connected_at, read_at, refresh_token_sealed,
             token_expires_at)
         values ($1, $2, $3, $4, $5, $5, $6, $7)
         on conflict (user_id) do update set
             account_hash = excluded.account_hash, account_sealed = excluded.account_sealed, token_sealed = excluded.token_sealed,
             refresh_token_sealed = excluded.refresh_token_sealed, token_expires_at = excluded.token_expires_at, refresh_lease_until = null,
             read_at = excluded.read_at, failed_since = null, failure = null,
             connected_at = case when calendly_accounts.account_hash = excluded.account_hash then calendly_accounts.connected_at
                                 else excluded.connected_at end",
        row.user.0,
        row.account_hash,
        row.account_sealed,
        row.tokens.token,
        row.now,
        row.tokens.refresh_token.as_deref(),
        row.tokens.expires_at
    )
    .execute(&mut **tx)
    .await;
    match done {
        Ok(_) => Ok(true),
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) async fn find_account(tx: &mut Tx, user: UserId) -> Result<Option<SealedAccount>, sqlx::Error> {
    sqlx::query_as!(
        SealedAccount,
        "select account_sealed as account, token_sealed as token, refresh_token_sealed as refresh_token, token_expires_at as expires_at
         from calendly_accounts where user_id = $1",
        user.0
    )
    .fetch_optional(&mut **tx)
    .await
}

/// `false`: it was connected anew since this was read, or given up.
pub(super) async fn lock_account(tx: &mut Tx, user: UserId, account_sealed: &[u8]) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_scalar!(
        "select user_id from calendly_accounts where user_id = $1 and account_sealed = $2 for no key update",
        user.0,
        account_sealed
    );
    Ok(row.fetch_optional(&mut **tx).await?.is_some())
}

/// Takes the lease for renewing the tokens. `false`: somebody has it, or the token that was seen was used meanwhile.
pub(super) async fn lease_refresh(
    tx: &mut Tx,
    user: UserId,
    seen: &[u8],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update calendly_accounts set refresh_lease_until = $4
         where user_id = $1 and refresh_token_sealed = $2 and (refresh_lease_until is null or refresh_lease_until <= $3)",
        user.0,
        seen,
        now,
        until
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

pub(super) async fn end_lease(tx: &mut Tx, user: UserId, seen: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendly_accounts set refresh_lease_until = null where user_id = $1 and refresh_token_sealed = $2", user.0, seen)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts new tokens in the place of those that were used, and ends the lease. `false`: others are there.
pub(super) async fn put_tokens(tx: &mut Tx, user: UserId, seen: &[u8], tokens: &SealedTokens) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update calendly_accounts set token_sealed = $3, refresh_token_sealed = $4, token_expires_at = $5, refresh_lease_until = null
         where user_id = $1 and refresh_token_sealed = $2",
        user.0,
        seen,
        tokens.token,
        tokens.refresh_token.as_deref(),
        tokens.expires_at
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The token of a consent is good no more. A personal one has nothing that it could be renewed with.
pub(super) async fn expire_token(tx: &mut Tx, user: UserId, token_sealed: &[u8], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendly_accounts set token_expires_at = $3
         where user_id = $1 and token_sealed = $2 and refresh_token_sealed is not null",
        user.0,
        token_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn note_read(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendly_accounts set read_at = $2, failed_since = null, failure = null where user_id = $1", user.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// That what is ahead was compared with what stands there.
pub(crate) async fn note_compared(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendly_accounts set compared_at = $2 where user_id = $1", user.0, now).execute(&mut **tx).await?;
    Ok(())
}

/// Whether it failed for another reason before, or did not fail.
pub(super) async fn note_failure(tx: &mut Tx, user: UserId, failure: &str, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let before = sqlx::query_scalar!(
        "with before as (select user_id, failure from calendly_accounts where user_id = $1)
         update calendly_accounts a set failed_since = coalesce(a.failed_since, $3), failure = $2
         from before b where a.user_id = b.user_id returning b.failure",
        user.0,
        failure,
        now
    );
    Ok(before.fetch_optional(&mut **tx).await?.flatten().as_deref() != Some(failure))
}

/// Whether there was one. What was read with it goes too.
pub(super) async fn delete_account(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from calendly_accounts where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn list_event_types(tx: &mut Tx, user: UserId) -> Result<Vec<(Uuid, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!("select id, uri_hash from calendly_event_types where user_id = $1", user.0).fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.uri_hash)).collect())
}

pub(super) async fn delete_event_types_but(tx: &mut Tx, user: UserId, hashes: &[Vec<u8>]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from calendly_event_types where user_id = $1 and uri_hash <> all($2)", user.0, hashes).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn put_event_type(tx: &mut Tx, row: &EventTypeRow<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendly_event_types (id, user_id, uri_hash, offer_sealed, minutes, refusal, questions)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (user_id, uri_hash) do update set
             offer_sealed = excluded.offer_sealed, minutes = excluded.minutes, refusal = excluded.refusal,
             questions = excluded.questions",
        row.id,
        row.user.0,
        row.uri_hash,
        row.offer_sealed,
        row.minutes,
        row.refusal,
        row.questions
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn find_sellable(tx: &mut Tx, user: UserId, event_type: Uuid) -> Result<Option<(Vec<u8>, i32)>, sqlx::Error> {
    let row = sqlx::query!(
        "select uri_hash, minutes from calendly_event_types where user_id = $1 and id = $2 and refusal is null",
        user.0,
        event_type
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (row.uri_hash, row.minutes)))
}

/// An event type's id and what is kept of it, by either.
pub(super) async fn find_offer(
    tx: &mut Tx,
    user: UserId,
    id: Option<Uuid>,
    hash: Option<&[u8]>,
) -> Result<Option<(Uuid, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query!(
        "select id, offer_sealed from calendly_event_types where user_id = $1 and (id = $2 or uri_hash = $3)",
        user.0,
        id,
        hash
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (row.id, row.offer_sealed)))
}

/// Puts the times in the place of those that were read before.
pub(super) async fn put_times(
    tx: &mut Tx,
    user: UserId,
    event_type: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    starts: &[DateTime<Utc>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendly_times (event_type_id, user_id, read_at, until, starts)
         select e.id, $2, $3, $4, $5 from calendly_event_types e where e.id = $1 and e.user_id = $2
         on conflict (event_type_id) do update set read_at = excluded.read_at, until = excluded.until, starts = excluded.starts",
        event_type,
        user.0,
        now,
        until,
        starts
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
