//! SQL of `installation_checks`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use types::{CheckKind, UserId};
use uuid::Uuid;

use crate::base::{KnownSecret, Tx};

/// A scan that is under way.
pub(super) struct UnderWay {
    pub id: Uuid,
    pub detail: Value,
}

pub(super) async fn insert_done(
    tx: &mut Tx,
    id: Uuid,
    kind: CheckKind,
    now: DateTime<Utc>,
    is_whole: bool,
    detail: &Value,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into installation_checks (id, kind, started_at, finished_at, is_whole, detail) values ($1, $2, $3, $3, $4, $5)",
        id,
        kind.as_str(),
        now,
        is_whole,
        detail
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_scan(tx: &mut Tx, id: Uuid, now: DateTime<Utc>, detail: &Value) -> Result<(), sqlx::Error> {
    sqlx::query!("insert into installation_checks (id, kind, started_at, detail) values ($1, 'scan', $2, $3)", id, now, detail)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The scan that has begun after `since` and has not ended.
pub(super) async fn find_scan(tx: &mut Tx, since: DateTime<Utc>) -> Result<Option<UnderWay>, sqlx::Error> {
    let found = sqlx::query!(
        "select id, detail from installation_checks where kind = 'scan' and finished_at is null and started_at > $1
         order by started_at desc limit 1",
        since
    );
    Ok(found.fetch_optional(&mut **tx).await?.map(|row| UnderWay { id: row.id, detail: row.detail }))
}

/// When the last of a kind ended.
pub(super) async fn last_ended(tx: &mut Tx, kind: CheckKind) -> Result<Option<DateTime<Utc>>, sqlx::Error> {
    sqlx::query_scalar!("select max(finished_at) from installation_checks where kind = $1", kind.as_str()).fetch_one(&mut **tx).await
}

/// How far it is; with `ended`, when it was over and whether everything opened.
pub(super) async fn update_scan(tx: &mut Tx, id: Uuid, detail: &Value, ended: Option<(DateTime<Utc>, bool)>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update installation_checks set detail = $2, finished_at = $3, is_whole = $4 where id = $1",
        id,
        detail,
        ended.map(|(at, _)| at),
        ended.map(|(_, is_whole)| is_whole)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn people(tx: &mut Tx, after: Option<UserId>, most: i32) -> Result<Vec<UserId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(r#"select p as "user!" from kairos_people($1, $2) p"#, after.map(|user| user.0), most);
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(UserId).collect())
}

/// Requests that are open, and past the time that the law gives.
pub(super) async fn overdue_requests(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(r#"select kairos_overdue_requests($1) as "count!""#, now).fetch_one(&mut **tx).await
}

/// Writes down those that are there now.
pub(super) async fn note_secrets(tx: &mut Tx, secrets: &[KnownSecret], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let purposes: Vec<String> = secrets.iter().map(|secret| secret.purpose.to_owned()).collect();
    let fingerprints: Vec<String> = secrets.iter().map(|secret| secret.fingerprint.clone()).collect();
    let current: Vec<bool> = secrets.iter().map(|secret| secret.is_current).collect();
    sqlx::query!(
        "insert into known_secrets (purpose, fingerprint, first_seen_at, last_seen_at, activated_at)
         select given.purpose, given.fingerprint, $4::timestamptz, $4, case when given.is_current then $4 end
         from unnest($1::text[], $2::text[], $3::boolean[]) as given (purpose, fingerprint, is_current)
         on conflict (purpose, fingerprint) do update
         set last_seen_at = excluded.last_seen_at, activated_at = coalesce(known_secrets.activated_at, excluded.activated_at)",
        &purposes,
        &fingerprints,
        &current,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What for, and its fingerprint, of each that was revoked.
pub(super) async fn revoked_secrets(connection: &mut PgConnection) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!("select purpose, fingerprint from known_secrets where revoked_at is not null");
    Ok(rows.fetch_all(connection).await?.into_iter().map(|row| (row.purpose, row.fingerprint)).collect())
}

/// `false`: it is not known, or was revoked before.
pub(super) async fn revoke_secret(tx: &mut Tx, purpose: &str, fingerprint: &str, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update known_secrets set revoked_at = $3 where purpose = $1 and fingerprint = $2 and revoked_at is null",
        purpose,
        fingerprint,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Every secret that was ever given and not revoked: what for, its fingerprint, and since when.
pub(super) async fn known_secrets(tx: &mut Tx) -> Result<Vec<(String, String, DateTime<Utc>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select purpose, fingerprint, first_seen_at from known_secrets where revoked_at is null order by purpose, first_seen_at"
    );
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(|row| (row.purpose, row.fingerprint, row.first_seen_at)).collect())
}
