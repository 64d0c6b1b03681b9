//! `POST /builder/connect/calendly…`: a builder's account at Calendly.

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::base::security_event;
use domain::scheduling::{self, SchedulingError};
use providers::calendly::CalendlyError;
use types::Notice;

use super::form::{Fields, go, go_saying};
use super::render::{Extra, broken, render};
use crate::middleware::Caller;
use crate::state::AppState;

pub(super) const HERE: &str = "/builder/connect";

/// Connects an account with a token.
pub async fn connect(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let sentence = match scheduling::connect_calendly(&state.deps, &caller.op, fields.secret("access_token")).await {
        Ok(()) => {
            security_event("calendly_connected", "info");
            return go_saying(HERE, Notice::CalendlyConnected);
        }
        Err(SchedulingError::NoToken) => "Paste the token as Calendly showed it: one long line without spaces.",
        Err(SchedulingError::Taken) => "This Calendly account belongs to another builder here. Two would sell the same hours.",
        Err(SchedulingError::Calendly(error)) => explain(error),
        Err(SchedulingError::TooOften(too_often)) => {
            let extra = Extra::limited(&fields, too_often, "calendly_limited", "medium", "Too many tokens were tried.");
            return render(&state, &caller, &Uri::from_static(HERE), extra).await;
        }
        Err(error) => return failed(&error),
    };
    let extra = Extra::invalid(fields.back(vec![("access_token", sentence.to_owned())]));
    render(&state, &caller, &Uri::from_static(HERE), extra).await
}

const fn explain(error: CalendlyError) -> &'static str {
    match error {
        CalendlyError::TokenRefused => "Calendly does not know this token. Make a new one there, and paste it whole.",
        CalendlyError::ScopeMissing => "This token may not read what is needed. Make one with the scopes that are named below.",
        CalendlyError::ClientRefused => "Calendly refuses this installation itself. Tell whoever runs it.",
        CalendlyError::Forbidden => "Calendly does not let this account be read: its plan or its organization forbids it.",
        CalendlyError::RateLimited { .. } => "Calendly asks to wait, because this account was asked for much. Try again in a minute.",
        CalendlyError::Down => "Calendly does not answer just now. Nothing was kept; try again in a few minutes.",
        CalendlyError::Unreadable | CalendlyError::NotFound | CalendlyError::DoesNotFit => {
            "Calendly's answer could not be read. Nothing was kept; try again later."
        }
    }
}

/// Reads the account now.
pub async fn read(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match scheduling::read_again(&state.deps, &caller.op).await {
        Ok(()) => go_saying(HERE, Notice::CalendlyRead),
        // The page says what failed.
        Err(SchedulingError::Calendly(_)) => go_saying(HERE, Notice::CalendlyReadFailed),
        Err(SchedulingError::NotConnected) => go(HERE),
        Err(SchedulingError::TooOften(_)) => go_saying(HERE, Notice::SyncTooMany),
        Err(error) => failed(&error),
    }
}

/// Gives the account up here.
pub async fn disconnect(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match scheduling::disconnect_calendly(&state.deps, &caller.op).await {
        Ok(()) => go_saying(HERE, Notice::CalendlyDisconnected),
        Err(error) => failed(&error),
    }
}

pub(super) fn failed(error: &SchedulingError) -> Response {
    tracing::error!(%error, "an account at Calendly could not be connected, read or given up");
    broken()
}
