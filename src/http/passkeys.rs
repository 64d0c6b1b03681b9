//! `POST /sf/passkey/…`: challenges, for the button of the page. `POST /app/settings/security/passkeys…` and `…/confirm/passkey`: what an
//! authenticator made of one.

use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::accounts::{self, AccountError, AuthenticationCeremony, Browser, RegistrationCeremony};
use domain::base::security_event;
use serde::Serialize;
use serde_json::Value;
use tower_sessions::Session;
use types::{Notice, Problem};

use super::form::{Fields, go, go_saying};
use super::render::{Extra, broken, render};
use super::second_factor::{remember_proof, with_codes};
use super::sign_in::own_path;
use super::waiting;
use crate::middleware::{Caller, problem, too_many};
use crate::state::AppState;

const HERE: &str = "/app/settings/security";
/// Where challenges wait in the session.
const REGISTRATION_KEY: &str = "new_passkey";
pub(super) const AUTHENTICATION_KEY: &str = "passkey";

/// A challenge for a new passkey of the person's.
pub async fn register_options(State(state): State<AppState>, Extension(caller): Extension<Caller>, session: Session) -> Response {
    let made = accounts::begin_registration(&state.deps, &caller.op).await;
    options(&state, &caller, &session, REGISTRATION_KEY, made).await
}

/// A challenge that any passkey may answer.
pub async fn authenticate_options(State(state): State<AppState>, Extension(caller): Extension<Caller>, session: Session) -> Response {
    let made = accounts::begin_authentication(&state.deps, &caller.op).await;
    options(&state, &caller, &session, AUTHENTICATION_KEY, made).await
}

async fn options<C: Serialize>(
    state: &AppState,
    caller: &Caller,
    session: &Session,
    key: &'static str,
    made: Result<Option<(Value, C)>, AccountError>,
) -> Response {
    let id = caller.op.request_id.to_string();
    match made {
        Ok(Some((options, ceremony))) => match waiting::leave(state, caller, session, key, ceremony).await {
            Ok(()) => Json(options).into_response(),
            Err(error) => {
                tracing::error!(%error, "a challenge could not be kept");
                problem(Problem::Internal, &id)
            }
        },
        Ok(None) => problem(Problem::NotFound, &id),
        Err(AccountError::TooOften(too_often)) => too_many(too_often.wait, &id),
        Err(error) => {
            tracing::error!(%error, "a challenge could not be made");
            problem(Problem::Internal, &id)
        }
    }
}

/// Keeps a new passkey; the answer shows the recovery codes, once, where there were none.
pub async fn register(State(state): State<AppState>, Extension(caller): Extension<Caller>, headers: HeaderMap, fields: Fields) -> Response {
    let Some(hash) = caller.session_hash(&state.deps) else { return broken() };
    let name = match fields.text("name").trim() {
        "" => {
            let program = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
            Browser::from_user_agent(program, None).program
        }
        name => name.to_owned(),
    };
    let ceremony = waiting::take::<RegistrationCeremony>(&state, &caller, REGISTRATION_KEY).await;
    let result = match ceremony.map_err(AccountError::from) {
        Err(error) => Err(error),
        Ok(Some(ceremony)) => {
            accounts::finish_registration(&state.deps, &caller.op, &hash, ceremony, &fields.text("credential"), &name).await
        }
        Ok(None) => Err(AccountError::Refused),
    };
    match result {
        Ok(codes) => {
            security_event("passkey_added", "info");
            if codes.is_empty() { go_saying(HERE, Notice::PasskeyAdded) } else { with_codes(&state, &caller, codes).await }
        }
        Err(AccountError::Refused) => {
            security_event("passkey_refused", "medium");
            let sentence = "This passkey could not be added: it came too late, or belongs to an account already. Try again.";
            let extra = Extra::invalid(fields.back(vec![("passkey", sentence.to_owned())]));
            render(&state, &caller, &Uri::from_static(HERE), extra).await
        }
        Err(error) => failed(&error),
    }
}

/// Takes one off the account.
pub async fn remove(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let (Ok(passkey), Some(session)) = (fields.text("passkey").parse(), caller.session_hash(&state.deps)) else { return go(HERE) };
    match accounts::remove_passkey(&state.deps, &caller.op, &session, passkey).await {
        Err(AccountError::Refused) => go_saying("/sign-in", Notice::SignInAgain),
        Ok(()) => {
            security_event("passkey_removed", "medium");
            go_saying(HERE, Notice::PasskeyRemoved)
        }
        Err(error) => failed(&error),
    }
}

/// Shows once more who it is, with a passkey.
pub async fn prove(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let ceremony = waiting::take::<AuthenticationCeremony>(&state, &caller, AUTHENTICATION_KEY).await;
    let result = match ceremony.map_err(AccountError::from) {
        Err(error) => Err(error),
        Ok(Some(ceremony)) => accounts::prove_with_passkey(&state.deps, &caller.op, ceremony, &fields.text("credential")).await,
        Ok(None) => Err(AccountError::Refused),
    };
    match result {
        Ok(()) => match remember_proof(&state, &caller).await {
            Ok(()) => go(&own_path(&fields.text("next"))),
            Err(error) => {
                tracing::error!(%error, "a proof could not be remembered");
                broken()
            }
        },
        Err(AccountError::Refused) => {
            security_event("proof_refused", "medium");
            let sentence = "This is no passkey of your account, or it came too late. Try again.";
            let extra = Extra::invalid(fields.back(vec![("", sentence.to_owned())]));
            render(&state, &caller, &Uri::from_static("/app/settings/security/confirm"), extra).await
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &AccountError) -> Response {
    tracing::error!(%error, "a passkey could not be changed or used");
    broken()
}
