//! SQL of `openid_identities`.

use chrono::{DateTime, Utc};
use types::UserId;

use crate::base::Tx;

/// Whose it is or was, and whether it is still linked. The hash must have been presented to `tx`.
pub(in crate::accounts) async fn find_openid_identity(tx: &mut Tx, subject_hash: &[u8]) -> Result<Option<(UserId, bool)>, sqlx::Error> {
    let found =
        sqlx::query!(r#"select user_id, unlinked_at is null as "is_linked!" from openid_identities where subject_hash = $1"#, subject_hash);
    Ok(found.fetch_optional(&mut **tx).await?.map(|row| (UserId(row.user_id), row.is_linked)))
}

/// Whoever it was unlinked from keeps nothing of it. The hash must have been presented to `tx`.
pub(in crate::accounts) async fn delete_unlinked_identity(tx: &mut Tx, subject_hash: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from openid_identities where subject_hash = $1 and unlinked_at is not null", subject_hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether there was one that was linked.
pub(in crate::accounts) async fn unlink_openid_identity(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("update openid_identities set unlinked_at = $2 where user_id = $1 and unlinked_at is null", user.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// `false`: it is linked to somebody already, or the person has another.
pub(in crate::accounts) async fn insert_openid_identity(
    tx: &mut Tx,
    user: UserId,
    subject_hash: &[u8],
    email_sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into openid_identities (subject_hash, user_id, email_sealed, created_at, last_used_at)
         values ($1, $2, $3, $4, $4) on conflict do nothing",
        subject_hash,
        user.0,
        email_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `false`: it is linked no more.
pub(in crate::accounts) async fn note_openid_use(
    tx: &mut Tx,
    user: UserId,
    subject_hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update openid_identities set last_used_at = $3 where user_id = $1 and subject_hash = $2 and unlinked_at is null",
        user.0,
        subject_hash,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there was one, linked or not.
pub(in crate::accounts) async fn delete_openid_identity(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from openid_identities where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}
