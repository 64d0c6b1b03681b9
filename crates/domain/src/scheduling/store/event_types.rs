//! SQL of `calendly_event_types` and `calendly_times`.

use chrono::{DateTime, Utc};
use types::UserId;
use uuid::Uuid;

use crate::base::Tx;

pub(in crate::scheduling) struct EventTypeRow<'a> {
    pub id: Uuid,
    pub user: UserId,
    pub uri_hash: &'a [u8],
    pub offer_sealed: &'a [u8],
    pub minutes: i32,
    pub questions: &'a serde_json::Value,
    pub refusal: Option<&'static str>,
}

pub(in crate::scheduling) async fn list_event_types(tx: &mut Tx, user: UserId) -> Result<Vec<(Uuid, Vec<u8>)>, sqlx::Error> {
    let rows = sqlx::query!("select id, uri_hash from calendly_event_types where user_id = $1", user.0).fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.uri_hash)).collect())
}

pub(in crate::scheduling) async fn delete_event_types_but(tx: &mut Tx, user: UserId, hashes: &[Vec<u8>]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from calendly_event_types where user_id = $1 and uri_hash <> all($2)", user.0, hashes).execute(&mut **tx).await?;
    Ok(())
}

pub(in crate::scheduling) async fn put_event_type(tx: &mut Tx, row: &EventTypeRow<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendly_event_types (id, user_id, uri_hash, offer_sealed, minutes, refusal, questions)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (user_id, uri_hash) do update set
             offer_sealed = excluded.offer_sealed, minutes = excluded.minutes, refusal = excluded.refusal,
             questions = excluded.questions",
        row.id,
        row.user.0,
        row.uri_hash,
        row.offer_sealed,
        row.minutes,
        row.refusal,
        row.questions
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::scheduling) async fn find_sellable(
    tx: &mut Tx,
    user: UserId,
    event_type: Uuid,
) -> Result<Option<(Vec<u8>, i32)>, sqlx::Error> {
    let row = sqlx::query!(
        "select uri_hash, minutes from calendly_event_types where user_id = $1 and id = $2 and refusal is null",
        user.0,
        event_type
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (row.uri_hash, row.minutes)))
}

/// An event type's id and what is kept of it, by either.
pub(in crate::scheduling) async fn find_offer(
    tx: &mut Tx,
    user: UserId,
    id: Option<Uuid>,
    hash: Option<&[u8]>,
) -> Result<Option<(Uuid, Vec<u8>)>, sqlx::Error> {
    let row = sqlx::query!(
        "select id, offer_sealed from calendly_event_types where user_id = $1 and (id = $2 or uri_hash = $3)",
        user.0,
        id,
        hash
    );
    Ok(row.fetch_optional(&mut **tx).await?.map(|row| (row.id, row.offer_sealed)))
}

/// Puts the times in the place of those that were read before.
pub(in crate::scheduling) async fn put_times(
    tx: &mut Tx,
    user: UserId,
    event_type: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    starts: &[DateTime<Utc>],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into calendly_times (event_type_id, user_id, read_at, until, starts)
         select e.id, $2, $3, $4, $5 from calendly_event_types e where e.id = $1 and e.user_id = $2
         on conflict (event_type_id) do update set read_at = excluded.read_at, until = excluded.until, starts = excluded.starts",
        event_type,
        user.0,
        now,
        until,
        starts
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
