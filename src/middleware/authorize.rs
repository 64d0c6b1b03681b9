//! The route's permission. Closed by default: a route that is not in the table is answered to nobody.

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use types::Problem;

use super::access_log::Matched;
use super::{Caller, RequestIdentity, problem};
use crate::routes::{self, Kind};
use crate::state::AppState;
use domain::base::security_event;

pub(super) async fn run(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = decide(&state, matched.as_ref(), request, next).await;
    if let Some(matched) = matched {
        response.extensions_mut().insert(Matched(matched));
    }
    response
}

async fn decide(state: &AppState, matched: Option<&MatchedPath>, request: Request, next: Next) -> Response {
    let Some(path) = matched.map(MatchedPath::as_str) else { return StatusCode::NOT_FOUND.into_response() };
    let Some(route) = routes::find(request.method().as_str(), path) else {
        // The path is known and the method is not; the router answers 405 with the right ones.
        if routes::ROUTES.iter().any(|route| route.path == path) {
            return next.run(request).await;
        }
        tracing::error!(path, "a route is not in the table");
        return StatusCode::NOT_FOUND.into_response();
    };
    if route.development_only && !state.web.environment.is_development() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let caller = request.extensions().get::<Caller>();
    let roles = caller.map(|caller| caller.roles.as_slice()).unwrap_or_default();
    if route.permission.allows(roles) {
        return next.run(request).await;
    }
    let request_id = request.extensions().get::<RequestIdentity>().map(|request| request.0.to_string()).unwrap_or_default();
    let signed_in = caller.is_some_and(|caller| caller.user.is_some());
    match (signed_in, route.kind) {
        (false, Kind::Api) => problem(Problem::Unauthenticated, &request_id),
        (false, _) => {
            // Only a page of ours goes along: nobody is led elsewhere after signing in, and no `code` or `state` of a provider's
            // redirect is copied into an address that stays in the browser's history.
            let asked = request.uri().path_and_query().filter(|asked| routes::is_page(asked.path()));
            let asked = asked.map_or("/app/settings", |asked| asked.as_str());
            let next = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect::<String>();
            Redirect::to(&format!("/sign-in?notice=sign_in_first&next={next}")).into_response()
        }
        (true, _) => {
            security_event("permission_refused", "medium");
            StatusCode::NOT_FOUND.into_response()
        }
    }
}
