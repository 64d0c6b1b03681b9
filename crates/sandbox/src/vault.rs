//! A secret store that answers as version 2 of Vault's key-value engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::Shared;
use crate::faults::{Route, under};

/// The token that may read. Opens nothing but the stand-in.
pub const VAULT_TOKEN: &str = "hvs.sandbox-only";

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/v1/{mount}/data/{*path}", get(read))
}

async fn read(State(shared): State<Arc<Shared>>, Path((mount, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    under(&shared, Route::SecretStore, || {
        if headers.get("x-vault-token").and_then(|value| value.to_str().ok()) != Some(VAULT_TOKEN) {
            return (StatusCode::FORBIDDEN, Json(json!({ "errors": ["permission denied"] }))).into_response();
        }
        let state = shared.lock();
        let entries: &BTreeMap<String, String> = &state.secrets;
        if mount != "secret" || path != "kairos" || entries.is_empty() {
            return (StatusCode::NOT_FOUND, Json(json!({ "errors": [] }))).into_response();
        }
        let metadata = json!({ "created_time": "2026-11-22T09:00:00Z", "custom_metadata": null, "deletion_time": "", "destroyed": false, "version": 3 });
        Json(json!({ "request_id": "x", "lease_id": "", "renewable": false, "data": { "data": entries, "metadata": metadata }, "warnings": null }))
            .into_response()
    })
    .await
}
