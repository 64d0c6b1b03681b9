//! SQL of `api_keys`.

use chrono::{DateTime, Utc};
use types::{ApiKeyId, Scope, UserId};

use crate::base::Tx;
use crate::vault::LookupHash;

pub(super) struct NewKey {
    pub id: ApiKeyId,
    pub user: UserId,
    pub name_sealed: Vec<u8>,
    pub hash: LookupHash,
    pub scopes: Vec<String>,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) struct Found {
    pub id: ApiKeyId,
    pub user: UserId,
    pub scopes: Vec<Scope>,
    pub expires_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// The names of those that work. While the person is locked nobody adds another.
pub(super) async fn find_names(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<Vec<(ApiKeyId, Vec<u8>)>, sqlx::Error> {
    let rows =
        sqlx::query!("select id, name_sealed from api_keys where user_id = $1 and ended_at is null and expires_at > $2", user.0, now)
            .fetch_all(&mut **tx)
            .await?;
    Ok(rows.into_iter().map(|row| (ApiKeyId(row.id), row.name_sealed)).collect())
}

pub(super) async fn insert(tx: &mut Tx, key: NewKey) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into api_keys (id, user_id, name_sealed, key_hash, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        key.id.0,
        key.user.0,
        key.name_sealed,
        &key.hash[..],
        &key.scopes,
        key.now,
        key.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The key of this hash, which must have been presented to `tx`; also one that is over.
pub(super) async fn find(tx: &mut Tx, hash: &[u8]) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query!("select id, user_id, scopes, expires_at, ended_at from api_keys where key_hash = $1", hash)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| Found {
        id: ApiKeyId(row.id),
        user: UserId(row.user_id),
        scopes: row.scopes.iter().filter_map(|text| text.parse().ok()).collect(),
        expires_at: row.expires_at,
        ended_at: row.ended_at,
    }))
}

pub(super) async fn used(tx: &mut Tx, user: UserId, key: ApiKeyId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update api_keys set last_used_at = $3 where user_id = $1 and id = $2", user.0, key.0, now).execute(&mut **tx).await?;
    Ok(())
}

/// Whether its person, or an admin, ended it; one that ended on its day was not.
pub(super) async fn was_ended(tx: &mut Tx, user: UserId, key: ApiKeyId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from api_keys where user_id = $1 and id = $2 and ended_at is not null) as "was!""#,
        user.0,
        key.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// How many there were.
pub(super) async fn end_all(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done =
        sqlx::query!("update api_keys set ended_at = $2 where user_id = $1 and ended_at is null", user.0, now).execute(&mut **tx).await?;
    Ok(done.rows_affected())
}

/// `false`: it is not there, or over already.
pub(super) async fn end(tx: &mut Tx, user: UserId, key: ApiKeyId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("update api_keys set ended_at = $3 where user_id = $1 and id = $2 and ended_at is null", user.0, key.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() == 1)
}
