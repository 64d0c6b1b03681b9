//! `POST /sign-out`

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use domain::accounts;
use tower_sessions::Session;
use types::Notice;

use super::form::go_saying;
use crate::middleware::Caller;
use crate::state::AppState;

/// Ends the session here and tells the browser to forget what it kept. Repeating it is harmless.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, session: Session) -> Response {
    if let Err(error) = accounts::sign_out(&state.deps, &caller.op).await {
        tracing::error!(%error, "a sign-out was not recorded");
        return super::render::broken();
    }
    if let Err(error) = session.flush().await {
        tracing::error!(%error, "a session could not be ended");
        return super::render::broken();
    }
    let mut response = go_saying("/sign-in", Notice::SignedOut);
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    response
}
