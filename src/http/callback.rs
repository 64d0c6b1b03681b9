//! `GET /api/calendar/callback/{provider}`

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use domain::calendar::{self, ConnectProblem};
use providers::oauth::AuthorizeResponse;
use types::Notice;

use super::connect::provider;
use super::form::{go, go_saying};
use crate::middleware::{Caller, id_bytes};
use crate::state::AppState;

/// The way back from the provider. Lands on the settings page with what came of it.
pub async fn get(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Query(back): Query<AuthorizeResponse>,
) -> Response {
    let provider = match provider(&name, &caller) {
        Ok(provider) => provider,
        Err(response) => return response,
    };
    let Some(id) = caller.session else { return go_saying("/app/settings", Notice::StateForeign) };
    match calendar::finish(&state.deps, &caller.op, provider, &id_bytes(id), back).await {
        Ok(_) => go("/app/settings?connected=success"),
        Err(ConnectProblem::Notice(notice)) => {
            if matches!(notice, Notice::StateForeign | Notice::StateUsed) {
                state.deps.security_event(&caller.op, "oauth_state_refused", "medium");
            }
            go_saying("/app/settings", notice)
        }
        Err(ConnectProblem::Internal(error)) => {
            tracing::error!(%error, "a connection could not be completed");
            super::render::broken()
        }
    }
}
