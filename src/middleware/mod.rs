//! What happens around every handler, in this order from outside in:
//!
//! 1. `request_id`: a fresh id, in the reply and in every log line; nothing a client sends is trusted.
//! 2. `client_address`: who is asking, forwarded headers believed only from trusted proxies; kept as a pseudonym.
//! 3. `access_log`: one line and one count per request.
//! 4. `headers`: security headers and cache rules on every reply, errors too.
//! 5. `errors`: panics and bare error replies become a page or a problem document.
//! 6. `blocks`: whoever an admin blocked is turned away.
//! 7. `limits`: body, headers and time are bounded.
//! 8. `cors`, on `/api/*`: which other sites' pages may read the replies.
//! 9. `traces`: a span a request, for a collector if there is one.
//! 10. `same_origin`: state changes from another site are refused.
//! 11. `session`: who is signed in or whose program asks, what the route reads of them, and what is left of a limit.
//! 12. `authorize`: the route's permission, and the scope of a token. A route that is not in the table is answered to nobody.

mod access_log;
mod allowance;
mod authorize;
mod blocks;
mod client_address;
mod cors;
mod errors;
mod headers;
mod limits;
mod request_id;
mod same_origin;
mod session;
mod traces;

pub use client_address::{AddressPrefix, ClientAddress, Pseudonym};
pub use cors::layer as cors_layer;
pub use errors::{problem, too_many};
pub use headers::page_policy;
pub use request_id::Request as RequestIdentity;
pub use session::{
    BROWSER_KEY, Caller, FACTOR_KEY, LABEL_KEY, PASSWORD_KEY, PROVED_KEY, PageRows, USER_KEY, bearer, id_bytes, layer as session_layer,
};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower::ServiceBuilder;
use tower::layer::util::{Identity, Stack};
use tower_http::timeout::TimeoutLayer;

use crate::state::AppState;

/// Largest body that is read.
pub const MAX_BODY: usize = 64 * 1024;

/// Layers that need the matched route.
pub fn around(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router
        .route_layer(from_fn_with_state(state.clone(), authorize::run))
        .route_layer(from_fn_with_state(state.clone(), session::identify))
        .route_layer(from_fn_with_state(state.clone(), same_origin::run))
        .route_layer(from_fn(traces::run))
}

type Outer =
    tower::util::BoxCloneSyncServiceLayer<axum::routing::Route, axum::extract::Request, axum::response::Response, std::convert::Infallible>;

/// Layers around everything, also around what matches no route.
pub fn outermost(state: &AppState) -> Outer {
    let layers: ServiceBuilder<Stack<_, Identity>> = ServiceBuilder::new().layer(from_fn_with_state(state.clone(), request_id::run));
    Outer::new(
        layers
            .layer(from_fn_with_state(state.clone(), client_address::run))
            .layer(from_fn(access_log::run))
            .layer(from_fn_with_state(state.clone(), headers::run))
            .layer(from_fn(errors::run))
            .layer(from_fn_with_state(state.clone(), blocks::run))
            .layer(TimeoutLayer::with_status_code(axum::http::StatusCode::REQUEST_TIMEOUT, limits::TIME))
            .layer(from_fn(limits::run))
            .layer(DefaultBodyLimit::max(MAX_BODY)),
    )
}
