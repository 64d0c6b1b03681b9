//! SQL of `calendly_accounts`: whose they are, and how reading them went.

use chrono::{DateTime, Utc};
use types::UserId;

use crate::base::{Tx, unless_taken};
use crate::scheduling::token::SealedTokens;

pub(in crate::scheduling) struct AccountRow<'a> {
    pub user: UserId,
    pub account_hash: &'a [u8],
    pub account_sealed: &'a [u8],
    pub tokens: &'a SealedTokens,
    pub now: DateTime<Utc>,
}

/// What is needed to read with.
pub(in crate::scheduling) struct SealedAccount {
    pub account: Vec<u8>,
    pub token: Vec<u8>,
    /// Of a consent.
    pub refresh_token: Option<Vec<u8>>,
    /// When the token of a consent ends.
    pub expires_at: Option<DateTime<Utc>>,
}

/// `false`: the account at Calendly serves somebody else here. Whose it is need not be seen to be told that.
pub(in crate::scheduling) async fn put_account(tx: &mut Tx, row: &AccountRow<'_>) -> Result<bool, sqlx::Error> {
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
    unless_taken(done)
}

pub(in crate::scheduling) async fn find_account(tx: &mut Tx, user: UserId) -> Result<Option<SealedAccount>, sqlx::Error> {
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
pub(in crate::scheduling) async fn lock_account(tx: &mut Tx, user: UserId, account_sealed: &[u8]) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_scalar!(
        "select user_id from calendly_accounts where user_id = $1 and account_sealed = $2 for no key update",
        user.0,
        account_sealed
    );
    Ok(row.fetch_optional(&mut **tx).await?.is_some())
}

pub(in crate::scheduling) async fn note_read(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendly_accounts set read_at = $2, failed_since = null, failure = null where user_id = $1", user.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// That what is ahead was compared with what stands there.
pub(crate) async fn note_compared_in(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendly_accounts set compared_at = $2 where user_id = $1", user.0, now).execute(&mut **tx).await?;
    Ok(())
}

/// Whether it failed for another reason before, or did not fail.
pub(in crate::scheduling) async fn note_failure(tx: &mut Tx, user: UserId, failure: &str, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
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
pub(in crate::scheduling) async fn delete_account(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from calendly_accounts where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}
