//! Something that waits in the browser's session for its next step. It is written beside whatever else is written there, and taken out once: of two
//! requests at the same time one gets it.

use domain::accounts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower_sessions::Session;

use crate::middleware::{Caller, id_bytes};
use crate::state::AppState;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Leaves it in the session that the browser brought, or in a new one.
pub(super) async fn leave(
    state: &AppState,
    caller: &Caller,
    session: &Session,
    key: &'static str,
    value: impl Serialize,
) -> Result<(), Failure> {
    let value = serde_json::to_value(value)?;
    if put(state, caller, key, &value).await? {
        return Ok(());
    }
    session.insert(key, value).await?;
    session.save().await?;
    Ok(())
}

/// Writes it into the session that the browser brought. `false`: that is over.
pub(super) async fn put(state: &AppState, caller: &Caller, key: &'static str, value: &serde_json::Value) -> Result<bool, sqlx::Error> {
    let Some(id) = caller.session else { return Ok(false) };
    accounts::put_in_session(&state.deps, &id_bytes(id), caller.identity.user, key, value).await
}

/// Takes it out. `None`: there is none, or what is there is something else.
pub(super) async fn take<T: DeserializeOwned>(state: &AppState, caller: &Caller, key: &'static str) -> Result<Option<T>, sqlx::Error> {
    let Some(id) = caller.session else { return Ok(None) };
    let taken = accounts::take_from_session(&state.deps, &id_bytes(id), caller.identity.user, key).await?;
    Ok(taken.and_then(|value| serde_json::from_value(value).ok()))
}
