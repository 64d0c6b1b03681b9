//! `POST /forgot`, `POST /reset`

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError};
use domain::limits::TooOften;
use tower_sessions::Session;
use types::Notice;

use super::device;
use super::form::{Fields, go, go_saying};
use super::render::{Extra, render};
use super::sign_up::explain;
use crate::middleware::Caller;
use crate::state::AppState;

/// Mails a link; says the same whether there is such an account or not.
pub async fn request(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri, fields: Fields) -> Response {
    match accounts::request_reset(&state.deps, &caller.op, &fields.text("email")).await {
        Ok(()) => go("/forgot?sent=1"),
        Err(AccountError::TooOften(too_often)) => render(&state, &caller, &uri, mails_too_often(&fields, too_often)).await,
        Err(error) => {
            tracing::error!(%error, "a reset could not be begun");
            super::render::broken()
        }
    }
}

/// The form of a mail that this client had sent too often already.
pub(super) fn mails_too_often(fields: &Fields, too_often: TooOften) -> Extra {
    Extra::limited(
        fields,
        too_often,
        "account_mails_limited",
        "medium",
        "Too many mails were asked for from here. Nothing was sent this time.",
    )
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
        Ok(user) => {
            let _ = session.flush().await;
            // Whoever set a password by mail is known from here on, however many strangers guess at it.
            let device = accounts::remember_device_of(&state.deps, user).await.unwrap_or_default();
            return device::remember(&state, go_saying("/sign-in", Notice::PasswordChanged), device);
        }
        Err(AccountError::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, explain(&problems)),
        Err(AccountError::Busy) => (
            StatusCode::TOO_MANY_REQUESTS,
            vec![("", "Too many people are here right now. Try again in a few seconds; the link still works.".to_owned())],
        ),
        Err(AccountError::TooOften(too_often)) => {
            let extra =
                Extra::limited(&fields, too_often, "new_passwords_limited", "medium", "Too many new passwords were sent from here.");
            return render(&state, &caller, &uri, extra).await;
        }
        Err(AccountError::Internal(error)) => {
            tracing::error!(%error, "a password could not be reset");
            return super::render::broken();
        }
        Err(_) => {
            state.deps.security_event(&caller.op, "link_refused", "low");
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                vec![("token", "This link does not work any more: it was used before, or it is older than 30 minutes.".to_owned())],
            )
        }
    };
    render(&state, &caller, &uri, Extra { form: fields.back(errors), status: Some(status), ..Extra::default() }).await
}
