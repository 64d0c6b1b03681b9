//! SQL of `privacy_archives` and `privacy_archive_parts`. Row-level security says whose they are.

use chrono::{DateTime, Utc};
use types::UserId;
use uuid::Uuid;

use crate::base::{Tx, unless_taken};

/// A column as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnType {
    pub name: String,
    pub data_type: String,
    pub is_nullable: bool,
}

/// `false`: one is under way already. The transaction is over then.
pub(super) async fn insert(tx: &mut Tx, id: Uuid, user: UserId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("insert into privacy_archives (id, user_id, asked_at) values ($1, $2, $3)", id, user.0, now);
    unless_taken(done.execute(&mut **tx).await)
}

pub(super) async fn under_way(tx: &mut Tx, user: UserId) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("select id from privacy_archives where user_id = $1 and ready_at is null", user.0).fetch_optional(&mut **tx).await
}

pub(super) async fn delete_ready(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from privacy_archives where user_id = $1 and ready_at is not null", user.0).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from privacy_archives where id = $1", id).execute(&mut **tx).await?;
    Ok(())
}

/// Begins from the beginning: parts of an earlier try go. `false`: it is ready, or not there any more.
pub(super) async fn begin(tx: &mut Tx, id: Uuid, steps: i32) -> Result<bool, sqlx::Error> {
    let begun = sqlx::query!("update privacy_archives set steps = $2, done = 0, bytes = 0 where id = $1 and ready_at is null", id, steps);
    let is_begun = begun.execute(&mut **tx).await?.rows_affected() == 1;
    if is_begun {
        sqlx::query!("delete from privacy_archive_parts where archive_id = $1", id).execute(&mut **tx).await?;
    }
    Ok(is_begun)
}

/// `false`: it is not there any more.
pub(super) async fn reached(tx: &mut Tx, id: Uuid, done: i32) -> Result<bool, sqlx::Error> {
    let reached = sqlx::query!("update privacy_archives set done = $2 where id = $1 and ready_at is null", id, done);
    Ok(reached.execute(&mut **tx).await?.rows_affected() == 1)
}

pub(super) async fn insert_part(
    tx: &mut Tx,
    user: UserId,
    archive: Uuid,
    (id, number): (Uuid, i32),
    sealed: &[u8],
    bytes: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into privacy_archive_parts (id, archive_id, user_id, number, part_sealed) values ($1, $2, $3, $4, $5)",
        id,
        archive,
        user.0,
        number,
        sealed
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update privacy_archives set bytes = bytes + $2 where id = $1", archive, bytes).execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn set_ready(tx: &mut Tx, id: Uuid, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let ready = sqlx::query!(
        "update privacy_archives set ready_at = $2, expires_at = $3, done = steps where id = $1 and ready_at is null",
        id,
        now,
        expires_at
    );
    Ok(ready.execute(&mut **tx).await?.rows_affected() == 1)
}

/// How many parts one has that can be fetched.
pub(super) async fn parts_of_ready(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<Option<i32>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select (select count(*)::integer from privacy_archive_parts p where p.archive_id = a.id) as "parts!"
           from privacy_archives a where a.id = $1 and a.ready_at is not null and a.expires_at > $2"#,
        id,
        now
    )
    .fetch_optional(&mut **tx)
    .await
}

pub(super) async fn find_part(tx: &mut Tx, archive: Uuid, number: i32) -> Result<Option<(Uuid, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query!("select id, part_sealed from privacy_archive_parts where archive_id = $1 and number = $2", archive, number);
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (row.id, row.part_sealed)))
}

/// What the columns of a table are, in order.
pub(super) async fn columns(tx: &mut Tx, table: &str) -> Result<Vec<ColumnType>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select column_name::text as "name!", data_type::text as "data_type!", is_nullable = 'YES' as "is_nullable!"
           from information_schema.columns where table_schema = 'public' and table_name = $1 order by ordinal_position"#,
        table
    );
    let column = |name, data_type, is_nullable| ColumnType { name, data_type, is_nullable };
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(|row| column(row.name, row.data_type, row.is_nullable)).collect())
}
