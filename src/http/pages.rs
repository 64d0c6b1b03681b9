//! Pages that only show something, and those for what is not there.

use std::collections::HashMap;

use app::context::Asked;
#[cfg(feature = "sandbox")]
use app::context::OutboxMail;
use axum::Extension;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::accounts::Identity;
use domain::base::{Actor, Op};
use types::Problem;

use super::form::go;
use super::render::{self, Extra, Ready};
use crate::middleware::{Caller, PageRows, RequestIdentity, problem};
use crate::routes::{self, is_for_scripts};
use crate::state::AppState;

/// Any page of `app` at its own address.
pub async fn show(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    page: Option<Extension<PageRows>>,
    path: MatchedPath,
) -> Response {
    let ready = Ready { route: app::routes::page(path.as_str()), asked, page: page.map(|Extension(page)| page) };
    render::show(&state, &caller, ready, Extra::default())
}

/// The outbox of a development server.
#[cfg(feature = "sandbox")]
pub async fn outbox(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    path: MatchedPath,
) -> Response {
    let folder = state.web.outbox.clone().unwrap_or_default();
    let outbox = tokio::task::spawn_blocking(move || providers::mail::read_outbox(&folder)).await.unwrap_or_default();
    let outbox = outbox.into_iter().take(50).map(|(_, mail)| OutboxMail { to: mail.to, subject: mail.subject, text: mail.text }).collect();
    let ready = Ready { route: app::routes::page(path.as_str()), asked, page: None };
    render::show(&state, &caller, ready, Extra { outbox, ..Extra::default() })
}

/// What is not there, or not theirs.
pub(super) fn missing(state: &AppState, caller: &Caller) -> Response {
    let asked = Asked::new(state.deps.now(), HashMap::new(), None);
    render::show(state, caller, Ready { route: None, asked, page: None }, Extra::default())
}

/// What matches no route.
pub async fn not_found(State(state): State<AppState>, request: Request) -> Response {
    let id = request.extensions().get::<RequestIdentity>().map_or_else(|| state.deps.new_request_id(), |request| request.0);
    if is_for_scripts(request.uri().path()) {
        return problem(Problem::NotFound, &id.to_string());
    }
    let op = Op::new(Actor::Visitor, id);
    missing(&state, &Caller { op, identity: Identity::default(), session: None, bearer: None })
}

/// A known path with a method it does not take. Whoever loads the address of a form again, which stands in the browser after an answer that the
/// form is not right, gets the page that the form stands on.
pub async fn method_not_allowed(uri: Uri, request: Request) -> Response {
    let path = request.extensions().get::<axum::extract::MatchedPath>().map_or(uri.path(), axum::extract::MatchedPath::as_str);
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && !is_for_scripts(path)
        && let Some(page) = routes::page_above(path, uri.path())
    {
        return go(page);
    }
    let allowed: Vec<&str> = routes::ROUTES.iter().filter(|route| route.path == path).map(|route| route.method).collect();
    (StatusCode::METHOD_NOT_ALLOWED, [(axum::http::header::ALLOW, allowed.join(", "))]).into_response()
}
