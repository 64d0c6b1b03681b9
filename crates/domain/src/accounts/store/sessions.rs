//! SQL of `sessions`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::UserId;
use uuid::Uuid;

use crate::accounts::{Identity, PresentSession, Viewer};
use crate::base::{Database, Deps, Op, Tx};
use crate::limits::Counted;
use crate::vault::LookupHash;

fn whole(hashes: Vec<Vec<u8>>) -> Vec<LookupHash> {
    hashes.into_iter().filter_map(|hash| hash.try_into().ok()).collect()
}

/// The hashes of those that were there.
pub(in crate::accounts) async fn delete_other_sessions(tx: &mut Tx, user: UserId, present: &[u8]) -> Result<Vec<LookupHash>, sqlx::Error> {
    let hashes = sqlx::query_scalar!("delete from sessions where user_id = $1 and id_hash <> $2 returning id_hash", user.0, present)
        .fetch_all(&mut **tx)
        .await?;
    Ok(whole(hashes))
}

/// The hashes of those that were there.
pub(in crate::accounts) async fn delete_every_session(tx: &mut Tx, user: UserId) -> Result<Vec<LookupHash>, sqlx::Error> {
    let hashes = sqlx::query_scalar!("delete from sessions where user_id = $1 returning id_hash", user.0).fetch_all(&mut **tx).await?;
    Ok(whole(hashes))
}

/// Everybody's; how many there were.
pub(in crate::accounts) async fn delete_all_sessions(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    sqlx::query!("select set_config('kairos.administers', 'on', true)").fetch_one(&mut **tx).await?;
    sqlx::query_scalar!(r#"select kairos_end_all_sessions() as "ended!""#).fetch_one(&mut **tx).await
}

/// Its hash, if it was there.
pub(in crate::accounts) async fn delete_session_labelled(tx: &mut Tx, user: UserId, label: Uuid) -> Result<Vec<LookupHash>, sqlx::Error> {
    let hashes =
        sqlx::query_scalar!("delete from sessions where user_id = $1 and data->>'label' = $2 returning id_hash", user.0, label.to_string())
            .fetch_all(&mut **tx)
            .await?;
    Ok(whole(hashes))
}

/// Who a viewer is.
pub(in crate::accounts) async fn identify(deps: &Deps, op: &Op, viewer: &Viewer) -> Result<Identity, sqlx::Error> {
    let counted = match Counted::begin(deps, op, viewer.counted_as()).await? {
        Ok(counted) => counted,
        Err(too_often) => return Ok(Identity::refused(too_often)),
    };
    let by = counted.as_ref().and_then(Counted::by);
    let answer = async {
        let mut lent = deps.database.lend().await?;
        let row = sqlx::query!(
            r#"select s.user_id, s.roles, (s.data->>'proved_at')::timestamptz as proved_at, s.has_second_factor, s.returned_to_place,
                      case when s.bucket is not null then
                          (select row_to_json(c)::text from kairos_count(s.bucket, $7, $8, $9, $10) c) end as counted
               from kairos_enter($1, $2, $3, $4, $5, $6, $7) s"#,
            viewer.session(),
            viewer.person().map(|user| user.0),
            viewer.key().map(|key| key.0),
            by.as_ref().map(|by| by.bucket),
            by.is_some(),
            op.address_pseudonym,
            deps.now(),
            by.as_ref().map(|by| by.rule.most),
            by.as_ref().map(|by| by.rule.span.clone()),
            by.as_ref().map(|by| by.number)
        )
        .fetch_one(&mut *lent)
        .await?;
        lent.keep();
        Ok(row)
    }
    .await;
    let (counted, row) = Counted::or_fail(counted, answer)?;
    let identity = Identity::new(row.user_id, row.roles).proved(row.proved_at, row.has_second_factor).seen(row.returned_to_place);
    identity.counted(counted, row.counted.as_deref())
}

pub(in crate::accounts) async fn find_session(
    database: &Database,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<PresentSession>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let row = sqlx::query!(r#"select has_entered as "has_entered!", data, user_id, roles from kairos_enter($1, null, $2)"#, hash, now)
        .fetch_one(&mut *lent)
        .await?;
    lent.keep();
    let present = row.has_entered.then(|| (row.data.unwrap_or_default(), Identity::new(row.user_id, row.roles)));
    Ok(present.map(|(data, identity)| PresentSession { data, identity }))
}

pub(in crate::accounts) async fn insert_session(
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

pub(in crate::accounts) async fn update_session(tx: &mut Tx, hash: &[u8], user: Option<UserId>, data: &Value) -> Result<(), sqlx::Error> {
    sqlx::query!("update sessions set data = $2, user_id = $3 where id_hash = $1", hash, data, user.map(|user| user.0))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn delete_session(tx: &mut Tx, hash: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from sessions where id_hash = $1", hash).execute(&mut **tx).await?;
    Ok(())
}

/// `false`: the session is over.
pub(in crate::accounts) async fn put_in_session(
    tx: &mut Tx,
    hash: &[u8],
    key: &str,
    value: &Value,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update sessions set data = data || jsonb_build_object($2::text, $3::jsonb)
         where id_hash = $1 and created_at > $4::timestamptz - interval '24 hours' and last_seen_at > $4 - interval '2 hours'",
        hash,
        key,
        value,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locked before it is looked at, so that the second of two sees that the first took it.
pub(in crate::accounts) async fn take_from_session(
    tx: &mut Tx,
    hash: &[u8],
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<Value>, sqlx::Error> {
    let taken = sqlx::query_scalar!(
        "with waiting as (
             select id_hash, data->$2 as entry from sessions
             where id_hash = $1 and data ? $2 and created_at > $3::timestamptz - interval '24 hours' and last_seen_at > $3 - interval '2 hours'
             for update)
         update sessions s set data = s.data - $2 from waiting w where s.id_hash = w.id_hash returning w.entry",
        hash,
        key,
        now
    );
    Ok(taken.fetch_optional(&mut **tx).await?.flatten())
}

/// Whether a session of the person's is still there, and stays until `tx` ends.
pub(in crate::accounts) async fn hold_session(tx: &mut Tx, user: UserId, hash: &[u8]) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!("select id_hash from sessions where id_hash = $1 and user_id = $2 for share", hash, user.0);
    Ok(found.fetch_optional(&mut **tx).await?.is_some())
}

/// The session that asks has shown a second factor.
pub(in crate::accounts) async fn session_has_second_factor(tx: &mut Tx, user: UserId, session: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update sessions set data = data || '{\"second_factor\": true}' where user_id = $1 and id_hash = $2", user.0, session)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Whose a session is, and from where it was used last and before that. The hash must have been presented to `tx`.
pub(in crate::accounts) async fn find_owner_and_places(
    tx: &mut Tx,
    hash: &[u8],
) -> Result<Option<(UserId, [Option<Vec<u8>>; 2])>, sqlx::Error> {
    let row = sqlx::query!("select user_id, place, place_before from sessions where id_hash = $1", hash).fetch_optional(&mut **tx).await?;
    Ok(row.and_then(|row| Some((UserId(row.user_id?), [row.place, row.place_before]))))
}

/// What was sealed of a session's browser.
pub(in crate::accounts) async fn find_browser(tx: &mut Tx, user: UserId, label: Uuid) -> Result<Option<String>, sqlx::Error> {
    let row = sqlx::query_scalar!(
        "select data->>'browser_sealed' from sessions where user_id = $1 and data->>'label' = $2",
        user.0,
        label.to_string()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.flatten())
}
