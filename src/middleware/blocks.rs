//! Turns away whoever an admin blocked: by address, as a pseudonym, or by network. What probes ask stays answered.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use types::Problem;

use super::client_address::ClientAddress;
use super::errors::plain_page;
use super::{Pseudonym, problem, request_id};
use crate::routes::is_for_scripts;
use crate::state::AppState;

pub(super) async fn run(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (deps, parts) = (&state.deps, request.extensions());
    let (Some(ClientAddress(address)), Some(pseudonym)) = (parts.get::<ClientAddress>(), parts.get::<Pseudonym>()) else {
        return next.run(request).await;
    };
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz") || !deps.containment.is_blocked(*address, &pseudonym.0, deps.now()) {
        return next.run(request).await;
    }
    deps.security_event_from(Some(&pseudonym.0), "blocked", "medium");
    let request_id = request_id::text(parts);
    if is_for_scripts(path) { problem(Problem::Blocked, &request_id) } else { plain_page(Problem::Blocked, &request_id) }
}
