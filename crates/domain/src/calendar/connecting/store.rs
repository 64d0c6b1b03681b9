//! SQL of `oauth_attempts`.

use chrono::{DateTime, Utc};
use types::{AttemptId, Provider, UserId};

use crate::base::{Tx, from_closed_list};

pub(in crate::calendar) struct NewAttempt<'a> {
    pub id: AttemptId,
    pub state_hash: &'a [u8],
    pub session_hash: &'a [u8],
    pub user: UserId,
    pub provider: Provider,
    pub verifier_sealed: &'a [u8],
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(in crate::calendar) struct AttemptRow {
    pub id: AttemptId,
    pub session_hash: Vec<u8>,
    pub user: UserId,
    pub provider: Provider,
    pub verifier_sealed: Vec<u8>,
    pub expires_at: DateTime<Utc>,
}

pub(in crate::calendar) async fn insert(tx: &mut Tx, attempt: &NewAttempt<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into oauth_attempts (id, state_hash, session_hash, user_id, provider, verifier_sealed, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        attempt.id.0,
        attempt.state_hash,
        attempt.session_hash,
        attempt.user.0,
        attempt.provider.as_str(),
        attempt.verifier_sealed,
        attempt.now,
        attempt.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Uses the attempt up. One statement: of two visits at once only one gets it.
pub(in crate::calendar) async fn take(tx: &mut Tx, state_hash: &[u8], now: DateTime<Utc>) -> Result<Option<AttemptRow>, sqlx::Error> {
    let row = sqlx::query!(
        "update oauth_attempts set used_at = $2 where state_hash = $1 and used_at is null
         returning id, session_hash, user_id, provider, verifier_sealed, expires_at",
        state_hash,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|row| {
        Ok(AttemptRow {
            id: AttemptId(row.id),
            session_hash: row.session_hash,
            user: UserId(row.user_id),
            provider: from_closed_list(&row.provider, "provider")?,
            verifier_sealed: row.verifier_sealed,
            expires_at: row.expires_at,
        })
    })
    .transpose()
}

pub(in crate::calendar) async fn exists(tx: &mut Tx, state_hash: &[u8]) -> Result<bool, sqlx::Error> {
    Ok(sqlx::query!("select id from oauth_attempts where state_hash = $1", state_hash).fetch_optional(&mut **tx).await?.is_some())
}

/// Whether the person came back from the provider after `since`.
pub(in crate::calendar) async fn is_any_used_since(
    tx: &mut Tx,
    user: UserId,
    provider: Provider,
    since: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from oauth_attempts where user_id = $1 and provider = $2 and used_at > $3) as "is_used!""#,
        user.0,
        provider.as_str(),
        since
    )
    .fetch_one(&mut **tx)
    .await
}
