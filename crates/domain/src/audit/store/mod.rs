//! SQL of the audit log: entries, the tree and its heads; and a file each for what is beside them.

mod successions;
mod verifications;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;
use transparency_log::entry::{Entry, Personal, Salt};
use transparency_log::tile::{Place, Tiles};
use transparency_log::{Hash, Tree};
use types::UserId;
use uuid::Uuid;

pub(super) use successions::*;
pub(super) use verifications::*;

use crate::base::{Database, Tx};

/// Whether there are two entries of this action.
pub(super) async fn happened_twice(tx: &mut Tx, user: UserId, action: &str) -> Result<bool, sqlx::Error> {
    let rows = sqlx::query_scalar!("select id from audit_events where subject_user_id = $1 and action = $2 limit 2", user.0, action)
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.len() == 2)
}

/// What an entry says besides: what is no JSON that Rust reads is its text, so that no entry keeps the others from being sealed.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Detail(pub Value);

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

/// One row.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct EventRow {
    pub id: Uuid,
    pub place: Option<i64>,
    pub occurred_at: DateTime<Utc>,
    pub actor_kind: String,
    pub actor_id: Option<Uuid>,
    pub subject_user_id: Option<Uuid>,
    pub action: String,
    pub resource_kind: String,
    pub resource_id: Option<Uuid>,
    pub outcome: String,
    pub request_id: Uuid,
    #[serde(deserialize_with = "crate::base::optional_bytea")]
    pub address_pseudonym: Option<Vec<u8>>,
    pub detail: Detail,
    #[serde(deserialize_with = "crate::base::optional_bytea")]
    pub salt: Option<Vec<u8>>,
    #[serde(deserialize_with = "crate::base::optional_bytea")]
    pub commitment: Option<Vec<u8>>,
}

impl EventRow {
    /// What says who it is about.
    pub fn personal(&self) -> Personal {
        Personal {
            actor_id: self.actor_id,
            address_pseudonym: self.address_pseudonym.as_ref().map(hex::encode),
            request_id: self.request_id,
            resource_id: self.resource_id,
            subject_user_id: self.subject_user_id,
        }
    }

    /// What is in its leaf, with what stands there for who it is about.
    pub fn entry(&self, commitment: Hash) -> Entry {
        Entry {
            action: self.action.clone(),
            actor_kind: self.actor_kind.clone(),
            commitment,
            detail: self.detail.0.clone(),
            id: self.id,
            occurred_at: self.occurred_at,
            outcome: self.outcome.clone(),
            resource_kind: self.resource_kind.clone(),
        }
    }

    /// The entry and what opens its commitment, of one that is sealed.
    pub fn sealed(&self) -> Option<(Entry, Option<(Salt, Personal)>)> {
        let commitment = Hash::from_bytes(self.commitment.as_deref()?).ok()?;
        // Whoever is erased is erased whole: a salt alone that is not there hides that the rest was changed.
        let is_erased = self.salt.is_none()
            && self.actor_id.is_none()
            && self.subject_user_id.is_none()
            && self.resource_id.is_none()
            && self.request_id.is_nil()
            && self.address_pseudonym.is_none();
        let salt = self.salt.as_deref().and_then(|salt| salt.try_into().ok()).unwrap_or_default();
        Some((self.entry(commitment), (!is_erased).then(|| (salt, self.personal()))))
    }
}

/// The name of the log and how many entries it has, if anything is sealed yet.
pub(super) async fn sealed_so_far(database: &Database) -> Result<Option<(String, u64)>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let row = sqlx::query!("select origin, size from audit_tree").fetch_optional(&mut *lent).await?;
    lent.keep();
    Ok(row.map(|row| (row.origin, u64::try_from(row.size).unwrap_or_default())))
}

/// The tree, if anything is sealed yet, and the name of its log.
pub(super) async fn tree(tx: &mut Tx) -> Result<Option<(String, Tree)>, sqlx::Error> {
    let row = sqlx::query!("select origin, size, edge from audit_tree").fetch_optional(&mut **tx).await?;
    let Some(row) = row else { return Ok(None) };
    let tree = Tree::restore(u64::try_from(row.size).unwrap_or_default(), &row.edge)
        .ok_or_else(|| sqlx::Error::Decode("the edge of the audit tree does not belong to its size".into()))?;
    Ok(Some((row.origin, tree)))
}

/// Entries that wait for their seal, in order.
pub(super) async fn unsealed(tx: &mut Tx, at_most: i32) -> Result<Vec<EventRow>, sqlx::Error> {
    sqlx::query_as!(
        EventRow,
        r#"select id as "id!", place, occurred_at as "occurred_at!", actor_kind as "actor_kind!", actor_id, subject_user_id, action as "action!",
                  resource_kind as "resource_kind!", resource_id, outcome as "outcome!", request_id as "request_id!", address_pseudonym,
                  detail::text as "detail!", salt, commitment
           from kairos_unsealed_audit($1)"#,
        at_most
    )
    .fetch_all(&mut **tx)
    .await
}

/// Sealed entries from a place on, in order.
pub(super) async fn sealed(database: &Database, from: u64, at_most: i32) -> Result<Vec<EventRow>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let rows = sqlx::query_as!(
        EventRow,
        r#"select id as "id!", place, occurred_at as "occurred_at!", actor_kind as "actor_kind!", actor_id, subject_user_id, action as "action!",
                  resource_kind as "resource_kind!", resource_id, outcome as "outcome!", request_id as "request_id!", address_pseudonym,
                  detail::text as "detail!", salt, commitment
           from kairos_sealed_audit($1, $2)"#,
        i64::try_from(from).unwrap_or(i64::MAX),
        at_most
    )
    .fetch_all(&mut *lent)
    .await?;
    lent.keep();
    Ok(rows)
}

/// These tiles, as far as they are there.
pub(super) async fn tiles(tx: &mut Tx, places: &[Place]) -> Result<Tiles, sqlx::Error> {
    let levels: Vec<i32> = places.iter().map(|place| i32::try_from(place.level).unwrap_or(i32::MAX)).collect();
    let indexes: Vec<i64> = places.iter().map(|place| i64::try_from(place.index).unwrap_or(i64::MAX)).collect();
    let rows = sqlx::query!(
        "select t.level, t.index, t.hashes from audit_tiles t
         join unnest($1::integer[], $2::bigint[]) x(level, index) on t.level = x.level and t.index = x.index",
        &levels,
        &indexes
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut tiles = Tiles::default();
    for row in rows {
        let place = Place { level: u32::try_from(row.level).unwrap_or_default(), index: u64::try_from(row.index).unwrap_or_default() };
        tiles.insert(place, row.hashes);
    }
    Ok(tiles)
}

/// The hashes of leaves from one on that is a multiple of 256.
pub(super) async fn leaves(database: &Database, from: u64, tiles: i32) -> Result<Vec<u8>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let first = i64::try_from(from / transparency_log::tile::WIDTH).unwrap_or(i64::MAX);
    let rows = sqlx::query!(
        "select index, hashes from audit_tiles where level = 0 and index >= $1 and index < $1 + $2 order by index",
        first,
        i64::from(tiles)
    )
    .fetch_all(&mut *lent)
    .await?;
    lent.keep();
    // Each at its own place: of a tile that is missing or cut short the hashes are, and the entries are found to be removed.
    let bytes = usize::try_from(transparency_log::tile::WIDTH).unwrap_or_default() * transparency_log::hash::LENGTH;
    let mut leaves = Vec::new();
    for row in rows {
        let start = usize::try_from(row.index - first).unwrap_or_default() * bytes;
        leaves.resize(start, 0);
        leaves.extend_from_slice(&row.hashes);
    }
    Ok(leaves)
}

/// What is added to the log by one seal.
pub(super) struct Seal<'a> {
    pub origin: &'a str,
    pub from_size: u64,
    pub edge: Vec<u8>,
    pub ids: Vec<Uuid>,
    pub salts: Vec<Vec<u8>>,
    pub commitments: Vec<Vec<u8>>,
    pub tiles: Tiles,
    pub checkpoint: &'a str,
    pub now: DateTime<Utc>,
}

/// `false`: another replica sealed first, and nothing was done.
pub(super) async fn seal(tx: &mut Tx, seal: Seal<'_>) -> Result<bool, sqlx::Error> {
    let (mut levels, mut indexes, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (place, tile) in seal.tiles {
        levels.push(i32::try_from(place.level).unwrap_or(i32::MAX));
        indexes.push(i64::try_from(place.index).unwrap_or(i64::MAX));
        hashes.push(tile);
    }
    let is_first = sqlx::query_scalar!(
        r#"select kairos_seal_audit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) as "is_first!""#,
        seal.origin,
        i64::try_from(seal.from_size).unwrap_or(i64::MAX),
        seal.edge,
        &seal.ids,
        &seal.salts,
        &seal.commitments,
        &levels,
        &indexes,
        &hashes,
        seal.checkpoint,
        seal.now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(is_first)
}

/// Signed heads up to a size, the smaller first.
pub(super) async fn checkpoints(database: &Database) -> Result<Vec<(u64, String)>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let rows = sqlx::query!("select size, note from audit_checkpoints order by size").fetch_all(&mut *lent).await?;
    lent.keep();
    Ok(rows.into_iter().map(|row| (u64::try_from(row.size).unwrap_or_default(), row.note)).collect())
}

/// The newest signed head.
pub(super) async fn newest_checkpoint(executor: impl PgExecutor<'_>) -> Result<Option<(u64, String)>, sqlx::Error> {
    let row = sqlx::query!("select size, note from audit_checkpoints order by size desc limit 1").fetch_optional(executor).await?;
    Ok(row.map(|row| (u64::try_from(row.size).unwrap_or_default(), row.note)))
}

/// Of what size a copy was last kept at a destination, and when.
pub(super) async fn last_copy(database: &Database, destination: &str) -> Result<Option<(u64, DateTime<Utc>)>, sqlx::Error> {
    let mut lent = database.lend().await?;
    let row =
        sqlx::query!("select size, copied_at from audit_copies where destination = $1", destination).fetch_optional(&mut *lent).await?;
    lent.keep();
    Ok(row.and_then(|row| Some((u64::try_from(row.size?).ok()?, row.copied_at?))))
}

/// One was kept, or was not for this reason.
pub(super) async fn record_copy(
    database: &Database,
    destination: &str,
    size: u64,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let mut lent = database.lend().await?;
    sqlx::query!(
        "insert into audit_copies as c (destination, size, copied_at, failed_at, failure)
         values ($1, case when $3::text is null then $2::bigint end, case when $3::text is null then $4::timestamptz end,
                 case when $3::text is not null then $4::timestamptz end, $3)
         on conflict (destination) do update set
             size = coalesce(excluded.size, c.size), copied_at = coalesce(excluded.copied_at, c.copied_at),
             failed_at = coalesce(excluded.failed_at, c.failed_at), failure = coalesce(excluded.failure, c.failure)",
        destination,
        i64::try_from(size).unwrap_or(i64::MAX),
        failure,
        now
    )
    .execute(&mut *lent)
    .await?;
    lent.keep();
    Ok(())
}

/// What proves an entry, as JSON: the same as the page of the entry reads.
pub(super) async fn proof_rows(tx: &mut Tx, entry: Uuid) -> Result<Option<String>, sqlx::Error> {
    let row =
        sqlx::query_scalar!("select kairos_audit_proof(e.place)::text from audit_events e where e.id = $1 and e.place is not null", entry)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(row.flatten())
}
