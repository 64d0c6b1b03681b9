//! `/app/settings/privacy…`, `/privacy/requests/{token}…` and `GET /api/me/export`: a copy of what is kept, being forgotten, and taking that back.

use std::collections::HashMap;
use std::sync::Arc;

use app::context::Asked;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use domain::base::security_event;
use domain::privacy::{self, Export, Fetch, PrivacyError, RequestView};
use types::Notice;

use super::form::{Fields, go_saying};
use super::in_parts;
use super::pages::missing;
use super::render::{Extra, Ready, broken, show};
use crate::middleware::Caller;
use crate::state::AppState;

const OWN: &str = "/app/settings/privacy";
const REQUEST: &str = "/privacy/requests/{token}";

/// Asks to be forgotten.
pub async fn erase(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match privacy::ask_erasure(&state.deps, &caller.op).await {
        Ok(_) => {
            security_event("erasure_asked", "medium");
            go_saying(OWN, Notice::ErasureAsked)
        }
        Err(error) => failed(&error),
    }
}

/// Takes it back.
pub async fn keep(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match privacy::cancel_erasure(&state.deps, &caller.op).await {
        Ok(()) => go_saying(OWN, Notice::ErasureCancelled),
        Err(PrivacyError::TooLate | PrivacyError::NotFound) => go_saying(OWN, Notice::ErasureBegun),
        Err(error) => failed(&error),
    }
}

/// Takes back what was allowed: what was made of it ends at once.
pub async fn withdraw(State(state): State<AppState>, Extension(caller): Extension<Caller>, fields: Fields) -> Response {
    let Ok(purpose) = fields.text("purpose").parse() else { return go_saying(OWN, Notice::NotNow) };
    match privacy::withdraw(&state.deps, &caller.op, purpose).await {
        Ok(true) => go_saying(OWN, Notice::ConsentTakenBack),
        Ok(false) => go_saying(OWN, Notice::NotNow),
        Err(error) => failed(&error),
    }
}

/// Asks for an archive of what is kept.
pub async fn archive(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match privacy::ask_archive(&state.deps, &caller.op).await {
        Ok(_) => go_saying(OWN, Notice::ArchiveAsked),
        Err(error) => failed(&error),
    }
}

/// Fetches it: once.
pub async fn fetch(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse() else { return go_saying(OWN, Notice::ArchiveGone) };
    let fetch = match Fetch::begin(&state.deps, &caller.op, id).await {
        Ok(fetch) => fetch,
        Err(PrivacyError::NotFound) => return go_saying(OWN, Notice::ArchiveGone),
        Err(error) => return failed(&error),
    };
    security_event("privacy_exported", "info");
    let parts = in_parts::read(fetch, |mut fetch| async move { (fetch.next().await.map(|part| part.map(Bytes::from)), fetch) });
    // Without a length: with one nobody asks for more once it is reached, and what was fetched would stay.
    attachment(&state, "zip", "application/zip", Body::from_stream(parts))
}

/// What is kept as one JSON document, for a program: written while it is sent.
pub async fn export(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    send(&state, Export::begin(&state.deps, &caller.op).await)
}

/// The same of one connection.
pub async fn export_connection(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(id): Path<String>) -> Response {
    let Ok(connection) = id.parse() else { return missing(&state, &caller) };
    match Export::of_connection(&state.deps, &caller.op, connection).await {
        Err(PrivacyError::NotFound) => missing(&state, &caller),
        export => send(&state, export),
    }
}

fn send(state: &AppState, export: Result<Export, PrivacyError>) -> Response {
    let export = match export {
        Ok(export) => export,
        Err(error) => return failed(&error),
    };
    security_event("privacy_exported", "info");
    let parts = in_parts::read(export, |mut export| async move { (export.next().await.map(|part| part.map(Bytes::from)), export) });
    attachment(state, "json", "application/json", Body::from_stream(parts))
}

fn attachment(state: &AppState, ending: &str, kind: &'static str, body: Body) -> Response {
    let name = format!("attachment; filename=\"kairos-{}.{ending}\"", state.deps.now().format("%Y-%m-%d"));
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name), (CACHE_CONTROL, "private, no-store".to_owned())];
    (headers, body).into_response()
}

/// The request that a mailed link is for.
pub async fn request(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match RequestView::read(&state.deps, &token).await {
        Ok(Some(request)) => {
            let asked = Asked::new(state.deps.now(), HashMap::new(), query.as_deref());
            let ready = Ready { route: app::routes::page(REQUEST), asked, page: None };
            show(&state, &caller, ready, Extra { request: Some(Arc::new((request, token))), ..Extra::default() })
        }
        Ok(None) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

/// Takes it back by the link.
pub async fn keep_by_link(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(token): Path<String>) -> Response {
    let here = format!("/privacy/requests/{token}");
    match privacy::cancel_erasure_by(&state.deps, &caller.op, &token).await {
        Ok(()) => go_saying(&here, Notice::ErasureCancelled),
        Err(PrivacyError::TooLate) => go_saying(&here, Notice::ErasureBegun),
        Err(PrivacyError::NotFound) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

/// The certificate as a file.
pub async fn certificate(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(token): Path<String>) -> Response {
    match RequestView::read(&state.deps, &token).await.map(|found| found.and_then(|request| request.certificate)) {
        Ok(Some(note)) => {
            let name = "attachment; filename=\"kairos-erasure-certificate.txt\"";
            ([(CONTENT_TYPE, "text/plain; charset=utf-8"), (CONTENT_DISPOSITION, name), (CACHE_CONTROL, "private, no-store")], note)
                .into_response()
        }
        Ok(None) => missing(&state, &caller),
        Err(error) => failed(&error),
    }
}

fn failed(error: &PrivacyError) -> Response {
    tracing::error!(%error, "a request about privacy could not be answered");
    broken()
}
