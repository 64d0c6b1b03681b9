//! SQL of `passkeys`, and of whether a person has a second factor at all.

use chrono::{DateTime, Utc};
use types::UserId;
use uuid::Uuid;

use crate::base::Tx;

pub(in crate::accounts) struct NewPasskey<'a> {
    pub id: Uuid,
    pub user: UserId,
    pub credential_hash: &'a [u8],
    pub credential_sealed: &'a [u8],
    pub name_sealed: &'a [u8],
    pub now: DateTime<Utc>,
}

pub(in crate::accounts) struct PasskeyRow {
    pub id: Uuid,
    pub credential_sealed: Vec<u8>,
    pub opens_alone: bool,
}

/// `false`: the credential belongs to an account already.
pub(in crate::accounts) async fn insert_passkey(tx: &mut Tx, new: &NewPasskey<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into passkeys (id, user_id, credential_hash, credential_sealed, name_sealed, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (credential_hash) do nothing",
        new.id,
        new.user.0,
        new.credential_hash,
        new.credential_sealed,
        new.name_sealed,
        new.now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::accounts) async fn list_passkeys(tx: &mut Tx, user: UserId) -> Result<Vec<PasskeyRow>, sqlx::Error> {
    sqlx::query_as!(PasskeyRow, "select id, credential_sealed, opens_alone from passkeys where user_id = $1", user.0)
        .fetch_all(&mut **tx)
        .await
}

/// Locked, so that of two uses at once the second sees the count of the first.
pub(in crate::accounts) async fn find_passkey(tx: &mut Tx, user: UserId, hash: &[u8]) -> Result<Option<PasskeyRow>, sqlx::Error> {
    sqlx::query_as!(
        PasskeyRow,
        "select id, credential_sealed, opens_alone from passkeys where user_id = $1 and credential_hash = $2 for update",
        user.0,
        hash
    )
    .fetch_optional(&mut **tx)
    .await
}

/// `credential_sealed`: what became of it, if it changed.
pub(in crate::accounts) async fn note_passkey_use(
    tx: &mut Tx,
    passkey: Uuid,
    credential_sealed: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update passkeys set last_used_at = $3, credential_sealed = coalesce($2, credential_sealed) where id = $1",
        passkey,
        credential_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// From here on it opens the account alone, or every one of the person's only after the password.
pub(in crate::accounts) async fn set_opens_alone(tx: &mut Tx, user: UserId, passkey: Option<Uuid>) -> Result<(), sqlx::Error> {
    sqlx::query!("update passkeys set opens_alone = $2::uuid is not null where user_id = $1 and id = coalesce($2, id)", user.0, passkey)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whether there was one.
pub(in crate::accounts) async fn delete_passkey(tx: &mut Tx, user: UserId, passkey: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from passkeys where user_id = $1 and id = $2", user.0, passkey).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there was one.
pub(in crate::accounts) async fn delete_every_passkey(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from passkeys where user_id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() > 0)
}

/// Writes down whether a factor is left, after one was removed; without any there is nothing to recover. Whoever calls this holds the person's
/// row (`lock_in`), so that two factors which are removed at once do not each take the other for the one that is left.
pub(in crate::accounts) async fn settle_second_factor(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    let is_left = sqlx::query_scalar!(
        r#"update users set has_second_factor = exists (select from totp_authenticators t where t.user_id = $1 and t.confirmed_at is not null)
                                              or exists (select from passkeys p where p.user_id = $1)
           where id = $1 returning has_second_factor"#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    if is_left != Some(true) {
        sqlx::query!("delete from recovery_codes where user_id = $1", user.0).execute(&mut **tx).await?;
    }
    Ok(())
}
