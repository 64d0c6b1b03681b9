//! The link to one booking: who has it is its client.

use types::BookingId;

use crate::base::Deps;
use crate::calendar::Entrance;
use crate::vault::LookupHash;

/// The unguessable part of the link. It is not kept: with the installation's key it can be made again for each mail.
pub(super) fn token(deps: &Deps, booking: BookingId) -> String {
    deps.vault.link().token("booking", booking.0.as_bytes())
}

/// By which the database knows it.
pub(super) fn token_hash(deps: &Deps, token: &str) -> LookupHash {
    deps.vault.lookup().hash("booking token", token.as_bytes())
}

/// The way in that a link is.
pub fn entrance(deps: &Deps, token: &str) -> Entrance {
    Entrance::Booking(token_hash(deps, token).to_vec())
}

/// The page of a booking for its client.
pub fn link(deps: &Deps, booking: BookingId) -> String {
    format!("{}/bookings/{}", deps.settings.public_url, token(deps, booking))
}
