//! Sessions: kept under a keyed hash of their id, so that a copy of the table opens none.

use serde_json::Value;
use types::{Role, UserId};

use super::store;
use crate::base::{Deps, present_lookup};
use crate::vault::LookupHash;

/// A session that is alive.
#[derive(Debug, Clone)]
pub struct PresentSession {
    /// What the server keeps in it.
    pub data: Value,
    /// Whose it is.
    pub user: Option<UserId>,
    /// What that person may do, as of now: a change of roles takes effect at the next request.
    pub roles: Vec<Role>,
}

fn hash(deps: &Deps, id: &[u8]) -> LookupHash {
    deps.vault.session().hash("session", id)
}

/// The session of this id, if it lives (24 hours in all, 2 hours idle). One round trip.
pub async fn find(deps: &Deps, id: &[u8]) -> Result<Option<PresentSession>, sqlx::Error> {
    store::find_session(deps.database.pool(), &hash(deps, id), deps.now()).await
}

/// Stores a new session. `false`: the id is taken, make another.
pub async fn create(deps: &Deps, id: &[u8], user: Option<UserId>, data: &Value) -> Result<bool, sqlx::Error> {
    let (hash, now) = (hash(deps, id), deps.now());
    let mut tx = deps.database.begin(user).await?;
    present_lookup(&mut tx, &hash).await?;
    let made = store::insert_session(&mut tx, &hash, user, data, now).await?;
    tx.commit().await?;
    Ok(made)
}

/// Stores changed data. A session that was ended meanwhile is not brought back.
pub async fn save(deps: &Deps, id: &[u8], user: Option<UserId>, data: &Value) -> Result<(), sqlx::Error> {
    let hash = hash(deps, id);
    let mut tx = deps.database.begin(user).await?;
    present_lookup(&mut tx, &hash).await?;
    store::update_session(&mut tx, &hash, user, data).await?;
    tx.commit().await
}

/// Ends a session.
pub async fn delete(deps: &Deps, id: &[u8]) -> Result<(), sqlx::Error> {
    let hash = hash(deps, id);
    let mut tx = deps.database.begin(None).await?;
    present_lookup(&mut tx, &hash).await?;
    store::delete_session(&mut tx, &hash).await?;
    tx.commit().await
}
