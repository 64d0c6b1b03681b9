//! SQL of `users` and `working_exceptions`.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use types::{Role, UserId};

use crate::accounts::WorkingHours;
use crate::accounts::hours::Minutes;
use crate::accounts::password::NO_PASSWORD;
use crate::base::Tx;

pub(in crate::accounts) struct NewUser<'a> {
    pub id: UserId,
    pub email_hash: &'a [u8],
    pub password_hash: &'a str,
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

pub(in crate::accounts) struct RecipientRow {
    pub name_sealed: Vec<u8>,
    pub email_sealed: Vec<u8>,
    pub is_verified: bool,
}

pub(in crate::accounts) struct Credentials {
    pub id: UserId,
    pub password_hash: String,
    pub password_number: i32,
    pub verified: bool,
    pub locked: bool,
    pub has_second_factor: bool,
}

pub(in crate::accounts) fn parse_roles(texts: &[String]) -> Vec<Role> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// `false`: the address is taken.
pub(in crate::accounts) async fn insert_user(tx: &mut Tx, user: &NewUser<'_>) -> Result<bool, sqlx::Error> {
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

pub(in crate::accounts) async fn update_identity(
    tx: &mut Tx,
    user: UserId,
    name_sealed: &[u8],
    email_sealed: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set name_sealed = $2, email_sealed = $3 where id = $1", user.0, name_sealed, email_sealed)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn set_name(tx: &mut Tx, user: UserId, name_sealed: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set name_sealed = $2 where id = $1", user.0, name_sealed).execute(&mut **tx).await?;
    Ok(())
}

#[cfg(feature = "demo")]
pub(in crate::accounts) async fn set_roles(tx: &mut Tx, user: UserId, roles: &[Role], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    sqlx::query!("update users set roles = $2, email_verified_at = coalesce(email_verified_at, $3) where id = $1", user.0, &roles, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn update_profile(
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

/// Whether an admin locked the account, as whom `tx` acts.
pub(crate) async fn is_locked_in(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from users where id = $1 and locked_at is not null) as "is!""#, user.0)
        .fetch_one(&mut **tx)
        .await
}

/// Whether no password opens the account, as whom `tx` acts.
pub(crate) async fn has_no_password_in(tx: &mut Tx, user: UserId) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from users where id = $1 and starts_with(password_hash, $2)) as "has_none!""#,
        user.0,
        NO_PASSWORD
    )
    .fetch_one(&mut **tx)
    .await
}

/// Whether the account was made before a moment.
pub(in crate::accounts) async fn is_older_than(tx: &mut Tx, user: UserId, moment: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select exists (select from users where id = $1 and created_at < $2) as "is!""#, user.0, moment)
        .fetch_one(&mut **tx)
        .await
}

/// Until `tx` ends nobody else adds to what is counted of this person.
pub(crate) async fn lock_in(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("select id from users where id = $1 for no key update", user.0).fetch_optional(&mut **tx).await?;
    Ok(())
}

/// `false`: as many days differ as may, and this is not one of them. Counted while nobody adds another.
pub(in crate::accounts) async fn upsert_exception(
    tx: &mut Tx,
    user: UserId,
    date: NaiveDate,
    hours: &Minutes,
    most: i64,
) -> Result<bool, sqlx::Error> {
    lock_in(tx, user).await?;
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
pub(in crate::accounts) async fn delete_exception(tx: &mut Tx, user: UserId, date: NaiveDate) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!("delete from working_exceptions where user_id = $1 and on_date = $2", user.0, date).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::accounts) async fn find_recipient(tx: &mut Tx, user: UserId) -> Result<Option<RecipientRow>, sqlx::Error> {
    sqlx::query_as!(
        RecipientRow,
        r#"select name_sealed, email_sealed, email_verified_at is not null as "is_verified!" from users where id = $1"#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await
}

pub(in crate::accounts) async fn find_by_email(tx: &mut Tx, email_hash: &[u8]) -> Result<Option<Credentials>, sqlx::Error> {
    let row = sqlx::query!(
        "select id, password_hash, password_number, email_verified_at, locked_at, has_second_factor from users where email_hash = $1",
        email_hash
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Credentials {
        id: UserId(row.id),
        password_hash: row.password_hash,
        password_number: row.password_number,
        verified: row.email_verified_at.is_some(),
        locked: row.locked_at.is_some(),
        has_second_factor: row.has_second_factor,
    }))
}

pub(in crate::accounts) async fn set_verified(tx: &mut Tx, user: UserId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set email_verified_at = coalesce(email_verified_at, $2) where id = $1", user.0, now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The password there is opens nothing any more; what it was is kept, so that it is not chosen again.
pub(in crate::accounts) async fn put_password_out_of_use(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update users set password_hash = $2::text || ltrim(password_hash, $2), password_number = password_number + 1 where id = $1",
        user.0,
        NO_PASSWORD
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn set_password(tx: &mut Tx, user: UserId, hash: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update users set password_hash = $2, password_number = password_number + 1 where id = $1", user.0, hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What somebody may do, and whether they are locked; nobody changes it until `tx` ends.
pub(in crate::accounts) async fn lock_roles(tx: &mut Tx, user: UserId) -> Result<Option<(Vec<Role>, bool)>, sqlx::Error> {
    let row = sqlx::query!(r#"select roles, locked_at is not null as "is_locked!" from users where id = $1 for no key update"#, user.0)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(|row| (parse_roles(&row.roles), row.is_locked)))
}

/// `false`: it was so already, or there is no such account.
pub(in crate::accounts) async fn set_lock(tx: &mut Tx, user: UserId, locked_at: Option<DateTime<Utc>>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update users set locked_at = $2 where id = $1 and (locked_at is null) <> ($2::timestamptz is null)",
        user.0,
        locked_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// `false`: they were these already, or there is no such account.
pub(in crate::accounts) async fn update_roles(tx: &mut Tx, user: UserId, roles: &[Role]) -> Result<bool, sqlx::Error> {
    let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    let done = sqlx::query!("update users set roles = $2 where id = $1 and roles <> $2", user.0, &roles).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

/// What a signed-in person, or one whose password was right, is checked against.
pub(in crate::accounts) struct OwnCredentials {
    pub email_hash: Vec<u8>,
    /// A PHC string.
    pub password_hash: String,
    pub password_number: i32,
    pub has_second_factor: bool,
    pub locked: bool,
}

impl OwnCredentials {
    /// Whether a password opens the account.
    pub fn has_password(&self) -> bool {
        !self.password_hash.starts_with(NO_PASSWORD)
    }
}

pub(in crate::accounts) async fn find_own(tx: &mut Tx, user: UserId) -> Result<Option<OwnCredentials>, sqlx::Error> {
    sqlx::query_as!(
        OwnCredentials,
        r#"select email_hash, password_hash, password_number, has_second_factor, locked_at is not null as "locked!" from users where id = $1"#,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Whether the person has a second factor. `None`: it is not the password of this number any more.
pub(in crate::accounts) async fn replace_password(tx: &mut Tx, user: UserId, hash: &str, number: i32) -> Result<Option<bool>, sqlx::Error> {
    sqlx::query_scalar!(
        "update users set password_hash = $2, password_number = password_number + 1 where id = $1 and password_number = $3
         returning has_second_factor",
        user.0,
        hash,
        number
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Somebody's zone, by IANA's name.
pub(in crate::accounts) async fn find_zone(tx: &mut Tx, user: UserId) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!("select time_zone from users where id = $1", user.0).fetch_optional(&mut **tx).await
}
