//! The metrics address: its own listener, reachable by whoever the operator lets reach it.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::state::AppState;
use crate::telemetry::Metrics;

/// `/metrics` and nothing else.
pub fn router(metrics: Metrics, state: AppState) -> Router {
    Router::new().route("/metrics", get(render)).with_state((metrics, state))
}

async fn render(State((metrics, state)): State<(Metrics, AppState)>) -> Response {
    let pool = state.deps.database.pool();
    metrics::gauge!("database_connections", "state" => "open").set(f64::from(pool.size()));
    #[expect(clippy::cast_precision_loss, reason = "a pool has few connections")]
    metrics::gauge!("database_connections", "state" => "idle").set(pool.num_idle() as f64);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics.render()).into_response()
}
