//! The route's permission. Closed by default: a route that is not in the table is answered to nobody.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, REFERER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use types::{Permission, Problem};

use super::access_log::Matched;
use super::client_address::ClientAddress;
use super::{Caller, problem, request_id, too_many};
use crate::routes::{self, Kind, Proof, Route};
use crate::state::AppState;
use domain::base::security_event;
use domain::limits::TooOften;

pub(super) async fn run(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let mut response = decide(&state, matched.as_ref(), request, next).await;
    if let Some(matched) = matched {
        response.extensions_mut().insert(Matched(matched));
    }
    response
}

/// What somebody who is allowed is asked for first: a second factor where their role obliges to one, a fresh proof where the route does.
fn missing_proof(state: &AppState, route: &Route, caller: &Caller, headers: &HeaderMap) -> Option<Response> {
    let is_obliged = matches!(route.permission, Permission::Sell | Permission::Administer) && state.deps.settings.admins_need_second_factor;
    if is_obliged && !caller.identity.has_second_factor {
        security_event("second_factor_missing", "medium");
        return Some(ask(route, caller, "/app/settings/security?notice=second_factor_needed"));
    }
    let is_asked = match route.proof {
        Proof::Session => false,
        Proof::FreshWithSecondFactor => caller.identity.has_second_factor,
        Proof::Fresh => true,
    };
    // A program proves nothing anew: who made its key did, and said what it may do.
    let is_program = caller.bearer.is_some() && route.scope.is_some();
    if !is_asked || is_program || caller.identity.is_proved(state.deps.now()) {
        return None;
    }
    // Back to the page where the button is.
    let from = headers.get(REFERER).and_then(|value| value.to_str().ok()).and_then(|text| url::Url::parse(text).ok());
    let page = from.map(|url| url.path().to_owned()).filter(|path| routes::is_page(path)).unwrap_or_else(|| "/app/settings".to_owned());
    let next = url::form_urlencoded::byte_serialize(page.as_bytes()).collect::<String>();
    Some(ask(route, caller, &format!("/app/settings/security/confirm?next={next}")))
}

/// Leads a person to the page for it; a script is told.
fn ask(route: &Route, caller: &Caller, page: &str) -> Response {
    match route.kind {
        Kind::Api => problem(Problem::ProofNeeded, &caller.op.request_id.to_string()),
        Kind::Page | Kind::Asset => Redirect::to(page).into_response(),
    }
}

/// A program's token does not allow this; or nothing does, because it is for browsers.
fn scope_missing(state: &AppState, route: &Route, caller: &Caller) -> Option<Response> {
    let (bearer, _) = caller.bearer.as_ref().zip(caller.identity.user)?;
    if route.permission == Permission::Public || route.scope.is_some_and(|scope| bearer.scopes.contains(&scope)) {
        return None;
    }
    state.deps.security_event(&caller.op, "scope_missing", "medium");
    let mut reply = problem(Problem::ScopeMissing, &caller.op.request_id.to_string());
    let wanted = route.scope.map(|scope| format!(", scope=\"{scope}\"")).unwrap_or_default();
    challenge(&mut reply, &format!("Bearer error=\"insufficient_scope\"{wanted}"));
    Some(reply)
}

/// 401, with how to do better where a token would be (RFC 6750, 3).
fn unauthenticated(route: &Route, headers: &HeaderMap, request_id: &str) -> Response {
    let mut reply = problem(Problem::Unauthenticated, request_id);
    if route.scope.is_some() {
        let what = if headers.contains_key(AUTHORIZATION) { "Bearer error=\"invalid_token\"" } else { "Bearer" };
        challenge(&mut reply, what);
    }
    reply
}

fn challenge(reply: &mut Response, what: &str) {
    if let Ok(value) = HeaderValue::from_str(what) {
        reply.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
}

/// Whether admins are answered where the request comes from. An address that is not known is in no network.
fn is_from_admin_network(state: &AppState, request: &Request) -> bool {
    let networks = &state.web.admin_networks;
    let client = request.extensions().get::<ClientAddress>();
    networks.is_empty() || client.is_some_and(|client| networks.iter().any(|network| network.contains(&client.0)))
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
    if let Some((caller, TooOften { wait })) = caller.and_then(|caller| Some((caller, caller.identity.too_often?))) {
        state.deps.security_event(&caller.op, "requests_limited", "low");
        return too_many(wait, &caller.op.request_id.to_string());
    }
    if let Some(refused) = caller.and_then(|caller| scope_missing(state, route, caller)) {
        return refused;
    }
    if route.permission == Permission::Administer && !is_from_admin_network(state, &request) {
        if let Some(caller) = caller {
            state.deps.security_event(&caller.op, "admin_from_elsewhere", "medium");
        }
        return StatusCode::NOT_FOUND.into_response();
    }
    let roles = caller.map(|caller| caller.identity.roles.as_slice()).unwrap_or_default();
    if route.permission.allows(roles) {
        return match caller.and_then(|caller| missing_proof(state, route, caller, request.headers())) {
            Some(missing) => missing,
            None => next.run(request).await,
        };
    }
    let request_id = request_id::text(request.extensions());
    let op = caller.map(|caller| caller.op.clone());
    let signed_in = caller.is_some_and(|caller| caller.identity.user.is_some());
    match (signed_in, route.kind) {
        (false, Kind::Api) => unauthenticated(route, request.headers(), &request_id),
        (false, _) => {
            // Only a page of ours goes along: nobody is led elsewhere after signing in, and no `code` or `state` of a provider's
            // redirect is copied into an address that stays in the browser's history.
            let asked = request.uri().path_and_query().filter(|asked| routes::is_page(asked.path()));
            let asked = asked.map_or("/app/settings", |asked| asked.as_str());
            let next = url::form_urlencoded::byte_serialize(asked.as_bytes()).collect::<String>();
            Redirect::to(&format!("/sign-in?notice=sign_in_first&next={next}")).into_response()
        }
        (true, _) => {
            if let Some(op) = op {
                state.deps.security_event(&op, "permission_refused", "medium");
            }
            StatusCode::NOT_FOUND.into_response()
        }
    }
}
