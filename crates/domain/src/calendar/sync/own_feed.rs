//! How a person's own feed is known when it comes back through a calendar they connected.

use types::UserId;

use crate::base::Deps;

/// How every UID of a person's feed ends. Events that end so are Kairos' own words come back to the same person, and are not read. Keyed,
/// so that nobody else can write an event that is overlooked.
pub(in crate::calendar) fn uid_suffix(deps: &Deps, user: UserId) -> String {
    format!("@{}.feed.kairos", hexadecimal(&deps.vault.lookup().hash("feed uid", user.0.as_bytes())))
}

/// The first 16 bytes of a hash in hexadecimal digits.
pub(in crate::calendar) fn hexadecimal(hash: &[u8]) -> String {
    hex::encode(&hash[..hash.len().min(16)])
}
