//! SQL of `totp_authenticators` and `recovery_codes`.

use chrono::{DateTime, Utc};
use types::UserId;

use crate::base::Tx;

/// `false`: one counts already, and stays.
pub(in crate::accounts) async fn begin_totp(
    tx: &mut Tx,
    user: UserId,
    secret_sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into totp_authenticators as t (user_id, secret_sealed, created_at) values ($1, $2, $3)
         on conflict (user_id) do update set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at
         where t.confirmed_at is null",
        user.0,
        secret_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The secret of one that counts, or of one that was begun after a moment and waits for its first code. Locked, so that the code that is checked
/// is one of the secret that is confirmed.
pub(in crate::accounts) async fn find_totp(
    tx: &mut Tx,
    user: UserId,
    is_confirmed: bool,
    begun_after: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select secret_sealed from totp_authenticators
         where user_id = $1 and (confirmed_at is not null) = $2 and ($2 or created_at > $3) for update",
        user.0,
        is_confirmed,
        begun_after
    )
    .fetch_optional(&mut **tx)
    .await
}

/// `false`: it counted already, or is gone.
pub(in crate::accounts) async fn confirm_totp(tx: &mut Tx, user: UserId, step: i64, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update totp_authenticators set confirmed_at = $3, last_step = $2 where user_id = $1 and confirmed_at is null",
        user.0,
        step,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `false`: the person had one already.
pub(in crate::accounts) async fn set_second_factor(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("update users set has_second_factor = true where id = $1 and not has_second_factor", user.0)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a step up. `false`: a code of it or of a later one was accepted before.
pub(in crate::accounts) async fn use_totp_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update totp_authenticators set last_step = $2 where user_id = $1 and confirmed_at is not null and coalesce(last_step, 0) < $2",
        user.0,
        step
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there was one that counted.
pub(in crate::accounts) async fn remove_totp(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let counted = sqlx::query_scalar!(
        r#"delete from totp_authenticators where user_id = $1 returning confirmed_at is not null as "counted!""#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(counted.unwrap_or_default())
}

pub(in crate::accounts) async fn replace_recovery_codes(
    tx: &mut Tx,
    user: UserId,
    hashes: &[Vec<u8>],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user.0).execute(&mut **tx).await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash, created_at) select $1, h, $3 from unnest($2::bytea[]) h",
        user.0,
        hashes,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses a code up. `false`: unknown, or used before. One statement, so that of two tries at once one counts.
pub(in crate::accounts) async fn use_recovery_code(
    tx: &mut Tx,
    user: UserId,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null", user.0, hash, now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// A secret that waits for its first code is forgotten: whoever planted it may be who the password was changed for.
pub(in crate::accounts) async fn forget_begun_totp(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from totp_authenticators where user_id = $1 and confirmed_at is null", user.0).execute(&mut **tx).await?;
    Ok(())
}
