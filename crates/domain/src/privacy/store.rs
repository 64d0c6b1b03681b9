//! SQL of `privacy_requests`, and of the functions that forget.

use chrono::{DateTime, Utc};
use types::{BookingId, PrivacyRequestId, PrivacyStatus, UserId};

use super::Request;
use super::page::Holdings;
use crate::base::{Database, Tx, from_closed_list, unless_taken};

pub(super) struct NewRequest<'a> {
    pub id: PrivacyRequestId,
    pub user: UserId,
    pub token_hash: &'a [u8],
    pub asked_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub runs_at: DateTime<Utc>,
}

/// Whether it can go on.
pub(super) enum Begun {
    /// It is running, and this is how much there was when it began.
    Yes(Request, Holdings),
    /// It can still be taken back, until then.
    NotYet(DateTime<Utc>),
    /// There is none that could go on.
    Over,
}

/// A request as a link finds it.
pub(super) struct Found {
    pub id: PrivacyRequestId,
    pub user: Option<UserId>,
    pub status: PrivacyStatus,
    pub asked_at: DateTime<Utc>,
    pub runs_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub certificate: Option<String>,
}

/// `false`: one is open already. The transaction is over then.
pub(super) async fn insert_erasure(tx: &mut Tx, new: &NewRequest<'_>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "insert into privacy_requests (id, user_id, kind, status, token_hash, asked_at, due_at, runs_at)
         values ($1, $2, 'erasure', 'grace', $3, $4, $5, $6)",
        new.id.0,
        new.user.0,
        new.token_hash,
        new.asked_at,
        new.due_at,
        new.runs_at
    )
    .execute(&mut **tx)
    .await;
    unless_taken(done)
}

pub(super) async fn find_open(tx: &mut Tx, user: UserId) -> Result<Option<PrivacyRequestId>, sqlx::Error> {
    let row = sqlx::query_scalar!("select id from privacy_requests where user_id = $1 and status in ('grace', 'running')", user.0);
    Ok(row.fetch_optional(&mut **tx).await?.map(PrivacyRequestId))
}

pub(super) async fn status_of(tx: &mut Tx, request: PrivacyRequestId) -> Result<Option<(PrivacyStatus, DateTime<Utc>)>, sqlx::Error> {
    let row = sqlx::query!("select status, runs_at from privacy_requests where id = $1", request.0);
    let row = row.fetch_optional(&mut **tx).await?;
    row.map(|row| Ok((from_closed_list(&row.status, "status")?, row.runs_at))).transpose()
}

/// `false`: it has begun, or is over.
pub(super) async fn cancel(tx: &mut Tx, request: PrivacyRequestId, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update privacy_requests set status = 'cancelled', ended_at = $2 where id = $1 and status = 'grace' and runs_at > $2",
        request.0,
        now
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// Locks it, and lets it run if it is time. `user` is who acts.
pub(super) async fn begin(tx: &mut Tx, request: PrivacyRequestId, user: UserId, now: DateTime<Utc>) -> Result<Begun, sqlx::Error> {
    let row = sqlx::query!(
        "select id, status, asked_at, runs_at, holdings from privacy_requests where id = $1 and user_id = $2 for no key update",
        request.0,
        user.0
    );
    let Some(row) = row.fetch_optional(&mut **tx).await? else { return Ok(Begun::Over) };
    if !from_closed_list::<PrivacyStatus>(&row.status, "status")?.is_open() {
        return Ok(Begun::Over);
    }
    if row.runs_at > now {
        return Ok(Begun::NotYet(row.runs_at));
    }
    let holdings = match row.holdings {
        Some(holdings) => holdings,
        None => sqlx::query_scalar!(r#"select kairos_holdings($1) as "holdings!""#, user.0).fetch_one(&mut **tx).await?,
    };
    let holdings = serde_json::from_value(holdings).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Begun::Yes(Request { id: PrivacyRequestId(row.id), asked_at: row.asked_at, runs_at: row.runs_at }, holdings))
}

/// That it runs, and how much there was. `false`: that is written down already.
pub(super) async fn note_holdings(tx: &mut Tx, request: PrivacyRequestId, holdings: &Holdings) -> Result<bool, sqlx::Error> {
    let holdings = serde_json::json!(holdings);
    let done = sqlx::query!(
        "update privacy_requests set status = 'running', holdings = $2 where id = $1 and status = 'grace'",
        request.0,
        holdings
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// What somebody bought that is not over, as `(builder, booking)`.
pub(super) async fn bought_ahead(tx: &mut Tx, user: UserId) -> Result<Vec<(UserId, BookingId)>, sqlx::Error> {
    let rows = sqlx::query!(r#"select builder_id as "builder!", booking_id as "booking!" from kairos_bought_ahead($1)"#, user.0);
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(|row| (UserId(row.builder), BookingId(row.booking))).collect())
}

/// Every request that is open: whose, and when it runs.
pub(super) async fn open_erasures(tx: &mut Tx) -> Result<Vec<(PrivacyRequestId, UserId, DateTime<Utc>)>, sqlx::Error> {
    let rows = sqlx::query!(r#"select id as "id!", user_id as "user!", runs_at as "runs_at!" from kairos_open_erasures()"#);
    let rows = rows.fetch_all(&mut **tx).await?.into_iter();
    Ok(rows.map(|row| (PrivacyRequestId(row.id), UserId(row.user), row.runs_at)).collect())
}

/// Builders with an account at Calendly from whom somebody bought.
pub(super) async fn bought_from(tx: &mut Tx, user: UserId) -> Result<Vec<UserId>, sqlx::Error> {
    let rows = sqlx::query_scalar!(r#"select b as "builder!" from kairos_bought_from($1) b"#, user.0);
    Ok(rows.fetch_all(&mut **tx).await?.into_iter().map(UserId).collect())
}

/// `false`: an entry of the audit log about them waits for its seal.
pub(super) async fn erase(tx: &mut Tx, request: PrivacyRequestId, certificate: &str, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(r#"select kairos_erase_user($1, $2, $3) as "is_done!""#, request.0, certificate, now).fetch_one(&mut **tx).await
}

pub(super) async fn find_by_token(database: &Database, token_hash: &[u8]) -> Result<Option<Found>, sqlx::Error> {
    let mut tx = database.begin(None).await?;
    let row =
        sqlx::query!("select id, user_id, status, asked_at, runs_at, ended_at, certificate from kairos_privacy_request_by($1)", token_hash)
            .fetch_one(&mut *tx)
            .await?;
    tx.rollback().await?;
    let (Some(id), Some(status), Some(asked_at), Some(runs_at)) = (row.id, row.status, row.asked_at, row.runs_at) else { return Ok(None) };
    Ok(Some(Found {
        id: PrivacyRequestId(id),
        user: row.user_id.map(UserId),
        status: from_closed_list(&status, "status")?,
        asked_at,
        runs_at,
        ended_at: row.ended_at,
        certificate: row.certificate,
    }))
}

/// All that somebody bought.
pub(super) async fn bought(tx: &mut Tx, user: UserId) -> Result<serde_json::Value, sqlx::Error> {
    sqlx::query_scalar!(r#"select kairos_bought($1) as "bought!""#, user.0).fetch_one(&mut **tx).await
}

/// Some of somebody's rows of a table of the data map.
pub(super) async fn own_rows(
    tx: &mut Tx,
    user: UserId,
    table: &str,
    owner: &str,
    key: &str,
    after: Option<&str>,
    most: i32,
) -> Result<Vec<serde_json::Value>, sqlx::Error> {
    sqlx::query_scalar!(r#"select r as "row!" from kairos_own_rows($1, $2, $3, $4, $5, $6) r"#, user.0, table, owner, key, after, most)
        .fetch_all(&mut **tx)
        .await
}
