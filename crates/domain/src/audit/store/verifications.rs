//! SQL of `audit_verifications`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::base::{Database, Tx};

/// Asks for the whole log to be checked.
pub(in crate::audit) async fn insert_verification(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("insert into audit_verifications (id, asked_at) values ($1, $2)", id, now).execute(&mut **tx).await?;
    Ok(())
}

/// It begins, over a log of this size.
pub(in crate::audit) async fn verification_began(
    database: &Database,
    id: Uuid,
    size: u64,
    key_fingerprint: &str,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let mut lent = database.lend().await?;
    sqlx::query!(
        "update audit_verifications set started_at = $2, finished_at = null, size = $3, checked = 0, finding = null, key_fingerprint = $4 where id = $1",
        id,
        now,
        i64::try_from(size).unwrap_or(i64::MAX),
        key_fingerprint
    )
    .execute(&mut *lent)
    .await?;
    lent.keep();
    Ok(())
}

/// How far it is.
pub(in crate::audit) async fn verification_reached(database: &Database, id: Uuid, checked: u64) -> Result<(), sqlx::Error> {
    let mut lent = database.lend().await?;
    sqlx::query!("update audit_verifications set checked = $2 where id = $1", id, i64::try_from(checked).unwrap_or(i64::MAX))
        .execute(&mut *lent)
        .await?;
    lent.keep();
    Ok(())
}

/// It has ended.
pub(in crate::audit) async fn verification_finished(
    tx: &mut Tx,
    id: Uuid,
    checked: u64,
    erased: u64,
    finding: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update audit_verifications set started_at = coalesce(started_at, $2), finished_at = $2, checked = $3, erased = $5, finding = $4
         where id = $1",
        id,
        now,
        i64::try_from(checked).unwrap_or(i64::MAX),
        finding,
        i64::try_from(erased).unwrap_or(i64::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether a check was asked for after a moment and has not ended.
pub(in crate::audit) async fn is_being_verified(tx: &mut Tx, since: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_scalar!("select id from audit_verifications where finished_at is null and asked_at > $1 limit 1", since)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

/// What the last check of all said that ended after a moment: whether the log was whole.
pub(in crate::audit) async fn was_whole(tx: &mut Tx, since: DateTime<Utc>) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select finding is null as "is_whole!" from audit_verifications where finished_at is not null and started_at >= $1
           order by asked_at desc limit 1"#,
        since
    )
    .fetch_optional(&mut **tx)
    .await
}
