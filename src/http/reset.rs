//! `POST /forgot`, `POST /reset`

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError};
use tower_sessions::Session;
use types::Notice;

use super::form::{Fields, go, go_saying};
use super::render::{Extra, render};
use super::sign_up::explain;
use crate::middleware::Caller;
use crate::state::AppState;

/// Mails a link; says the same whether there is such an account or not.
pub async fn request(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    match accounts::request_reset(&state.deps, &caller.op, &fields.text("email")).await {
        Ok(()) => go("/forgot?sent=1"),
        Err(error) => {
            tracing::error!(%error, "a reset could not be begun");
            super::render::broken()
        }
    }
}

/// Sets the password and ends every session.
pub async fn post(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    session: Session,
    uri: Uri,
    fields: Fields,
) -> Response {
    let result = accounts::reset(&state.deps, &caller.op, &state.hasher, &fields.text("token"), fields.secret("password")).await;
    let (status, errors) = match result {
        Ok(_) => {
            let _ = session.flush().await;
            return go_saying("/sign-in", Notice::PasswordChanged);
        }
        Err(AccountError::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, explain(&problems)),
        Err(AccountError::Busy) => (
            StatusCode::TOO_MANY_REQUESTS,
            vec![("", "Too many people are here right now. Try again in a few seconds; the link still works.".to_owned())],
        ),
        Err(AccountError::Internal(error)) => {
            tracing::error!(%error, "a password could not be reset");
            return super::render::broken();
        }
        Err(_) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            vec![("token", "This link does not work any more: it was used before, or it is older than 30 minutes.".to_owned())],
        ),
    };
    render(&state, &caller, &uri, Extra { form: fields.back(errors), status: Some(status), ..Extra::default() }).await
}
