//! `GET /api/audit`, `POST /admin/audit/verify`, `GET /admin/audit/export` and `GET /admin/audit/{place}/proof`

use app::context::Asked;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Json};
use domain::audit::{self, AuditError, Listed};
use domain::calendar::{self, Wanted};
use serde_json::json;
use transparency_log::export::Line;
use types::Problem;

use super::in_parts;
use super::render::broken;
use crate::middleware::{Caller, PageRows, problem};
use crate::state::AppState;

/// What the query of the page of the log asks for, and of `/api/audit`, which takes the same.
pub(crate) fn wanted(asked: &Asked) -> Wanted {
    app::pages::audit_wants(asked)
}

/// Entries of the log, for an admin's programs.
pub async fn entries(Extension(caller): Extension<Caller>, page: Option<Extension<PageRows>>) -> Response {
    let Some(log) = page.as_ref().and_then(|Extension(page)| page.audit()) else {
        return problem(Problem::NotFound, &caller.op.request_id.to_string());
    };
    // Those that wait for their seal come first; behind them all the sealed ones.
    let last = log.entries.last().and_then(|entry| entry.place).or_else(|| log.tree.as_ref().map(|tree| tree.size));
    let next = last.filter(|place| *place > 0 && log.entries.len() == audit::PAGE);
    let entry = |entry: &Listed| {
        json!({
            "id": entry.id, "place": entry.place, "occurred_at": entry.occurred_at, "actor_kind": entry.actor_kind, "actor_id": entry.actor_id,
            "action": entry.action, "resource_id": entry.resource_id, "outcome": entry.outcome, "address_pseudonym": entry.address_pseudonym,
        })
    };
    let tree = log.tree.as_ref().map(|tree| json!({ "origin": tree.origin, "size": tree.size, "sealed_at": tree.sealed_at }));
    Json(json!({ "log": tree, "entries": log.entries.iter().map(entry).collect::<Vec<_>>(), "next_before": next })).into_response()
}

/// Asks for the whole log to be checked.
pub async fn verify(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    match audit::request_verification(&state.deps, &caller.op).await {
        Ok(()) => Redirect::to("/admin/audit").into_response(),
        Err(error) => failed(&error),
    }
}

/// The whole log as a file, read while it is sent.
pub async fn export(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response {
    let reading = match audit::begin_export(&state.deps, &caller.op).await {
        Ok(Some(reading)) => reading,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&error),
    };
    let name = format!("attachment; filename=\"kairos-audit-{}.jsonl\"", reading.size());
    let head: String = reading.head().map(|line| line.to_text() + "\n").collect();
    let entries = in_parts::read(reading, |mut reading| async move {
        let read = reading.next().await.map(|entries| {
            let text: String = entries.into_iter().map(|entry| Line::Entry(entry).to_text() + "\n").collect();
            (!text.is_empty()).then(|| Bytes::from(text))
        });
        (read, reading)
    });
    let body = futures::StreamExt::chain(futures::stream::once(async { Ok(Bytes::from(head)) }), entries);
    ([(CONTENT_TYPE, "application/jsonl; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], Body::from_stream(body)).into_response()
}

/// The proof of one entry, as other tools read it.
pub async fn proof(State(state): State<AppState>, Extension(caller): Extension<Caller>, Path(place): Path<String>) -> Response {
    let (Ok(place), Some(viewer)) = (place.parse(), caller.viewer(&state.deps)) else { return StatusCode::NOT_FOUND.into_response() };
    let wanted = Wanted { audit: Some(audit::Wanted::Entry(place)), ..Wanted::FRAME };
    let page = match calendar::read_page(&state.deps, &caller.op, &viewer, &wanted).await {
        Ok(visit) => visit.page,
        Err(error) => {
            tracing::error!(%error, "an entry of the audit log could not be read");
            return broken();
        }
    };
    match page.as_ref().and_then(|page| page.audit_entry()) {
        Some(entry) => {
            let name = format!("attachment; filename=\"{place}.tlog-proof\"");
            ([(CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, name)], entry.proof.to_text()).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn failed(error: &AuditError) -> Response {
    tracing::error!(%error, "the audit log could not be read");
    broken()
}
