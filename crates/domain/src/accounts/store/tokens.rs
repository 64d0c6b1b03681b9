//! SQL of `user_tokens`.

use chrono::{DateTime, Utc};
use types::{UserId, UserTokenId};

use crate::base::Tx;
use crate::jobs::LinkPurpose;

/// `false`: the account is gone.
pub(in crate::accounts) async fn insert_token(
    tx: &mut Tx,
    token: UserTokenId,
    user: UserId,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into user_tokens (id, user_id, purpose, created_at, expires_at)
         select $1, u.id, $3, $4, $5 from users u where u.id = $2",
        token.0,
        user.0,
        purpose.as_str(),
        now,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a link up. `false`: unknown, used or too old. One statement, so that of two visits at once only one counts.
pub(in crate::accounts) async fn use_token(
    tx: &mut Tx,
    token: UserTokenId,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update user_tokens set used_at = $3 where id = $1 and purpose = $2 and used_at is null and expires_at > $3",
        token.0,
        purpose.as_str(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a link still waits to be used; mail about a used one is not sent.
pub(crate) async fn find_token_in(tx: &mut Tx, token: UserTokenId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!("select id from user_tokens where id = $1 and used_at is null and expires_at > $2", token.0, now)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

pub(in crate::accounts) async fn end_tokens(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update user_tokens set used_at = $2 where user_id = $1 and used_at is null", user.0, now).execute(&mut **tx).await?;
    Ok(())
}
