//! `POST /verify`, `POST /verify/resend`

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::accounts::{self, AccountError};
use types::Notice;

use super::form::{Fields, go, go_saying};
use super::render::{Extra, render};
use super::reset::mails_too_often;
use crate::middleware::Caller;
use crate::state::AppState;

/// Uses a link up.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri, fields: Fields) -> Response {
    match accounts::verify(&state.deps, &caller.op, &fields.text("token")).await {
        Ok(_) => go_saying("/sign-in", Notice::EmailVerified),
        Err(AccountError::TooOften(too_often)) => {
            let extra = Extra::limited(&fields, too_often, "links_limited", "medium", "Too many links were tried from here.");
            render(&state, &caller, &uri, extra).await
        }
        Err(AccountError::Internal(error)) => {
            tracing::error!(%error, "an address could not be confirmed");
            super::render::broken()
        }
        Err(_) => {
            state.deps.security_event(&caller.op, "link_refused", "low");
            let errors = vec![(
                "token",
                "This link does not work any more: it was used before, or it is older than 24 hours. If you used it before, sign in."
                    .to_owned(),
            )];
            render(&state, &caller, &uri, Extra::invalid(fields.back(errors))).await
        }
    }
}

/// Mails a new link; says the same whether there is such an account or not.
pub async fn resend(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    match accounts::resend(&state.deps, &caller.op, &fields.text("email")).await {
        Ok(()) => go("/sign-up?sent=1"),
        Err(AccountError::TooOften(too_often)) => {
            render(&state, &caller, &Uri::from_static("/sign-in"), mails_too_often(&fields, too_often)).await
        }
        Err(error) => {
            tracing::error!(%error, "a link could not be sent again");
            super::render::broken()
        }
    }
}
