//! Passkeys (WebAuthn Level 3): a key that stays in the person's device, phone or password manager, and is used after a finger, a face or a PIN.
//! One opens the account by itself, for it is two factors in one; a password is still there for browsers without it.
//!
//! A ceremony has two requests: the first makes a challenge, which waits in the session; the second brings what the authenticator made of it.

mod prove;
mod register;
mod remove;
mod sign_in;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use types::UserId;
use uuid::Uuid;
use webauthn_rs::prelude::{AuthenticationResult, DiscoverableAuthentication, Passkey, PublicKeyCredential, Url};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use super::store::PasskeyRow;
use super::{AccountError, cause, store};
use crate::base::{Deps, Op, Tx};
use crate::limits::{self, Limit};
use crate::vault::{LookupHash, PersonKey, Place};

pub use prove::prove_with_passkey;
pub use register::{RegistrationCeremony, begin_registration, finish_registration};
pub use remove::remove_passkey;
pub use sign_in::{PasskeySignIn, sign_in_with_passkey};

/// As many as a person may have.
pub const MAX_PASSKEYS: usize = 20;
/// How long a challenge waits for its answer; the browser is told to give up after as long.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// A challenge that any passkey of this site may answer, and when it was made. Waits in the session.
#[derive(Debug, Serialize, Deserialize)]
pub struct AuthenticationCeremony {
    state: DiscoverableAuthentication,
    since: DateTime<Utc>,
}

/// Makes a challenge. The first part is for the browser, as `PublicKeyCredential.parseRequestOptionsFromJSON()` reads it. `None`: no passkey
/// can be made for this site.
pub async fn begin_authentication(deps: &Deps, op: &Op) -> Result<Option<(Value, AuthenticationCeremony)>, AccountError> {
    let Some(party) = relying_party(deps) else { return Ok(None) };
    limits::take_for_client(deps, op, Limit::SignInsBegunFromAddress).await??;
    let (challenge, state) = party.start_discoverable_authentication().map_err(cause::Source::from)?;
    let options = serde_json::to_value(challenge.public_key).map_err(cause::Source::from)?;
    Ok(Some((options, AuthenticationCeremony { state, since: deps.now() })))
}

/// Whether passkeys can be made for this site: not where its address is that of a machine instead of a name.
pub fn has_passkeys(deps: &Deps) -> bool {
    relying_party(deps).is_some()
}

/// Kairos, as authenticators know it: the host of `PUBLIC_URL`, and the one origin that may ask.
fn relying_party(deps: &Deps) -> Option<Webauthn> {
    let origin = Url::parse(&deps.settings.public_url).ok()?;
    let host = origin.domain()?;
    let timeout = PATIENCE.to_std().ok()?;
    WebauthnBuilder::new(host, &origin).ok()?.rp_name("Kairos").timeout(timeout).build().ok()
}

fn credential_hash(deps: &Deps, credential_id: &[u8]) -> LookupHash {
    deps.vault.lookup().hash("passkey", credential_id)
}

fn credential_place(passkey: Uuid) -> Place {
    Place::new("passkeys", "credential_sealed", passkey)
}

/// What a person calls one of theirs; `None` when the key to it is missing.
pub(super) fn open_name(key: &PersonKey, passkey: Uuid, sealed: &[u8]) -> Option<String> {
    key.open_text(Place::new("passkeys", "name_sealed", passkey), sealed).ok()
}

fn open_credential(key: &PersonKey, row: &PasskeyRow) -> Option<Passkey> {
    let plain = key.open(credential_place(row.id), &row.credential_sealed).ok()?;
    serde_json::from_slice(&plain).ok()
}

fn seal_credential(deps: &Deps, key: &PersonKey, id: Uuid, passkey: &Passkey) -> Result<Vec<u8>, AccountError> {
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(passkey).map_err(cause::Source::from)?);
    Ok(key.seal(credential_place(id), &plain, &*deps.chance))
}

/// What an authenticator made of a challenge, and whose it says it is. That is not known to be true yet.
struct Assertion {
    credential: PublicKeyCredential,
    user: UserId,
}

impl Assertion {
    /// Out of `PublicKeyCredential.toJSON()`.
    fn parse(text: &str) -> Option<Self> {
        let credential: PublicKeyCredential = serde_json::from_str(text).ok()?;
        let handle = Uuid::from_slice(credential.get_user_unique_id()?).ok()?;
        Some(Self { credential, user: UserId(handle) })
    }

    /// The passkey of that person's, as whom `tx` acts, with which it answers the challenge. That it was used is written down.
    async fn verify(self, tx: &mut Tx, deps: &Deps, ceremony: AuthenticationCeremony) -> Result<Option<PasskeyRow>, AccountError> {
        if deps.now() - ceremony.since > PATIENCE {
            return Ok(None);
        }
        let hash = credential_hash(deps, self.credential.get_credential_id());
        let Some(party) = relying_party(deps) else { return Ok(None) };
        let Some(row) = store::find_passkey(tx, self.user, &hash).await? else { return Ok(None) };
        let key = PersonKey::load_in(tx, deps, self.user).await?;
        let Some(mut passkey) = open_credential(&key, &row) else { return Ok(None) };
        match party.finish_discoverable_authentication_v2(&self.credential, ceremony.state, &passkey) {
            Ok(result) => {
                note_use(tx, deps, &key, &row, &mut passkey, &result).await?;
                Ok(Some(row))
            }
            Err(error) => {
                tracing::info!(%error, "a passkey was refused");
                Ok(None)
            }
        }
    }
}

/// The counter of an authenticator that counts goes on from here: one that is used with a lower number is a copy.
async fn note_use(
    tx: &mut Tx,
    deps: &Deps,
    key: &PersonKey,
    row: &PasskeyRow,
    passkey: &mut Passkey,
    result: &AuthenticationResult,
) -> Result<(), AccountError> {
    let is_changed = passkey.update_credential(result).unwrap_or_default();
    let sealed = if is_changed { Some(seal_credential(deps, key, row.id, passkey)?) } else { None };
    store::note_passkey_use(tx, row.id, sealed.as_deref(), deps.now()).await?;
    Ok(())
}
