//! Gives entries their places in the log and signs its head. Any replica may; the first one wins.

use transparency_log::tile::Tiles;
use transparency_log::{Checkpoint, Hash, Keys, Salt, SigningKey, Tree};

use super::store::{self, Seal};
use super::{AuditError, signing_key};
use crate::base::{Deps, security_event};

/// Entries of one seal, at most.
const AT_MOST: i32 = 2_000;

/// Seals what waits; returns how many entries that were. Fewer than wait when another replica was sealing at the same moment: the next look
/// finds the rest.
pub async fn seal(deps: &Deps) -> Result<usize, AuditError> {
    let mut sealed = 0;
    loop {
        let count = seal_some(deps).await?;
        sealed += count;
        if count < usize::try_from(AT_MOST).unwrap_or(usize::MAX) {
            return Ok(sealed);
        }
    }
}

/// Whether the tree is the one that was signed last. Whoever can change the database is not to have us sign what they made of it.
fn continues(keys: &Keys, tree: &Tree, newest: Option<&str>) -> bool {
    match newest.map(|note| keys.open(note)) {
        None => tree.size() == 0,
        Some(head) => head.is_ok_and(|head| (head.size, head.root) == (tree.size(), tree.root())),
    }
}

async fn seal_some(deps: &Deps) -> Result<usize, AuditError> {
    let mut tx = deps.database.begin(None).await?;
    // The tree first: if another replica seals in between, the tree has grown when this one wants to, whatever was read after it.
    let found = store::tree(&mut tx).await?;
    let rows = store::unsealed(&mut tx, AT_MOST).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (origin, mut tree) = found.unwrap_or_else(|| (deps.settings.audit.origin.clone(), Tree::default()));
    let key: SigningKey = signing_key(deps, &origin)?;
    let from_size = tree.size();
    let edge = Tiles::edge(from_size);
    let mut tiles: Tiles = store::tiles(&mut tx, &edge).await?;
    let newest = store::newest_checkpoint(&mut *tx).await?;
    let newest = newest.as_ref().map(|(_, note)| note.as_str());
    let mut keys = Keys::new(key.verifier().clone());
    if newest.is_some_and(|note| Checkpoint::open(note, key.verifier()).is_err()) {
        let known = store::successions(&mut *tx).await?;
        for succession in &known {
            // One that was changed ties nothing, and its heads are not accepted.
            let _ = keys.succession(&succession.note);
        }
        if keys.is_followed() {
            // Another replica was told the next key already: it seals.
            return Ok(0);
        }
    }
    if !continues(&keys, &tree, newest) || !edge.iter().all(|place| tiles.has_edge_of(*place, from_size)) {
        // Unless another replica sealed between the looks at the tree and at the rest.
        if store::tree(&mut tx).await?.map_or(0, |(_, present)| present.size()) != from_size {
            return Ok(0);
        }
        security_event("audit_log_changed", "high");
        tracing::error!("the audit log is not the one that was signed last, and is not signed any further");
        return Err(AuditError::Changed);
    }
    let (mut ids, mut salts, mut commitments) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        let salt: Salt = deps.chance.bytes();
        let commitment = row.personal().commitment(&salt);
        let leaf = Hash::of_leaf(row.entry(commitment).leaf().as_bytes());
        tiles.push(tree.size(), leaf);
        tree.push(leaf);
        ids.push(row.id);
        salts.push(salt.to_vec());
        commitments.push(commitment.0.to_vec());
    }
    let checkpoint = Checkpoint::sign(tree.size(), tree.root(), &key);
    let (count, now) = (ids.len(), deps.now());
    let seal = Seal { origin: &origin, from_size, edge: tree.edge_bytes(), ids, salts, commitments, tiles, checkpoint: &checkpoint, now };
    if !store::seal(&mut tx, seal).await? {
        return Ok(0);
    }
    tx.commit().await?;
    metrics::counter!("audit_entries_sealed_total").increment(u64::try_from(count).unwrap_or_default());
    Ok(count)
}
