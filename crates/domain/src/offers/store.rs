//! SQL of `builder_pages` and `session_types`.

use chrono::{DateTime, Utc};
use types::{Money, SessionTypeId, Tax, UserId};

use super::Policy;
use crate::base::{Tx, unless_taken};

pub(super) struct PageUpsert<'a> {
    pub user: UserId,
    pub slug: &'a str,
    pub name: &'a str,
    pub about: &'a str,
    pub now: DateTime<Utc>,
}

pub(super) struct SessionUpsert<'a> {
    pub id: SessionTypeId,
    pub builder: UserId,
    pub event_type_hash: &'a [u8],
    pub slug: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    pub minutes: i32,
    pub price: Money,
    pub tax: Tax,
    pub policy: &'static Policy,
    pub makes_invoice: bool,
    pub now: DateTime<Utc>,
}

/// `false`: the address is somebody else's. The transaction is over then.
pub(super) async fn put_page(tx: &mut Tx, row: &PageUpsert<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into builder_pages (user_id, slug, name, about, created_at, changed_at) values ($1, $2, $3, $4, $5, $5)
         on conflict (user_id) do update set slug = excluded.slug, name = excluded.name, about = excluded.about, changed_at = excluded.changed_at",
        row.user.0,
        row.slug,
        row.name,
        row.about,
        row.now
    )
    .execute(&mut **tx)
    .await;
    unless_taken(done)
}

/// `false`: another session of theirs has this address. The transaction is over then.
pub(super) async fn put_session(tx: &mut Tx, row: &SessionUpsert<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into session_types (id, builder_id, event_type_hash, slug, title, description, minutes, price, currency, tax, policy,
                                    policy_version, is_open, created_at, changed_at, makes_invoice)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, $13, $13, $14)
         on conflict (id) do update set
             event_type_hash = excluded.event_type_hash, slug = excluded.slug, title = excluded.title, description = excluded.description,
             minutes = excluded.minutes, price = excluded.price, currency = excluded.currency, tax = excluded.tax, policy = excluded.policy,
             policy_version = excluded.policy_version, makes_invoice = excluded.makes_invoice, changed_at = excluded.changed_at
         where session_types.builder_id = excluded.builder_id",
        row.id.0,
        row.builder.0,
        row.event_type_hash,
        row.slug,
        row.title,
        row.description,
        row.minutes,
        row.price.minor,
        row.price.currency.code(),
        row.tax.as_str(),
        row.policy.name,
        row.policy.version,
        row.now,
        row.makes_invoice
    )
    .execute(&mut **tx)
    .await;
    unless_taken(done)
}

/// Whether it is theirs.
pub(super) async fn lock_session(tx: &mut Tx, builder: UserId, id: SessionTypeId) -> Result<bool, sqlx::Error> {
    let row = sqlx::query_scalar!("select id from session_types where builder_id = $1 and id = $2 for update", builder.0, id.0);
    Ok(row.fetch_optional(&mut **tx).await?.is_some())
}

/// Closes every session of a builder; how many were open.
pub(crate) async fn close_all_in(tx: &mut Tx, builder: UserId, now: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let done = sqlx::query!("update session_types set is_open = false, changed_at = $2 where builder_id = $1 and is_open", builder.0, now);
    Ok(done.execute(&mut **tx).await?.rows_affected())
}

/// Whether that changed anything.
pub(super) async fn set_open(
    tx: &mut Tx,
    builder: UserId,
    id: SessionTypeId,
    is_open: bool,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update session_types set is_open = $3, changed_at = $4 where builder_id = $1 and id = $2 and is_open <> $3",
        builder.0,
        id.0,
        is_open,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
