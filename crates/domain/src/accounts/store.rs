//! SQL of accounts.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use types::{Role, UserId, UserTokenId};
use uuid::Uuid;

use super::hours::Minutes;
use super::{Identity, PresentSession, Viewer, WorkingHours};
use crate::base::{Database, Tx};
use crate::jobs::LinkPurpose;
use crate::vault::LookupHash;

pub(super) struct NewUser<'a> {
    pub id: UserId,
    pub email_hash: &'a [u8],
    pub password_hash: &'a str,
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

pub(super) struct RecipientRow {
    pub name_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub is_verified: bool,
}

pub(super) struct Credentials {
    pub id: UserId,
    pub password_hash: String,
    pub password_number: i32,
    pub verified: bool,
    pub has_second_factor: bool,
}

pub(super) fn parse_roles(texts: &[String]) -> Vec<Role> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// `false`: the address is taken.
pub(super) async fn insert_user(tx: &mut Tx, user: &NewUser<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into users (id, email_hash, email_sealed, name_sealed, password_hash, time_zone, created_at)
         values ($1, $2, '', '', $3, $4, $5) on conflict (email_hash) do nothing",
        user.id.0,
        user.email_hash,
        user.password_hash,
        user.zone.name(),
        user.now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn update_identity(tx: &mut Tx, user: UserId, name_sealed: &[u8], email_sealed: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set name_sealed = $2, email_sealed = $3 where id = $1", user.0, name_sealed, email_sealed)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(feature = "demo")]
pub(super) async fn set_roles(tx: &mut Tx, user: UserId, roles: &[Role], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    sqlx::query!("update users set roles = $2, email_verified_at = coalesce(email_verified_at, $3) where id = $1", user.0, &roles, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn update_profile(
    tx: &mut Tx,
    user: UserId,
    name_sealed: &[u8],
    zone: Tz,
    hours: &WorkingHours,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update users set name_sealed = $2, time_zone = $3, work_week = $4::text::int4multirange where id = $1",
        user.0,
        name_sealed,
        zone.name(),
        hours.week().to_string()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `false`: as many days differ as may, and this is not one of them. Counted while nobody adds another.
pub(super) async fn upsert_exception(tx: &mut Tx, user: UserId, date: NaiveDate, hours: &Minutes, most: i64) -> Result<bool, sqlx::Error> {
    sqlx::query!("select id from users where id = $1 for no key update", user.0).fetch_optional(&mut **tx).await?;
    let done = sqlx::query!(
        "insert into working_exceptions (user_id, on_date, hours)
         select $1, $2, $3::text::int4multirange
         where (select count(*) from working_exceptions e where e.user_id = $1 and e.on_date <> $2) < $4
         on conflict (user_id, on_date) do update set hours = excluded.hours",
        user.0,
        date,
        hours.to_string(),
        most
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there was one.
pub(super) async fn delete_exception(tx: &mut Tx, user: UserId, date: NaiveDate) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from working_exceptions where user_id = $1 and on_date = $2", user.0, date).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn find_recipient(tx: &mut Tx, user: UserId) -> Result<Option<RecipientRow>, sqlx::Error> {
    sqlx::query_as!(
        RecipientRow,
        r#"select name_sealed, email_sealed, email_verified_at is not null as "is_verified!" from users where id = $1"#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await
}

pub(super) async fn find_by_email(tx: &mut Tx, email_hash: &[u8]) -> Result<Option<Credentials>, sqlx::Error> {
    let row = sqlx::query!(
        "select id, password_hash, password_number, email_verified_at, has_second_factor from users where email_hash = $1",
        email_hash
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Credentials {
        id: UserId(row.id),
        password_hash: row.password_hash,
        password_number: row.password_number,
        verified: row.email_verified_at.is_some(),
        has_second_factor: row.has_second_factor,
    }))
}

/// What a known browser is tied to.
pub(super) async fn find_device_account(tx: &mut Tx, user: UserId) -> Result<Option<(Vec<u8>, i32)>, sqlx::Error> {
    let row = sqlx::query!("select email_hash, password_number from users where id = $1", user.0).fetch_optional(&mut **tx).await?;
    Ok(row.map(|row| (row.email_hash, row.password_number)))
}

pub(super) async fn set_verified(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set email_verified_at = coalesce(email_verified_at, $2) where id = $1", user.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn set_password(tx: &mut Tx, user: UserId, hash: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set password_hash = $2, password_number = password_number + 1 where id = $1", user.0, hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// `false`: the account is gone.
pub(super) async fn insert_token(
    tx: &mut Tx,
    token: UserTokenId,
    user: UserId,
    purpose: LinkPurpose,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into user_tokens (id, user_id, purpose, created_at, expires_at)
         select $1, u.id, $3, $4, $5 from users u where u.id = $2",
        token.0,
        user.0,
        purpose.as_str(),
        now,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a link up. `false`: unknown, used or too old. One statement, so that of two visits at once only one counts.
pub(super) async fn use_token(tx: &mut Tx, token: UserTokenId, purpose: LinkPurpose, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update user_tokens set used_at = $3 where id = $1 and purpose = $2 and used_at is null and expires_at > $3",
        token.0,
        purpose.as_str(),
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a link still waits to be used; mail about a used one is not sent.
pub(crate) async fn find_token_in(tx: &mut Tx, token: UserTokenId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let row = sqlx::query!("select id from user_tokens where id = $1 and used_at is null and expires_at > $2", token.0, now)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.is_some())
}

pub(super) async fn end_tokens(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update user_tokens set used_at = $2 where user_id = $1 and used_at is null", user.0, now).execute(&mut **tx).await?;
    Ok(())
}

/// What a present password is compared with: the address's keyed hash, the PHC string, and which password it is.
pub(super) async fn find_password(tx: &mut Tx, user: UserId) -> Result<Option<(Vec<u8>, String, i32)>, sqlx::Error> {
    let row = sqlx::query!("select email_hash, password_hash, password_number from users where id = $1", user.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| (row.email_hash, row.password_hash, row.password_number)))
}

/// `false`: it is not the password of this number any more.
pub(super) async fn replace_password(tx: &mut Tx, user: UserId, hash: &str, number: i32) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update users set password_hash = $2, password_number = password_number + 1 where id = $1 and password_number = $3",
        user.0,
        hash,
        number
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The hashes of those that were there.
pub(super) async fn delete_other_sessions(tx: &mut Tx, user: UserId, present: &[u8]) -> Result<Vec<LookupHash>, sqlx::Error> {
    let hashes = sqlx::query_scalar!("delete from sessions where user_id = $1 and id_hash <> $2 returning id_hash", user.0, present)
        .fetch_all(&mut **tx)
        .await?;
    Ok(hashes.into_iter().filter_map(|hash| hash.try_into().ok()).collect())
}

/// Its hash, if it was there.
pub(super) async fn delete_session_labelled(tx: &mut Tx, user: UserId, label: Uuid) -> Result<Vec<LookupHash>, sqlx::Error> {
    let hashes =
        sqlx::query_scalar!("delete from sessions where user_id = $1 and data->>'label' = $2 returning id_hash", user.0, label.to_string())
            .fetch_all(&mut **tx)
            .await?;
    Ok(hashes.into_iter().filter_map(|hash| hash.try_into().ok()).collect())
}

pub(super) async fn delete_sessions(tx: &mut Tx, user: UserId) -> Result<u64, sqlx::Error> {
    Ok(sqlx::query!("delete from sessions where user_id = $1", user.0).execute(&mut **tx).await?.rows_affected())
}

/// Who a viewer is.
pub(super) async fn identify(database: &Database, viewer: &Viewer, now: DateTime<Utc>) -> Result<Identity, sqlx::Error> {
    let mut lent = database.lend().await?;
    let row = sqlx::query!(
        "select user_id, roles, (data->>'proved_at')::timestamptz as proved_at, (data->>'second_factor')::boolean as has_second_factor
         from kairos_enter($1, $2, $3)",
        viewer.session(),
        viewer.person().map(|user| user.0),
        now
    )
    .fetch_one(&mut *lent)
    .await?;
    lent.keep();
    Ok(Identity::new(row.user_id, row.roles).proved(row.proved_at, row.has_second_factor))
}

pub(super) async fn find_session(database: &Database, hash: &[u8], now: DateTime<Utc>) -> Result<Option<PresentSession>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let row = sqlx::query!(r#"select has_entered as "has_entered!", data, user_id, roles from kairos_enter($1, null, $2)"#, hash, now)
        .fetch_one(&mut *lent)
        .await?;
    lent.keep();
    let present = row.has_entered.then(|| (row.data.unwrap_or_default(), Identity::new(row.user_id, row.roles)));
    Ok(present.map(|(data, identity)| PresentSession { data, identity }))
}

pub(super) async fn insert_session(
    tx: &mut Tx,
    hash: &[u8],
    user: Option<UserId>,
    data: &Value,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into sessions (id_hash, user_id, data, created_at, last_seen_at) values ($1, $2, $3, $4, $4) on conflict do nothing",
        hash,
        user.map(|user| user.0),
        data,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn update_session(tx: &mut Tx, hash: &[u8], user: Option<UserId>, data: &Value) -> Result<(), sqlx::Error> {
    sqlx::query!("update sessions set data = $2, user_id = $3 where id_hash = $1", hash, data, user.map(|user| user.0))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn delete_session(tx: &mut Tx, hash: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where id_hash = $1", hash).execute(&mut **tx).await?;
    Ok(())
}

/// `false`: one counts already, and stays.
pub(super) async fn begin_totp(tx: &mut Tx, user: UserId, secret_sealed: &[u8], now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into totp_authenticators as t (user_id, secret_sealed, created_at) values ($1, $2, $3)
         on conflict (user_id) do update set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at
         where t.confirmed_at is null",
        user.0,
        secret_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The secret of one that counts, or of one that was begun after a moment and waits for its first code. Locked, so that the code that is checked
/// is one of the secret that is confirmed.
pub(super) async fn find_totp(
    tx: &mut Tx,
    user: UserId,
    is_confirmed: bool,
    begun_after: DateTime<Utc>,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select secret_sealed from totp_authenticators
         where user_id = $1 and (confirmed_at is not null) = $2 and ($2 or created_at > $3) for update",
        user.0,
        is_confirmed,
        begun_after
    )
    .fetch_optional(&mut **tx)
    .await
}

/// `false`: it counted already, or is gone.
pub(super) async fn confirm_totp(tx: &mut Tx, user: UserId, step: i64, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update totp_authenticators set confirmed_at = $3, last_step = $2 where user_id = $1 and confirmed_at is null",
        user.0,
        step,
        now
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update users set has_second_factor = true where id = $1", user.0).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a step up. `false`: a code of it or of a later one was accepted before.
pub(super) async fn use_totp_step(tx: &mut Tx, user: UserId, step: i64) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update totp_authenticators set last_step = $2 where user_id = $1 and confirmed_at is not null and coalesce(last_step, 0) < $2",
        user.0,
        step
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether there was one that counted.
pub(super) async fn remove_totp(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let counted = sqlx::query_scalar!(
        r#"delete from totp_authenticators where user_id = $1 returning confirmed_at is not null as "counted!""#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!("delete from recovery_codes where user_id = $1", user.0).execute(&mut **tx).await?;
    sqlx::query!("update users set has_second_factor = false where id = $1 and has_second_factor", user.0).execute(&mut **tx).await?;
    Ok(counted.unwrap_or_default())
}

pub(super) async fn has_second_factor(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    let has = sqlx::query_scalar!("select has_second_factor from users where id = $1", user.0).fetch_optional(&mut **tx).await?;
    Ok(has.unwrap_or_default())
}

pub(super) async fn replace_recovery_codes(tx: &mut Tx, user: UserId, hashes: &[Vec<u8>], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user.0).execute(&mut **tx).await?;
    sqlx::query!(
        "insert into recovery_codes (user_id, code_hash, created_at) select $1, h, $3 from unnest($2::bytea[]) h",
        user.0,
        hashes,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses a code up. `false`: unknown, or used before. One statement, so that of two tries at once one counts.
pub(super) async fn use_recovery_code(tx: &mut Tx, user: UserId, hash: &[u8], now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null", user.0, hash, now)
            .execute(&mut **tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// The session that asks has shown a second factor.
pub(super) async fn session_has_second_factor(tx: &mut Tx, user: UserId, session: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update sessions set data = data || '{\"second_factor\": true}' where user_id = $1 and id_hash = $2", user.0, session)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A secret that waits for its first code is forgotten: whoever planted it may be who the password was changed for.
pub(super) async fn forget_begun_totp(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from totp_authenticators where user_id = $1 and confirmed_at is null", user.0).execute(&mut **tx).await?;
    Ok(())
}

/// What was sealed of a session's browser.
pub(super) async fn find_browser(tx: &mut Tx, user: UserId, label: Uuid) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        "select data->>'browser_sealed' from sessions where user_id = $1 and data->>'label' = $2",
        user.0,
        label.to_string()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.flatten())
}
