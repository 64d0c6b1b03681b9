//! SQL of the vault.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use types::UserId;
use uuid::Uuid;

use crate::base::{Tx, bytea};

/// A person's data key as it is kept.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct DataKeyRow {
    pub id: Uuid,
    pub master_key_id: String,
    #[serde(deserialize_with = "bytea")]
    pub wrapped: Vec<u8>,
}

pub(super) struct InstallationKeyRow {
    pub wrapping_key_id: String,
    pub wrapped: Vec<u8>,
}

pub(super) async fn insert_data_key(
    tx: &mut Tx,
    id: Uuid,
    user: UserId,
    master_key_id: &str,
    wrapped: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into data_keys (id, user_id, master_key_id, wrapped, created_at) values ($1, $2, $3, $4, $5)",
        id,
        user.0,
        master_key_id,
        wrapped,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn find_data_key(tx: &mut Tx, user: UserId) -> Result<Option<DataKeyRow>, sqlx::Error> {
    sqlx::query_as!(DataKeyRow, "select id, master_key_id, wrapped from data_keys where user_id = $1", user.0)
        .fetch_optional(&mut **tx)
        .await
}

/// The stored key of `purpose`, which is the given one if there was none.
pub(super) async fn insert_or_find_installation_key(
    pool: &PgPool,
    purpose: &str,
    wrapping_key_id: &str,
    wrapped: &[u8],
    now: DateTime<Utc>,
) -> Result<InstallationKeyRow, sqlx::Error> {
    sqlx::query!(
        "insert into installation_keys (purpose, wrapping_key_id, wrapped, created_at) values ($1, $2, $3, $4)
         on conflict (purpose) do nothing",
        purpose,
        wrapping_key_id,
        wrapped,
        now
    )
    .execute(pool)
    .await?;
    sqlx::query_as!(InstallationKeyRow, "select wrapping_key_id, wrapped from installation_keys where purpose = $1", purpose)
        .fetch_one(pool)
        .await
}

/// Wraps a key anew, unless another replica did.
pub(super) async fn rewrap_installation_key(pool: &PgPool, purpose: &str, from: &str, to: &str, wrapped: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update installation_keys set wrapping_key_id = $3, wrapped = $4 where purpose = $1 and wrapping_key_id = $2",
        purpose,
        from,
        to,
        wrapped
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Fingerprints of the keys that wrap anybody's data key.
pub(super) async fn keys_in_use(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let rows = sqlx::query!(r#"select id as "master_key_id!" from kairos_keys_in_use() as used (id)"#).fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| row.master_key_id).collect())
}

/// A data key that an older key wraps.
pub(super) struct OldRow {
    pub is_person: bool,
    pub id: Uuid,
    pub owner: UserId,
    pub master_key_id: String,
    pub wrapped: Vec<u8>,
}

pub(super) async fn keys_to_rewrap(tx: &mut Tx, current: &str, after: Option<Uuid>, most: i32) -> Result<Vec<OldRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select kind as "kind!", id as "id!", owner as "owner!", master_key_id as "master_key_id!", wrapped as "wrapped!"
           from kairos_keys_to_rewrap($1, $2, $3)"#,
        current,
        after,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OldRow {
            is_person: row.kind == "person",
            id: row.id,
            owner: UserId(row.owner),
            master_key_id: row.master_key_id,
            wrapped: row.wrapped,
        })
        .collect())
}

/// How many were put in their places: those that were changed or destroyed meanwhile were not.
pub(super) async fn rewrap(tx: &mut Tx, rows: Vec<(OldRow, Vec<u8>)>, by: &str) -> Result<usize, sqlx::Error> {
    let (mut kinds, mut ids, mut before, mut anew) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, wrapped) in rows {
        kinds.push(if row.is_person { "person" } else { "client" }.to_owned());
        ids.push(row.id);
        before.push(row.wrapped);
        anew.push(wrapped);
    }
    let done = sqlx::query_scalar!(r#"select kairos_rewrap($1, $2, $3, $4, $5) as "done!""#, &kinds, &ids, &before, by, &anew)
        .fetch_one(&mut **tx)
        .await?;
    Ok(usize::try_from(done).unwrap_or_default())
}
