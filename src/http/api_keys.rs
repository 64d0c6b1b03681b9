//! `POST /app/settings/security/keys` and `…/keys/end`

use axum::Extension;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::api_keys::{self, ApiKeyError, ApiKeyProblem, Lifetime, MAX_KEYS, NewApiKey};
use domain::base::security_event;
use secrecy::ExposeSecret;
use types::Notice;

use super::form::{Fields, go_saying};
use super::render::{Extra, broken, render};
use crate::middleware::Caller;
use crate::state::AppState;

const HERE: &str = "/app/settings/security/keys";

/// Makes a key; the answer shows it, once.
pub async fn make(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let lifetime = Lifetime::ALL.into_iter().find(|lifetime| lifetime.days().to_string() == fields.text("days"));
    let new = NewApiKey {
        name: fields.text("name"),
        scopes: fields.all("scope").iter().filter_map(|text| text.parse().ok()).collect(),
        lifetime: lifetime.unwrap_or(Lifetime::Days90),
    };
    let extra = match api_keys::make_api_key(&state.deps, &caller.op, &caller.identity.roles, new).await {
        Ok(key) => {
            security_event("api_key_made", "info");
            Extra { secrets: vec![key.expose_secret().to_owned()], ..Extra::default() }
        }
        Err(ApiKeyError::Invalid(problem)) => {
            let error = match problem {
                ApiKeyProblem::Name => ("name", "Give it a name of 1 to 60 characters, so that you know later what it is for.".to_owned()),
                ApiKeyProblem::NameTaken => (
                    "name",
                    "You have a key of this name. If the form was sent twice, the first answer showed it; end that key if you lost it."
                        .to_owned(),
                ),
                ApiKeyProblem::Scopes => ("scope", "Choose at least one thing that it may read.".to_owned()),
                ApiKeyProblem::TooMany => ("", format!("You have {MAX_KEYS} keys, as many as there may be. End one that you do not need.")),
            };
            Extra::invalid(fields.back(vec![error]))
        }
        Err(error) => {
            tracing::error!(%error, "a key could not be made");
            return broken();
        }
    };
    render(&state, &caller, &Uri::from_static(HERE), extra).await
}

/// Ends a key.
pub async fn end(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let Ok(key) = fields.text("key").parse() else { return go_saying(HERE, Notice::ApiKeyEnded) };
    match api_keys::end_api_key(&state.deps, &caller.op, key).await {
        Ok(()) => go_saying(HERE, Notice::ApiKeyEnded),
        Err(error) => {
            tracing::error!(%error, "a key could not be ended");
            broken()
        }
    }
}
