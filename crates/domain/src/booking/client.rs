//! Who books: under a key of their own, found again by a keyed hash of their address.

use providers::calendly::Answer;
use serde::{Deserialize, Serialize};
use types::{BookingId, ClientId, UserId};
use zeroize::Zeroizing;

use super::BookingError;
use super::store::{self, BookingRow, ClientRow};
use crate::accounts::Email;
use crate::base::{Deps, Tx};
use crate::vault::{PersonKey, Place, VaultError, client_key_place};

/// A client, as a builder knows them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// What they are called.
    pub name: String,
    /// Their address.
    pub email: String,
    /// What they said to what the event type asks.
    #[serde(default)]
    pub answers: Vec<Answer>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

/// Each booking says for itself who it is for: nobody is renamed by somebody who knows their address.
fn client_place(booking: BookingId) -> Place {
    Place::new("bookings", "client_sealed", booking.0)
}

/// The client of this address with this builder and their key, made on their first booking.
pub(super) async fn known_in(tx: &mut Tx, deps: &Deps, builder: UserId, email: &Email) -> Result<(ClientId, PersonKey), BookingError> {
    let hash = email.lookup_hash(deps);
    if let Some((id, row)) = store::find_client(tx, builder, &hash).await? {
        return Ok((id, PersonKey::unwrap_at(deps, client_key_place(id), &row)?));
    }
    let id = ClientId(deps.new_id());
    let (key, row) = PersonKey::make_wrapped(deps, id.0, client_key_place(id));
    if store::insert_client(tx, id, builder, &hash, &row, deps.now()).await? {
        return Ok((id, key));
    }
    // Two first bookings of theirs at once: the other one made them.
    let (id, row) = store::find_client(tx, builder, &hash).await?.ok_or(BookingError::NotFound)?;
    Ok((id, PersonKey::unwrap_at(deps, client_key_place(id), &row)?))
}

/// Seals who a booking is for.
pub(super) fn seal(deps: &Deps, key: &PersonKey, booking: BookingId, client: &Client) -> Result<Vec<u8>, BookingError> {
    let plain = Zeroizing::new(serde_json::to_vec(client)?);
    Ok(key.seal(client_place(booking), &plain, &*deps.chance))
}

/// Opens who a booking is for; with it comes their key.
pub(super) fn open(deps: &Deps, row: &ClientRow, booking: BookingId) -> Result<(Client, PersonKey), VaultError> {
    let key = PersonKey::unwrap_at(deps, client_key_place(row.id), &row.key)?;
    let plain = key.open(client_place(booking), &row.client_sealed)?;
    let client = serde_json::from_slice(&plain).map_err(|_| VaultError::Tampered)?;
    Ok((client, key))
}

/// The same of a booking that was read.
pub(super) async fn of(tx: &mut Tx, deps: &Deps, row: &BookingRow) -> Result<(Client, PersonKey), BookingError> {
    let sealed = store::client_of(tx, row.id).await?.ok_or(BookingError::NotFound)?;
    Ok(open(deps, &sealed, row.id)?)
}
