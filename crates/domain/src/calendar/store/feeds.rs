//! SQL of `calendar_feeds`.

use chrono::{DateTime, Utc};
use types::UserId;

use crate::base::Tx;

/// Makes the person's feed, or gives it another address.
pub(in super::super) async fn upsert(
    tx: &mut Tx,
    user: UserId,
    token_hash: &[u8],
    token_sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendar_feeds (user_id, token_hash, token_sealed, created_at) values ($1, $2, $3, $4)
         on conflict (user_id) do update set
             token_hash = excluded.token_hash, token_sealed = excluded.token_sealed, created_at = excluded.created_at",
        user.0,
        token_hash,
        token_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether there was one.
pub(in super::super) async fn delete(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from calendar_feeds where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}

pub(in super::super) async fn sealed_token(tx: &mut Tx, user: UserId) -> Result<Option<Vec<u8>>, sqlx::Error> {
    let row = sqlx::query!("select token_sealed from calendar_feeds where user_id = $1", user.0).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| row.token_sealed))
}

/// Whose feed it is. The hash must have been presented to `tx`.
pub(in super::super) async fn owner(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<UserId>, sqlx::Error> {
    let row = sqlx::query!("select user_id from calendar_feeds where token_hash = $1", token_hash).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| UserId(row.user_id)))
}
