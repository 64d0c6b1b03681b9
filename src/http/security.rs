//! `POST /app/settings/security/password`, `…/sessions/end` and `…/sessions/end-others`

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError, Ended};
use domain::base::security_event;
use tower_sessions::Session;
use types::Notice;

use super::device;
use super::form::{Fields, go_saying};
use super::render::{Extra, broken, render};
use super::sign_in::begin_session;
use super::sign_up::explain;
use crate::middleware::{AddressPrefix, Caller};
use crate::state::AppState;

const HERE: &str = "/app/settings/security";

/// Sets another password; this browser stays signed in, all others do not.
pub async fn change_password(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    prefix: Option<Extension<AddressPrefix>>,
    session: Session,
    headers: HeaderMap,
    fields: Fields,
) -> Response {
    let Some(hash) = caller.session_hash(&state.deps) else { return broken() };
    if !caller.owns(&session).await {
        return go_saying("/sign-in", Notice::SignInAgain);
    }
    let (present, new) = (fields.secret("current_password"), fields.secret("password"));
    let (status, errors) = match accounts::change_password(&state.deps, &caller.op, &state.hasher, &hash, present, new).await {
        Ok(signed_in) => {
            let device = signed_in.device.clone();
            let browser = super::sign_in::browser(&headers, prefix.as_ref());
            if let Err(error) = begin_session(&state, &session, &signed_in, &browser, caller.identity.proved_at).await {
                tracing::error!(%error, "a session could not go on under another password");
                return broken();
            }
            security_event("password_changed", "info");
            return device::remember(&state, go_saying(HERE, Notice::OwnPasswordChanged), Some(device));
        }
        Err(AccountError::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, explain(&problems)),
        Err(AccountError::Refused) => {
            security_event("password_change_refused", "medium");
            (StatusCode::UNPROCESSABLE_ENTITY, vec![("current_password", "This is not your current password.".to_owned())])
        }
        Err(AccountError::Busy) => {
            (StatusCode::TOO_MANY_REQUESTS, vec![("", "Too many people are here right now. Try again in a few seconds.".to_owned())])
        }
        Err(AccountError::TooOften(too_often)) => {
            let extra = Extra::limited(&fields, too_often, "password_change_limited", "medium", "Too many passwords were tried.");
            return render(&state, &caller, &Uri::from_static(HERE), extra).await;
        }
        Err(error) => {
            tracing::error!(%error, "a password could not be changed");
            return broken();
        }
    };
    let extra = Extra { form: fields.back(errors), status: Some(status), ..Extra::default() };
    render(&state, &caller, &Uri::from_static(HERE), extra).await
}

/// Ends one session.
pub async fn end_session(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    match fields.text("session").parse() {
        Ok(label) => end(&state, &caller, Ended::One(label)).await,
        Err(_) => go_saying(HERE, Notice::SessionsEnded),
    }
}

/// Ends all sessions but this one.
pub async fn end_other_sessions(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    let Some(hash) = caller.session_hash(&state.deps) else { return broken() };
    end(&state, &caller, Ended::AllBut(hash)).await
}

async fn end(state: &AppState, caller: &Caller, which: Ended) -> Response {
    match accounts::end_sessions(&state.deps, &caller.op, which).await {
        Ok(_) => go_saying(HERE, Notice::SessionsEnded),
        Err(error) => {
            tracing::error!(%error, "sessions could not be ended");
            broken()
        }
    }
}
