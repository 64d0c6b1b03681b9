//! Data keys that an older key of the keyring wraps are wrapped by the current one: then nothing needs the older any more.

use types::ClientId;
use uuid::Uuid;

use super::person::{client_key_place, person_key_place};
use super::{VaultError, seal, store};
use crate::base::{Deps, Tx};

/// What became of a part of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// Wrapped anew.
    pub done: usize,
    /// Those that no key of the keyring opens.
    pub unreadable: usize,
    /// The last that was looked at; nothing: there was none.
    pub last: Option<Uuid>,
}

/// Wraps a part of them anew: those after `after`, at most `most`. What changed meanwhile is left alone.
pub(crate) async fn rewrap_part(tx: &mut Tx, deps: &Deps, after: Option<Uuid>, most: i32) -> Result<Part, VaultError> {
    let (keyring, mut part) = (deps.vault.keyring(), Part::default());
    let current = keyring.current();
    let mut anew = Vec::new();
    for row in store::keys_to_rewrap(tx, current.id(), after, most).await? {
        part.last = Some(row.id);
        let place = if row.is_person { person_key_place(row.owner) } else { client_key_place(ClientId(row.id)) };
        let plain = keyring.find(&row.master_key_id).and_then(|key| seal::open(key.cipher(), row.id, place, &row.wrapped).ok());
        let Some(plain) = plain else {
            part.unreadable += 1;
            continue;
        };
        let wrapped = seal::seal(current.cipher(), row.id, place, &plain, &*deps.chance);
        anew.push((row, wrapped));
    }
    part.done = store::rewrap(tx, anew, current.id()).await?;
    Ok(part)
}
