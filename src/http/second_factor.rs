//! `/app/settings/security/totp…`, `…/recovery-codes` and `…/confirm`: an authenticator app, and showing once more who one is.

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError};
use domain::base::security_event;
use types::Notice;

use super::form::{Fields, go, go_saying};
use super::render::{Extra, broken, render};
use super::sign_in::own_path;
use super::waiting;
use crate::middleware::{Caller, PROVED_KEY};
use crate::state::AppState;

const HERE: &str = "/app/settings/security";
const CONFIRM: &str = "/app/settings/security/confirm";

/// Makes a secret for an app; the page shows it.
pub async fn begin(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match accounts::begin_totp(&state.deps, &caller.op).await {
        Ok(()) => go("/app/settings/security#h-factor"),
        Err(error) => failed(&error),
    }
}

/// The app's first code; the answer shows the recovery codes, once.
pub async fn confirm(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let Some(session) = caller.session_hash(&state.deps) else { return broken() };
    match accounts::confirm_totp(&state.deps, &caller.op, &session, &fields.secret("code")).await {
        Ok(codes) => {
            security_event("second_factor_added", "info");
            with_codes(&state, &caller, codes).await
        }
        Err(error) => refused(&state, &caller, HERE, &fields, &error).await,
    }
}

/// Other recovery codes, shown once.
pub async fn renew_codes(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match accounts::renew_recovery_codes(&state.deps, &caller.op).await {
        Ok(codes) => with_codes(&state, &caller, codes).await,
        Err(AccountError::Refused) => go(HERE),
        Err(error) => failed(&error),
    }
}

/// No second factor any more.
pub async fn remove(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match accounts::remove_totp(&state.deps, &caller.op).await {
        Ok(()) => {
            security_event("second_factor_removed", "medium");
            go_saying(HERE, Notice::SecondFactorRemoved)
        }
        Err(error) => failed(&error),
    }
}

/// Shows once more who it is; for fifteen minutes what needs that may be done.
pub async fn prove(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let (code, password) = (fields.secret("code"), fields.secret("password"));
    match accounts::prove_again(&state.deps, &caller.op, &state.hasher, &code, password).await {
        Ok(()) => {
            if let Err(error) = remember_proof(&state, &caller).await {
                tracing::error!(%error, "a proof could not be remembered");
                return broken();
            }
            go(&own_path(&fields.text("next")))
        }
        Err(error) => refused(&state, &caller, CONFIRM, &fields, &error).await,
    }
}

/// Writes it into the session if that is still there, beside whatever else is written there meanwhile.
pub(super) async fn remember_proof(state: &AppState, caller: &Caller) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let now = serde_json::to_value(state.deps.now())?;
    waiting::put(state, caller, PROVED_KEY, &now).await?;
    Ok(())
}

/// The page with what was just made and is shown this once.
pub(super) async fn with_codes(state: &AppState, caller: &Caller, codes: Vec<String>) -> Response {
    render(state, caller, &Uri::from_static(HERE), Extra { secrets: codes, ..Extra::default() }).await
}

async fn refused(state: &AppState, caller: &Caller, page: &'static str, fields: &Fields, error: &AccountError) -> Response {
    let (status, field, sentence) = match error {
        AccountError::Refused => {
            security_event("proof_refused", "medium");
            let (field, sentence) = if fields.has("password") {
                ("password", "This is not your password.")
            } else {
                ("code", "This code is not right, or it was used already. Wait for the next one, and look whether the phone's clock is.")
            };
            (StatusCode::UNPROCESSABLE_ENTITY, field, sentence.to_owned())
        }
        AccountError::Busy => {
            (StatusCode::TOO_MANY_REQUESTS, "", "Too many people are here right now. Try again in a few seconds.".to_owned())
        }
        AccountError::TooOften(too_often) => {
            let extra = Extra::limited(fields, *too_often, "proof_limited", "medium", "Too many were tried.");
            return render(state, caller, &Uri::from_static(page), extra).await;
        }
        error => return failed(error),
    };
    let extra = Extra { form: fields.back(vec![(field, sentence)]), status: Some(status), ..Extra::default() };
    render(state, caller, &Uri::from_static(page), extra).await
}

fn failed(error: &AccountError) -> Response {
    tracing::error!(%error, "a second factor could not be changed");
    broken()
}
