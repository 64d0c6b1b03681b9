//! A person adds a passkey to their account.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use webauthn_rs::prelude::{CredentialID, PasskeyRegistration, RegisterPublicKeyCredential};
use webauthn_rs_proto::ResidentKeyRequirement;

use super::{MAX_PASSKEYS, PATIENCE, credential_hash, open_credential, relying_party, seal_credential};
use crate::accounts::cause::Source;
use crate::accounts::store::NewPasskey;
use crate::accounts::{AccountError, Recipient, person, second_factor, store};
use crate::base::{Deps, Op};
use crate::jobs::SignInChange;
use crate::vault::{LookupHash, PersonKey, Place};

/// The longest name, in characters.
const MAX_NAME: usize = 60;

/// A challenge for one person's new passkey, and when it was made. Waits in the session.
#[derive(Debug, Serialize, Deserialize)]
pub struct RegistrationCeremony {
    state: PasskeyRegistration,
    since: DateTime<Utc>,
}

/// Makes a challenge. The first part is for the browser, as `PublicKeyCredential.parseCreationOptionsFromJSON()` reads it. `None`: no passkey can
/// be made for this site, or the person has as many as anybody may have.
pub async fn begin_registration(deps: &Deps, op: &Op) -> Result<Option<(Value, RegistrationCeremony)>, AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let Some(party) = relying_party(deps) else { return Ok(None) };
    let mut tx = deps.database.begin(Some(user)).await?;
    let row = store::find_recipient(&mut tx, user).await?.ok_or(AccountError::Refused)?;
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let rows = store::list_passkeys(&mut tx, user).await?;
    tx.rollback().await?;
    if rows.len() >= MAX_PASSKEYS {
        return Ok(None);
    }
    // An authenticator that holds one of these makes no other: what would the person do with two.
    let present: Vec<CredentialID> =
        rows.iter().filter_map(|row| open_credential(&key, row)).map(|passkey| passkey.cred_id().clone()).collect();
    let Recipient { name, email } = person::open_recipient(&key, user, &row);
    let account = email.unwrap_or_else(|| "your account".to_owned());
    let shown = name.unwrap_or_else(|| account.clone());
    let (mut challenge, state) = party.start_passkey_registration(user.0, &account, &shown, Some(present)).map_err(Source::from)?;
    // The browser finds it without being told whose it looks for.
    if let Some(selection) = &mut challenge.public_key.authenticator_selection {
        selection.resident_key = Some(ResidentKeyRequirement::Required);
        selection.require_resident_key = true;
    }
    let options = serde_json::to_value(challenge.public_key).map_err(Source::from)?;
    Ok(Some((options, RegistrationCeremony { state, since: deps.now() })))
}

/// Keeps the passkey that an authenticator made, `credential` as `PublicKeyCredential.toJSON()` writes it. From here on a second factor is asked
/// for at sign-in; the answer are recovery codes, which are shown once, or none if there were some already. `Refused`: it answers another
/// challenge, or belongs to an account already.
pub async fn finish_registration(
    deps: &Deps,
    op: &Op,
    session: &LookupHash,
    ceremony: RegistrationCeremony,
    credential: &str,
    name: &str,
) -> Result<Vec<String>, AccountError> {
    let user = op.user().ok_or(AccountError::Refused)?;
    let party = relying_party(deps).ok_or(AccountError::Refused)?;
    let made: RegisterPublicKeyCredential = serde_json::from_str(credential).map_err(|_| AccountError::Refused)?;
    if deps.now() - ceremony.since > PATIENCE {
        return Err(AccountError::Refused);
    }
    let passkey = party.finish_passkey_registration(&made, &ceremony.state).map_err(|error| {
        tracing::info!(%error, "a new passkey was refused");
        AccountError::Refused
    })?;
    let id = deps.new_id();
    let mut tx = deps.begin(op).await?;
    // As many as are counted here stay as many until the end.
    store::lock_in(&mut tx, user).await?;
    if !store::hold_session(&mut tx, user, session).await? {
        return Err(AccountError::Refused);
    }
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    let name: String = name.trim().chars().filter(|letter| !letter.is_control()).take(MAX_NAME).collect();
    let new = NewPasskey {
        id,
        user,
        credential_hash: &credential_hash(deps, passkey.cred_id()),
        credential_sealed: &seal_credential(deps, &key, id, &passkey)?,
        name_sealed: &key.seal(Place::new("passkeys", "name_sealed", id), name.as_bytes(), &*deps.chance),
        now: deps.now(),
    };
    if store::list_passkeys(&mut tx, user).await?.len() >= MAX_PASSKEYS || !store::insert_passkey(&mut tx, &new).await? {
        return Err(AccountError::Refused);
    }
    let (codes, ended) = second_factor::first_of_person(&mut tx, deps, user, session).await?;
    second_factor::changed(&mut tx, deps, op, user, SignInChange::PasskeyAdded).await?;
    tx.commit().await?;
    deps.rows.remove_all(&ended);
    Ok(codes)
}
