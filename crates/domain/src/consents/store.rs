//! SQL of `consents`.

use chrono::{DateTime, Utc};
use types::{ConsentPurpose, UserId};
use uuid::Uuid;

use crate::base::Tx;

/// Whether somebody allows it in these words.
pub(super) async fn holds(tx: &mut Tx, user: UserId, purpose: ConsentPurpose, version: i32) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from consents where user_id = $1 and purpose = $2 and version = $3 and withdrawn_at is null) as "holds!""#,
        user.0,
        purpose.as_str(),
        version
    )
    .fetch_one(&mut **tx)
    .await
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    user: UserId,
    purpose: ConsentPurpose,
    version: i32,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    // Two that connect at once allow it once.
    sqlx::query!(
        "insert into consents (id, user_id, purpose, version, given_at) values ($1, $2, $3, $4, $5)
         on conflict (user_id, purpose) where withdrawn_at is null do nothing",
        id,
        user.0,
        purpose.as_str(),
        version,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `false`: it was not allowed.
pub(super) async fn withdraw(tx: &mut Tx, user: UserId, purpose: ConsentPurpose, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update consents set withdrawn_at = $3 where user_id = $1 and purpose = $2 and withdrawn_at is null",
        user.0,
        purpose.as_str(),
        now
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() > 0)
}
