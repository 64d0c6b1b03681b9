//! Lets the key of the configuration follow the one that has signed the log so far: the old one signs the new.

use serde_json::json;
use transparency_log::{Checkpoint, NoteError, Succession};

use super::{Action, AuditError, Event, append, key_from, origin, signing_key, store};
use crate::base::{Deps, Op};

/// How often the log may grow in between.
const TRIES: usize = 10;

/// Does it, if another key than the configured one signed the newest head and is among the older ones. Whether it had to be done.
///
/// # Errors
/// [`AuditError::KeyUnknown`]: it is not among them.
pub async fn succeed(deps: &Deps, op: &Op) -> Result<bool, AuditError> {
    let origin = origin(deps).await?;
    let key = signing_key(deps, &origin)?;
    let older = deps.settings.audit.older.iter().map(|seed| key_from(&origin, seed)).collect::<Result<Vec<_>, _>>()?;
    for _ in 0..TRIES {
        let mut tx = deps.begin(op).await?;
        let Some((_, note)) = store::newest_checkpoint(&mut *tx).await? else { return Ok(false) };
        // One that was changed is the sealer's business, and it says so.
        if Checkpoint::open(&note, key.verifier()).err() != Some(NoteError::NotSignedByKey) {
            return Ok(false);
        }
        let new = key.verifier().to_string();
        if store::successions(&mut *tx).await?.iter().any(|known| known.new_key == new) {
            return Ok(false);
        }
        let signed = older.iter().find_map(|old| Some((old, Checkpoint::open(&note, old.verifier()).ok()?)));
        let Some((old, head)) = signed else { return Err(AuditError::KeyUnknown) };
        let succession = store::NewSuccession {
            size: head.size,
            old_key: &old.verifier().to_string(),
            new_key: &new,
            note: &Succession::sign(head.size, head.root, old, &key),
            now: deps.now(),
        };
        if store::succeed(&mut tx, succession).await? {
            let detail = json!({ "old": old.verifier().fingerprint(), "new": key.verifier().fingerprint(), "size": head.size });
            append(&mut tx, deps, op, Event::of_installation(Action::AuditKeyFollowed).with(detail));
            tx.commit().await?;
            return Ok(true);
        }
    }
    Err(AuditError::Busy)
}
