//! SQL of `privacy_letters` and `legal_holds`. Row-level security lets admins at both, and a person at their own hold.

use chrono::{DateTime, Utc};
use types::{LetterKind, LetterStatus, UserId};
use uuid::Uuid;

use crate::base::{Tx, from_closed_list};

pub(super) struct NewLetter<'a> {
    pub id: Uuid,
    pub user: Option<UserId>,
    pub kind: LetterKind,
    pub reference: &'a str,
    pub received_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub checking_since: Option<DateTime<Utc>>,
    pub admin: UserId,
}

/// Where one stands.
pub(super) struct Letter {
    pub status: LetterStatus,
    pub due_at: DateTime<Utc>,
    pub checking_since: Option<DateTime<Utc>>,
}

/// From here to the end of `tx`, what only admins see can be read and written, if it acts as one.
pub(super) async fn open(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query!("select set_config('kairos.administers', 'on', true)").fetch_one(&mut **tx).await?;
    Ok(())
}

/// Who is there by this number, or by the keyed hash of their address.
pub(super) async fn find_person(tx: &mut Tx, hash: Option<&[u8]>, id: Option<UserId>) -> Result<Option<UserId>, sqlx::Error> {
    Ok(sqlx::query_scalar!("select kairos_find_person($1, $2)", hash, id.map(|id| id.0)).fetch_one(&mut **tx).await?.map(UserId))
}

pub(super) async fn insert_letter(tx: &mut Tx, new: &NewLetter<'_>) -> Result<(), sqlx::Error> {
    let status = if new.checking_since.is_some() { LetterStatus::Checking } else { LetterStatus::Open };
    sqlx::query!(
        "insert into privacy_letters (id, user_id, kind, status, reference, received_at, due_at, checking_since, entered_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.user.map(|user| user.0),
        new.kind.as_str(),
        status.as_str(),
        new.reference,
        new.received_at,
        new.due_at,
        new.checking_since,
        new.admin.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn lock_letter(tx: &mut Tx, id: Uuid) -> Result<Option<Letter>, sqlx::Error> {
    let row = sqlx::query!("select status, due_at, checking_since from privacy_letters where id = $1 for update", id);
    let row = row.fetch_optional(&mut **tx).await?;
    row.map(|row| Ok(Letter { status: from_closed_list(&row.status, "status")?, due_at: row.due_at, checking_since: row.checking_since }))
        .transpose()
}

pub(super) async fn set_letter(
    tx: &mut Tx,
    id: Uuid,
    status: LetterStatus,
    due_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update privacy_letters set status = $2, due_at = $3, checking_since = $4, ended_at = $5 where id = $1",
        id,
        status.as_str(),
        due_at,
        (status == LetterStatus::Checking).then_some(now),
        (!status.is_open()).then_some(now)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_hold(
    tx: &mut Tx,
    id: Uuid,
    user: UserId,
    reference: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    admin: UserId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into legal_holds (id, user_id, reference, set_at, until, set_by) values ($1, $2, $3, $4, $5, $6)",
        id,
        user.0,
        reference,
        now,
        until,
        admin.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whose it was; `None`: none stands.
pub(super) async fn lift(tx: &mut Tx, id: Uuid, now: DateTime<Utc>) -> Result<Option<UserId>, sqlx::Error> {
    let lifted =
        sqlx::query_scalar!("update legal_holds set lifted_at = $2 where id = $1 and lifted_at is null returning user_id", id, now);
    Ok(lifted.fetch_optional(&mut **tx).await?.map(UserId))
}

pub(super) async fn lift_of(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update legal_holds set lifted_at = $2 where user_id = $1 and lifted_at is null", user.0, now).execute(&mut **tx).await?;
    Ok(())
}

/// Until when what is kept of the person as whom `tx` acts must stay.
pub(in crate::privacy) async fn held_until(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("select until from legal_holds where user_id = $1 and lifted_at is null and until > $2", user.0, now)
        .fetch_optional(&mut **tx)
        .await
}
