//! Pages that only show something, and those for what is not there.

#[cfg(feature = "sandbox")]
use app::context::OutboxMail;
use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::base::{Actor, Op};
use types::Problem;

use super::render::{Extra, render};
use crate::middleware::{Caller, RequestIdentity, problem};
use crate::routes::{self, is_for_scripts};
use crate::state::AppState;

/// Any page of `app` at its own address.
pub async fn show(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri) -> Response {
    render(&state, &caller, &uri, Extra::default()).await
}

/// The outbox of a development server.
#[cfg(feature = "sandbox")]
pub async fn outbox(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri) -> Response {
    let folder = state.web.outbox.clone().unwrap_or_default();
    let outbox = tokio::task::spawn_blocking(move || providers::mail::read_outbox(&folder)).await.unwrap_or_default();
    let outbox = outbox.into_iter().take(50).map(|(_, mail)| OutboxMail { to: mail.to, subject: mail.subject, text: mail.text }).collect();
    render(&state, &caller, &uri, Extra { outbox, ..Extra::default() }).await
}

/// What matches no route.
pub async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let id = request.extensions().get::<RequestIdentity>().map_or_else(|| state.deps.new_request_id(), |request| request.0);
    if is_for_scripts(request.uri().path()) {
        return problem(Problem::NotFound, &id.to_string());
    }
    let op = Op { actor: Actor::Visitor, request_id: id, address_pseudonym: None };
    let caller = Caller { op, user: None, roles: Vec::new() };
    // An address of nowhere, whatever was asked for, so that Leptos shows the page for it.
    render(&state, &caller, &Uri::from_static("/not-found"), Extra { status: Some(StatusCode::NOT_FOUND), ..Extra::default() }).await
}

/// A known path with a method it does not take.
pub async fn method_not_allowed(uri: Uri, request: Request) -> Response {
    let path = request.extensions().get::<axum::extract::MatchedPath>().map_or(uri.path(), axum::extract::MatchedPath::as_str);
    let allowed: Vec<&str> = routes::ROUTES.iter().filter(|route| route.path == path).map(|route| route.method).collect();
    (StatusCode::METHOD_NOT_ALLOWED, [(axum::http::header::ALLOW, allowed.join(", "))]).into_response()
}
