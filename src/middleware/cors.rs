//! Which other sites' pages may read the replies of `/api/*`: those of `ALLOWED_ORIGINS`, exactly, and never with a cookie. They bring a token.

use std::time::Duration;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::allowance;
use crate::state::AppState;

/// Around the routes for programs.
pub fn layer(state: &AppState) -> CorsLayer {
    let origins = state.web.allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH])
        .expose_headers([&allowance::NAMES[..], &[RETRY_AFTER]].concat())
        .max_age(Duration::from_mins(10))
}
