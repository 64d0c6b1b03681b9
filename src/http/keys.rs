//! `POST /admin/keys/{purpose}/{fingerprint}/revoke`

use app::context::Asked;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::administration::{self, RevokeError};
use types::Notice;

use super::administration::page;
use super::form::{Fields, go_saying};
use super::pages::missing;
use super::render::{Extra, broken};
use crate::middleware::Caller;
use crate::state::AppState;

const PAGE: &str = "/admin/keys/{purpose}/{fingerprint}";

/// Takes a key or a secret back.
pub async fn revoke(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Extension(asked): Extension<Asked>,
    Path((purpose, fingerprint)): Path<(String, String)>,
    fields: Fields,
) -> Response {
    let error = match administration::revoke_secret(&state.deps, &caller.op, &purpose, &fingerprint).await {
        Ok(()) => return go_saying("/admin/keys", Notice::SecretRevoked),
        Err(RevokeError::NotFound) => return missing(&state, &caller),
        Err(RevokeError::InUse) => "This is the one in use, and nothing goes on without one. Put another in first, then revoke this one.",
        Err(RevokeError::Database(error)) => {
            tracing::error!(%error, "a secret could not be revoked");
            return broken();
        }
    };
    let wanted = app::pages::administration::keys_wants(&asked);
    page(&state, &caller, PAGE, asked, wanted, Extra::invalid(fields.back(vec![("", error.to_owned())]))).await
}
