//! Is the process alive; can it do its work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use domain::jobs::Health;

use crate::state::AppState;

/// The process answers. Touches nothing, so that a database that is down restarts no replica.
pub async fn healthz() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

/// Database, migrations, keys and jobs: without a worker nothing is read and no mail goes out.
pub async fn readyz(State(state): State<AppState>) -> Response {
    let pool = state.deps.database.pool();
    let database = tokio::time::timeout(std::time::Duration::from_secs(3), domain::base::role(&state.deps.database))
        .await
        .is_ok_and(|role| role.is_ok());
    let migrations = database && schema::is_current(pool).await.unwrap_or(false);
    let keys = database && domain::vault::keyring_is_complete(&state.deps).await.unwrap_or(false);
    let word = |good: bool| if good { "ok" } else { "failing" };
    let jobs = state.jobs.get().is_none_or(Health::is_working);
    let status = if database && migrations && keys && jobs { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ "status": word(status.is_success()), "database": word(database), "migrations": word(migrations), "keys": word(keys), "jobs": word(jobs) });
    (status, Json(body)).into_response()
}
