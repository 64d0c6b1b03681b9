//! SQL of `token_revocations`.

use chrono::{DateTime, Utc};
use types::{Provider, UserId};
use uuid::Uuid;

use crate::base::{Tx, from_closed_list};

pub(super) struct RevocationRow {
    pub id: Uuid,
    pub provider: Provider,
    pub account_hash: Vec<u8>,
    pub token_sealed: Vec<u8>,
    pub asked_at: DateTime<Utc>,
}

pub(super) async fn insert(tx: &mut Tx, user: UserId, row: &RevocationRow) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into token_revocations (id, user_id, provider, account_hash, token_sealed, asked_at) values ($1, $2, $3, $4, $5, $6)",
        row.id,
        user.0,
        row.provider.as_str(),
        row.account_hash,
        row.token_sealed,
        row.asked_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, id: Uuid) -> Result<Option<RevocationRow>, sqlx::Error> {
    let row = sqlx::query!("select id, provider, account_hash, token_sealed, asked_at from token_revocations where id = $1", id)
        .fetch_optional(&mut **tx)
        .await?;
    row.map(|row| {
        Ok(RevocationRow {
            id: row.id,
            provider: from_closed_list(&row.provider, "provider")?,
            account_hash: row.account_hash,
            token_sealed: row.token_sealed,
            asked_at: row.asked_at,
        })
    })
    .transpose()
}

/// Those of the person that wait.
pub(super) async fn of_user(tx: &mut Tx, user: UserId) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select id from token_revocations where user_id = $1 order by asked_at, id", user.0).fetch_all(&mut **tx).await
}

/// Whether it was still there.
pub(super) async fn delete(tx: &mut Tx, id: Uuid) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query!("delete from token_revocations where id = $1", id).execute(&mut **tx).await?.rows_affected() > 0)
}
