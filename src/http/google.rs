//! `GET /sign-in/google` and its way back, `GET /app/settings/security/google`: signing in with Google, and linking an account there.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Uri};
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
use super::second_factor::remember_proof;
use super::sign_in::{LOCKED, go_on, own_path};
use super::waiting;
use crate::middleware::{AddressPrefix, Caller};
use crate::state::AppState;

const SECURITY: &str = "/app/settings/security";
const CONFIRM: &str = "/app/settings/security/confirm";
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

/// Sends the browser to Google, to show once more who it is.
pub async fn begin_proof(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    session: Session,
    Query(onward): Query<Onward>,
) -> Response {
    let Some(user) = caller.identity.user else { return go_saying(SIGN_IN, Notice::SignInAgain) };
    let next = own_path(&onward.next);
    send_away(&state, &caller, &session, GooglePurpose::Prove { user, next }, CONFIRM).await
}

/// Sends the browser to Google, to link an account there.
pub async fn begin_link(State(state): State<AppState>, Extension(caller): Extension<Caller>, session: Session) -> Response {
    let Some(user) = caller.identity.user else { return go_saying(SIGN_IN, Notice::SignInAgain) };
    send_away(&state, &caller, &session, GooglePurpose::Link(user), SECURITY).await
}

async fn send_away(state: &AppState, caller: &Caller, session: &Session, purpose: GooglePurpose, from: &'static str) -> Response {
    match accounts::begin_google(&state.deps, &caller.op, purpose).await {
        Ok(Some((url, attempt))) => match waiting::leave(state, caller, session, ATTEMPT_KEY, attempt).await {
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
    let attempt = match waiting::take::<GoogleAttempt>(&state, &caller, ATTEMPT_KEY).await {
        Ok(attempt) => attempt,
        Err(error) => return failed(&error.into()),
    };
    let Some(attempt) = attempt else {
        state.deps.security_event(&caller.op, "oauth_state_refused", "medium");
        return go_saying(SIGN_IN, Notice::GoogleRefused);
    };
    let page = match &attempt.purpose {
        GooglePurpose::SignIn { .. } => format!("{SIGN_IN}?"),
        GooglePurpose::Link(_) => format!("{SECURITY}?"),
        // Where they were going is not lost by turning back.
        GooglePurpose::Prove { next, .. } => {
            format!("{CONFIRM}?{}&", url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish())
        }
    };
    // Who was sent away is who has come back, in the session they were sent away from.
    let is_back = |user| caller.identity.user == Some(user);
    let hash = caller.session_hash(&state.deps);
    let result = match accounts::identify_google(&state.deps, &attempt, back).await {
        Ok(identity) => match attempt.purpose {
            GooglePurpose::SignIn { next } => {
                let device = device::of(&state, &headers);
                match accounts::sign_in_with_google(&state.deps, &caller.op, &identity, device).await {
                    Ok(signed_in) => return go_on(&state, &caller, &session, &headers, prefix.as_ref(), signed_in, &next).await,
                    Err(problem) => Err(problem),
                }
            }
            GooglePurpose::Prove { user, next } if is_back(user) => {
                match accounts::prove_with_google(&state.deps, &caller.op, &identity).await {
                    Ok(()) => match remember_proof(&state, &caller).await {
                        Ok(()) => return go(&own_path(&next)),
                        Err(error) => {
                            tracing::error!(%error, "a proof could not be remembered");
                            return broken();
                        }
                    },
                    Err(problem) => Err(problem),
                }
            }
            GooglePurpose::Link(user) if is_back(user) => match &hash {
                Some(hash) => accounts::link_google(&state.deps, &caller.op, hash, &identity).await,
                None => Err(GoogleProblem::Notice(Notice::GoogleRefused)),
            },
            GooglePurpose::Link(_) | GooglePurpose::Prove { .. } => Err(GoogleProblem::Notice(Notice::GoogleRefused)),
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
            go(&format!("{page}notice={notice}"))
        }
        Err(GoogleProblem::Account(AccountError::Locked)) => {
            state.deps.security_event(&caller.op, "sign_in_to_locked", "medium");
            let extra = Extra::invalid(Fields::default().back(vec![("", LOCKED.to_owned())]));
            render(&state, &caller, &Uri::from_static(SIGN_IN), extra).await
        }
        Err(GoogleProblem::Account(error)) => failed(&error),
    }
}

/// The account at Google opens the person's no more.
pub async fn unlink(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    let Some(session) = caller.session_hash(&state.deps) else { return go(SECURITY) };
    match accounts::unlink_google(&state.deps, &caller.op, &session).await {
        Ok(()) => {
            security_event("google_unlinked", "medium");
            go_saying(SECURITY, Notice::GoogleUnlinked)
        }
        Err(GoogleProblem::Notice(notice)) => go_saying(SECURITY, notice),
        Err(GoogleProblem::Account(error)) => failed(&error),
    }
}

fn failed(error: &AccountError) -> Response {
    tracing::error!(%error, "signing in with Google failed");
    broken()
}
