//! The cookie by which a browser is known again at sign-in. It opens nothing: `domain::accounts::SignedIn` says what it is for.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use crate::state::AppState;

/// As long as a cookie may live at most in current browsers.
const LIFETIME: Duration = Duration::days(400);

fn name(state: &AppState) -> &'static str {
    if state.web.is_https { "__Host-kairos-device" } else { "kairos_development_device" }
}

/// What this browser kept, if it kept something.
pub(super) fn of(state: &AppState, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(Cookie::split_parse);
    cookies.flatten().find(|cookie| cookie.name() == name(state)).map(|cookie| cookie.value().to_owned())
}

/// `response`, with which the browser keeps `text`.
pub(super) fn remember(state: &AppState, mut response: Response, text: Option<String>) -> Response {
    let Some(text) = text else { return response };
    let cookie = Cookie::build((name(state), text))
        .path("/")
        .secure(state.web.is_https)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(LIFETIME)
        .build();
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}
