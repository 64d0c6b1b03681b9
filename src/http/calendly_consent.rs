//! `GET /builder/connect/calendly/begin` and its way back: a builder's account at Calendly by consent.

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use domain::base::security_event;
use domain::scheduling::{self, CalendlyAttempt, ConsentProblem, SchedulingError};
use providers::calendly::CalendlyError;
use providers::oauth::AuthorizeResponse;
use types::Notice;

use super::calendly::{HERE, failed};
use super::form::{go, go_saying};
use super::waiting;
use crate::middleware::Caller;
use crate::state::AppState;

/// Where it waits in the session that somebody is at Calendly.
const ATTEMPT_KEY: &str = "calendly";

/// Sends the browser to Calendly's consent page.
pub async fn begin(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match scheduling::begin_calendly(&state.deps, &caller.op).await {
        Ok(Some((url, attempt))) => match waiting::put(&state, &caller, ATTEMPT_KEY, &serde_json::json!(attempt)).await {
            Ok(true) => go(&url),
            Ok(false) => go_saying("/sign-in", Notice::SignInAgain),
            Err(error) => failed(&error.into()),
        },
        Ok(None) => go_saying(HERE, Notice::NotConfigured),
        Err(SchedulingError::TooOften(_)) => go_saying(HERE, Notice::TooManyConsents),
        Err(error) => failed(&error),
    }
}

/// The way back from it.
pub async fn callback(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(back): Query<AuthorizeResponse>,
) -> Response {
    // Answered once: a second way back finds nothing.
    let attempt = match waiting::take::<CalendlyAttempt>(&state, &caller, ATTEMPT_KEY).await {
        Ok(attempt) => attempt,
        Err(error) => return failed(&error.into()),
    };
    let notice = match attempt {
        None => Notice::StateForeign,
        Some(attempt) => match scheduling::finish_calendly(&state.deps, &caller.op, &attempt, back).await {
            Ok(()) => {
                security_event("calendly_connected", "info");
                Notice::CalendlyConnected
            }
            Err(ConsentProblem::Notice(notice)) => notice,
            Err(ConsentProblem::Scheduling(SchedulingError::Taken)) => Notice::CalendlyTaken,
            Err(ConsentProblem::Scheduling(SchedulingError::Calendly(error))) => explain(error),
            Err(ConsentProblem::Scheduling(error)) => return failed(&error),
        },
    };
    if notice == Notice::StateForeign {
        state.deps.security_event(&caller.op, "oauth_state_refused", "medium");
    }
    go_saying(HERE, notice)
}

const fn explain(error: CalendlyError) -> Notice {
    match error {
        CalendlyError::TokenRefused => Notice::CodeRefused,
        CalendlyError::ClientRefused => Notice::CalendlyClientRefused,
        CalendlyError::ScopeMissing | CalendlyError::Forbidden => Notice::CalendlyScopes,
        CalendlyError::RateLimited { .. }
        | CalendlyError::Down
        | CalendlyError::Unreadable
        | CalendlyError::NotFound
        | CalendlyError::DoesNotFit => Notice::CalendlyDown,
    }
}
