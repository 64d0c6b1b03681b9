//! `GET /sign-in/google` and its way back, `GET /app/settings/security/google`: signing in with Google, and linking an account there.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError, GoogleAttempt, GoogleProblem, GooglePurpose};
use domain::base::security_event;
use providers::oauth::AuthorizeResponse;
use serde::Deserialize;
use tower_sessions::Session;
use types::Notice;

use super::device;
use super::form::{Fields, go, go_saying};
use super::render::{Extra, broken, render};
use super::sign_in::{LOCKED, go_on, own_path};
use crate::middleware::{AddressPrefix, Caller};
use crate::state::AppState;

const SECURITY: &str = "/app/settings/security";
const SIGN_IN: &str = "/sign-in";
/// Where it waits in the session that somebody is at Google.
const ATTEMPT_KEY: &str = "google";

/// Where somebody goes on to.
#[derive(Deserialize)]
pub struct Onward {
    #[serde(default)]
    next: String,
}

/// Sends the browser to Google, to sign in with an account there.
pub async fn begin(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    session: Session,
    Query(onward): Query<Onward>,
) -> Response {
    let next = own_path(&onward.next);
    send_away(&state, &caller, &session, GooglePurpose::SignIn { next }, SIGN_IN).await
}

/// Sends the browser to Google, to link an account there.
pub async fn begin_link(State(state): State<AppState>, Extension(caller): Extension<Caller>, session: Session) -> Response {
    let Some(user) = caller.identity.user else { return go_saying(SIGN_IN, Notice::SignInAgain) };
    if !caller.owns(&session).await {
        return go_saying(SIGN_IN, Notice::SignInAgain);
    }
    send_away(&state, &caller, &session, GooglePurpose::Link(user), SECURITY).await
}

async fn send_away(state: &AppState, caller: &Caller, session: &Session, purpose: GooglePurpose, from: &'static str) -> Response {
    match accounts::begin_google(&state.deps, &caller.op, purpose).await {
        Ok(Some((url, attempt))) => match session.insert(ATTEMPT_KEY, attempt).await {
            Ok(()) => go(&url),
            Err(error) => {
                tracing::error!(%error, "an attempt could not be kept");
                broken()
            }
        },
        Ok(None) => go_saying(from, Notice::GoogleDown),
        Err(AccountError::TooOften(too_often)) => {
            let extra = Extra::limited(&Fields::default(), too_often, "sign_in_limited", "medium", "Too many sign-ins were begun.");
            render(state, caller, &Uri::from_static(from), extra).await
        }
        Err(error) => failed(&error),
    }
}

/// The way back from Google.
pub async fn callback(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    prefix: Option<Extension<AddressPrefix>>,
    session: Session,
    headers: HeaderMap,
    Query(back): Query<AuthorizeResponse>,
) -> Response {
    // Answered once: a second way back finds nothing.
    let attempt = session.remove::<GoogleAttempt>(ATTEMPT_KEY).await.ok().flatten();
    let Some(attempt) = attempt else {
        state.deps.security_event(&caller.op, "oauth_state_refused", "medium");
        return go_saying(SIGN_IN, Notice::GoogleRefused);
    };
    let page = if matches!(attempt.purpose, GooglePurpose::Link(_)) { SECURITY } else { SIGN_IN };
    let result = match accounts::identify_google(&state.deps, &attempt, back).await {
        Ok(identity) => match attempt.purpose {
            GooglePurpose::SignIn { next } => {
                let device = device::of(&state, &headers);
                match accounts::sign_in_with_google(&state.deps, &caller.op, &identity, device).await {
                    Ok(signed_in) => return go_on(&state, &caller, &session, &headers, prefix.as_ref(), signed_in, &next).await,
                    Err(problem) => Err(problem),
                }
            }
            // Who was sent away is who has come back.
            GooglePurpose::Link(user) if caller.owns(&session).await && caller.identity.user == Some(user) => {
                accounts::link_google(&state.deps, &caller.op, &identity).await
            }
            GooglePurpose::Link(_) => Err(GoogleProblem::Notice(Notice::GoogleRefused)),
        },
        Err(problem) => Err(problem),
    };
    match result {
        Ok(()) => {
            security_event("google_linked", "info");
            go_saying(SECURITY, Notice::GoogleLinked)
        }
        Err(GoogleProblem::Notice(notice)) => {
            if notice == Notice::GoogleRefused {
                state.deps.security_event(&caller.op, "oauth_state_refused", "medium");
            }
            go_saying(page, notice)
        }
        Err(GoogleProblem::Account(AccountError::Locked)) => {
            state.deps.security_event(&caller.op, "sign_in_to_locked", "medium");
            let mut extra = Extra { status: Some(StatusCode::UNPROCESSABLE_ENTITY), ..Extra::default() };
            extra.form.errors.push(("", LOCKED.to_owned()));
            render(&state, &caller, &Uri::from_static(SIGN_IN), extra).await
        }
        Err(GoogleProblem::Account(error)) => failed(&error),
    }
}

/// The account at Google opens the person's no more.
pub async fn unlink(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match accounts::unlink_google(&state.deps, &caller.op).await {
        Ok(()) => {
            security_event("google_unlinked", "medium");
            go_saying(SECURITY, Notice::GoogleUnlinked)
        }
        Err(error) => failed(&error),
    }
}

fn failed(error: &AccountError) -> Response {
    tracing::error!(%error, "signing in with Google failed");
    broken()
}
