//! `GET /sf/calendar/progress`: the server function behind the progress island.

use std::collections::HashMap;
use std::sync::Arc;

use app::context::{Form, PageContext};
use axum::Extension;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use types::Problem;

use crate::middleware::{Caller, problem};
use crate::state::AppState;

/// Hands the request to Leptos with what server functions need.
pub async fn get(State(state): State<AppState>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let names_one = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).any(|(name, _)| name == "connection");
    if !names_one {
        return problem(Problem::Malformed, &caller.op.request_id.to_string());
    }
    let context = PageContext {
        deps: state.deps.clone(),
        op: caller.op,
        user: caller.user,
        roles: caller.roles,
        site: Arc::clone(&state.site),
        query: HashMap::new(),
        form: Form::default(),
        outbox: Vec::new(),
    };
    leptos_axum::handle_server_fns_with_context(move || provide_context(context.clone()), request).await.into_response()
}
