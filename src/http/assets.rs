//! Files: style sheet, icons, fonts, the browser half. Compressed copies are made when the site is built.

use std::path::Path;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderValue, Response};
use axum::routing::get_service;
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::state::AppState;

/// Checked each time against the file's date: a new version must never meet an old page's islands.
const CHECKED: HeaderValue = HeaderValue::from_static("public, no-cache");
/// Never changes under its name.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Everything below `site_root`, path by path: nothing else of the folder is reachable.
pub fn router(site_root: &Path) -> Router<AppState> {
    let file = |name: &str| get_service(ServeFile::new(site_root.join(name)).precompressed_br().precompressed_gzip());
    let mut router = Router::new();
    for name in ["kairos.css", "favicon.svg", "logo.svg", "sprite.svg", "robots.txt"] {
        router = router.route(&format!("/{name}"), file(name));
    }
    // The route's own path leads below the folder of the same name, so nothing beside it is reachable.
    let folder = || get_service(ServeDir::new(site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip());
    router
        .route("/favicon.ico", file("favicon.svg"))
        .route("/pkg/{*file}", folder())
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, |_: &Response<_>| Some(CHECKED)))
        .route("/fonts/{*file}", folder().layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, |_: &Response<_>| Some(FOREVER))))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, |_: &Response<_>| {
            Some(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
        }))
}
