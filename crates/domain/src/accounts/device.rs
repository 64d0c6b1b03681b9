//! A browser that signed in to an account before, or set its password by mail. What strangers try from elsewhere does not count against it
//! (OWASP Authentication Cheat Sheet, "device cookies").
//!
//! The text is `nonce, MAC` in base64url. The MAC (HMAC-SHA-256 over the nonce and the address's keyed hash, with a key of the installation)
//! ties it to one account; the nonce is what its own tries are counted by. It opens nothing: the password is still needed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use types::UserId;

use super::{AccountError, Email, store};
use crate::base::Deps;

const NONCE: usize = 16;
const LENGTH: usize = NONCE + 32;

/// What a browser keeps to be known again at the account of `email`; `None` when that is no address.
pub fn remember_device(deps: &Deps, email: &str) -> Option<String> {
    let email = Email::parse(email).ok()?;
    Some(make(deps, &email.lookup_hash(deps)))
}

/// The same for somebody who proved by mail who they are.
pub async fn remember_device_of(deps: &Deps, user: UserId) -> Result<Option<String>, AccountError> {
    let mut tx = deps.database.begin(Some(user)).await?;
    Ok(store::find_email_hash(&mut tx, user).await?.map(|hash| make(deps, &hash)))
}

fn make(deps: &Deps, email_hash: &[u8]) -> String {
    let nonce: [u8; NONCE] = deps.chance.bytes();
    URL_SAFE_NO_PAD.encode([&nonce[..], &mac(deps, email_hash, &nonce)].concat())
}

fn mac(deps: &Deps, email_hash: &[u8], nonce: &[u8]) -> [u8; 32] {
    deps.vault.link().hash("device", &[email_hash, nonce].concat())
}

/// The nonce of a text that this installation made for this account.
pub(super) fn known(deps: &Deps, email_hash: &[u8], text: &str) -> Option<[u8; NONCE]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LENGTH)?;
    let (nonce, given) = bytes.split_at(NONCE);
    bool::from(mac(deps, email_hash, nonce).ct_eq(given)).then(|| nonce.try_into().ok())?
}
