//! `GET /api/calendar/connect/{provider}`

use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::calendar::{self, ConnectProblem};
use types::{Notice, Problem, Provider};

use super::form::{go, go_saying};
use crate::middleware::{Caller, id_bytes, problem};
use crate::state::AppState;

/// The provider of the path, if it is one that OAuth connects.
pub(super) fn provider(text: &str, caller: &Caller) -> Result<Provider, Response> {
    match text.parse() {
        Ok(provider @ (Provider::Google | Provider::Outlook)) => Ok(provider),
        _ => Err(problem(Problem::UnknownProvider, &caller.op.request_id.to_string())),
    }
}

/// Sends the browser to the provider's consent page.
pub async fn get(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(name): Path<String>) -> Response {
    let provider = match provider(&name, &caller) {
        Ok(provider) => provider,
        Err(response) => return response,
    };
    let Some(id) = caller.session else { return go_saying("/app/settings", Notice::StateForeign) };
    match calendar::start(&state.deps, &caller.op, provider, &id_bytes(id), None).await {
        Ok(url) => go(&url),
        Err(ConnectProblem::Notice(notice)) => go_saying("/app/settings", notice),
        Err(ConnectProblem::Internal(error)) => {
            tracing::error!(%error, "a connection could not be begun");
            super::render::broken()
        }
    }
}
