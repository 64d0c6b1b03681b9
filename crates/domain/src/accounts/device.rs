//! A browser that signed in to an account before, or set its password by mail. What strangers try from elsewhere does not count against it
//! (OWASP Authentication Cheat Sheet, "device cookies").
//!
//! The text is `nonce, MAC` in base64url. The MAC (HMAC-SHA-256 over the nonce, the number of the password and the address's keyed hash, with
//! a key of the installation) ties it to one account and to the password it was made with: whoever had that one is a stranger after a reset.
//! The nonce is what its own tries are counted by. It opens nothing: the password is still needed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use types::UserId;

use super::{AccountError, store};
use crate::base::Deps;

const NONCE: usize = 16;
const LENGTH: usize = NONCE + 32;

/// What a browser of somebody who proved by mail who they are keeps to be known again.
pub async fn remember_device_of(deps: &Deps, user: UserId) -> Result<Option<String>, AccountError> {
    let mut tx = deps.database.begin(Some(user)).await?;
    Ok(store::find_own(&mut tx, user).await?.map(|own| make(deps, &own.email_hash, own.password_number)))
}

/// For a browser whose sign-in to this account succeeded.
pub(super) fn make(deps: &Deps, email_hash: &[u8], password_number: i32) -> String {
    let nonce: [u8; NONCE] = deps.chance.bytes();
    URL_SAFE_NO_PAD.encode([&nonce[..], &mac(deps, email_hash, password_number, &nonce)].concat())
}

fn mac(deps: &Deps, email_hash: &[u8], password_number: i32, nonce: &[u8]) -> [u8; 32] {
    deps.vault.link().hash("device", &[email_hash, &password_number.to_be_bytes(), nonce].concat())
}

/// What a browser that was let in keeps, and whether it was known: one that is keeps what it had.
pub(super) fn recognise(deps: &Deps, own: &store::OwnCredentials, kept: Option<String>) -> (String, bool) {
    let kept = kept.filter(|text| known(deps, &own.email_hash, own.password_number, text).is_some());
    let is_known = kept.is_some();
    (kept.unwrap_or_else(|| make(deps, &own.email_hash, own.password_number)), is_known)
}

/// The nonce of a text that this installation made for this account and its present password.
pub(super) fn known(deps: &Deps, email_hash: &[u8], password_number: i32, text: &str) -> Option<[u8; NONCE]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == LENGTH)?;
    let (nonce, given) = bytes.split_at(NONCE);
    bool::from(mac(deps, email_hash, password_number, nonce).ct_eq(given)).then(|| nonce.try_into().ok())?
}
