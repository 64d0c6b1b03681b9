//! Who books: under a key of their own, found again by a keyed hash of their address.

use serde::{Deserialize, Serialize};
use types::{ClientId, UserId};
use zeroize::Zeroizing;

use super::BookingError;
use super::store;
use crate::accounts::Email;
use crate::base::{Deps, Tx};
use crate::vault::{DataKeyRow, PersonKey, Place, VaultError};

/// A client, as a builder knows them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

pub(super) fn key_place(client: ClientId) -> Place {
    Place::new("booking_clients", "wrapped", client.0)
}

fn client_place(client: ClientId) -> Place {
    Place::new("booking_clients", "client_sealed", client.0)
}

/// The client of this address with this builder, made on their first booking. What they are called is what they typed last.
pub(super) async fn known_in(tx: &mut Tx, deps: &Deps, builder: UserId, email: &Email, client: &Client) -> Result<ClientId, BookingError> {
    let hash = email.lookup_hash(deps);
    let plain = Zeroizing::new(serde_json::to_vec(client)?);
    if let Some((id, row)) = store::find_client(tx, builder, &hash).await? {
        let key = PersonKey::unwrap_at(deps, key_place(id), &row)?;
        store::set_client(tx, id, &key.seal(client_place(id), &plain, &*deps.chance)).await?;
        return Ok(id);
    }
    let id = ClientId(deps.new_id());
    let (key, row) = PersonKey::make_wrapped(deps, id.0, key_place(id));
    let sealed = key.seal(client_place(id), &plain, &*deps.chance);
    // Two first bookings of theirs at once: the other one made them.
    if store::insert_client(tx, id, builder, &hash, &row, &sealed, deps.now()).await? {
        return Ok(id);
    }
    store::find_client(tx, builder, &hash).await?.map(|(id, _)| id).ok_or(BookingError::NotFound)
}

/// Opens what is kept of a client.
pub(super) fn open(deps: &Deps, id: ClientId, row: &DataKeyRow, sealed: &[u8]) -> Result<(Client, PersonKey), VaultError> {
    let key = PersonKey::unwrap_at(deps, key_place(id), row)?;
    let plain = key.open(client_place(id), sealed)?;
    let client = serde_json::from_slice(&plain).map_err(|_| VaultError::Tampered)?;
    Ok((client, key))
}
