//! `DELETE /api/calendar/disconnect` and the form of the page before it

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::calendar::{self, CalendarError, Disconnected, Which};
use serde::Deserialize;
use types::{Notice, Problem};

use super::connection::refuse;
use super::form::go_saying;
use crate::middleware::{Caller, problem};
use crate::state::AppState;

/// Which connections; without either, all.
#[derive(Deserialize)]
pub struct Parameters {
    provider: Option<String>,
    connection: Option<String>,
}

/// Removes connections, for scripts.
pub async fn delete(State(state): State<AppState>, Extension(caller): Extension<Caller>, Query(parameters): Query<Parameters>) -> Response {
    let request_id = caller.op.request_id.to_string();
    let which = match (parameters.connection.map(|text| text.parse()), parameters.provider.map(|text| text.parse())) {
        (Some(Ok(connection)), _) => Which::Connection(connection),
        (Some(Err(_)), _) => return problem(Problem::NotFound, &request_id),
        (None, Some(Ok(provider))) => Which::Provider(provider),
        (None, Some(Err(_))) => return problem(Problem::UnknownProvider, &request_id),
        (None, None) => Which::All,
    };
    match calendar::disconnect(&state.deps, &caller.op, which).await {
        Ok(Disconnected { removed, not_revoked, by_person_only }) => {
            Json(serde_json::json!({ "disconnected": removed, "not_revoked": not_revoked, "by_person_only": by_person_only }))
                .into_response()
        }
        Err(CalendarError::NotFound) => problem(Problem::NotFound, &request_id),
        Err(error) => {
            tracing::error!(%error, request_id, "a connection could not be removed");
            problem(Problem::Internal, &request_id)
        }
    }
}

/// Removes one connection, from its page.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(text): Path<String>) -> Response {
    let result = async {
        let id = text.parse().map_err(|_| CalendarError::NotFound)?;
        calendar::disconnect(&state.deps, &caller.op, Which::Connection(id)).await
    };
    match result.await {
        Ok(Disconnected { not_revoked: 0, by_person_only: 1.., .. }) => go_saying("/app/settings", Notice::DisconnectedByPersonOnly),
        Ok(Disconnected { not_revoked: 0, .. }) => go_saying("/app/settings", Notice::Disconnected),
        Ok(_) => go_saying("/app/settings", Notice::DisconnectedNotRevoked),
        Err(error) => refuse(&state, &caller, error),
    }
}
