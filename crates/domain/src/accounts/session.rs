//! Sessions: kept under a keyed hash of their id, so that a copy of the table opens none.

use serde_json::Value;
use types::UserId;

use super::{Identity, session_hash, store};
use crate::base::{Deps, present_lookup};

/// A session that is alive.
#[derive(Debug, Clone)]
pub struct PresentSession {
    /// What the server keeps in it.
    pub data: Value,
    /// Whose it is.
    pub identity: Identity,
}

/// The session of this id, if it lives (24 hours in all, 2 hours idle). One round trip.
pub async fn find(deps: &Deps, id: &[u8]) -> Result<Option<PresentSession>, sqlx::Error> {
    store::find_session(&deps.database, &session_hash(deps, id), deps.now()).await
}

/// Stores a new session. `false`: the id is taken, make another.
pub async fn create(deps: &Deps, id: &[u8], user: Option<UserId>, data: &Value) -> Result<bool, sqlx::Error> {
    let (hash, now) = (session_hash(deps, id), deps.now());
    let mut tx = deps.database.begin(user).await?;
    present_lookup(&mut tx, &hash).await?;
    let made = store::insert_session(&mut tx, &hash, user, data, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// Stores changed data. A session that was ended meanwhile is not brought back.
pub async fn save(deps: &Deps, id: &[u8], user: Option<UserId>, data: &Value) -> Result<(), sqlx::Error> {
    let hash = session_hash(deps, id);
    let mut tx = deps.database.begin(user).await?;
    present_lookup(&mut tx, &hash).await?;
    store::update_session(&mut tx, &hash, user, data).await?;
    tx.commit().await
}

/// Writes one entry of a session that lives, beside whatever else is written there. `false`: it is over.
pub async fn put_in_session(deps: &Deps, id: &[u8], user: Option<UserId>, key: &str, value: &Value) -> Result<bool, sqlx::Error> {
    let hash = session_hash(deps, id);
    let mut tx = deps.database.begin(user).await?;
    present_lookup(&mut tx, &hash).await?;
    let is_written = store::put_in_session(&mut tx, &hash, key, value, deps.now()).await?;
    tx.commit().await?;
    Ok(is_written)
}

/// Takes one entry out of a session that lives. Of two who ask at the same time one gets it.
pub async fn take_from_session(deps: &Deps, id: &[u8], user: Option<UserId>, key: &str) -> Result<Option<Value>, sqlx::Error> {
    let hash = session_hash(deps, id);
    let mut tx = deps.database.begin(user).await?;
    present_lookup(&mut tx, &hash).await?;
    let taken = store::take_from_session(&mut tx, &hash, key, deps.now()).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Ends a session.
pub async fn delete(deps: &Deps, id: &[u8]) -> Result<(), sqlx::Error> {
    let hash = session_hash(deps, id);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    store::delete_session(&mut tx, &hash).await?;
    tx.commit().await?;
    deps.rows.remove(&hash);
    Ok(())
}
