//! The look of the stand-ins' own pages: plain, and plainly not the provider's.

use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fdfdfb}\
h1{font-size:1.4rem}.note{border-left:.5rem solid #e8d44d;padding:.5rem 1rem;background:#f6f4e6}fieldset{border:1px solid #ccd;margin:1rem 0;padding:1rem}\
button{font:inherit;padding:.4rem .9rem;margin:.2rem .4rem .2rem 0;cursor:pointer}label{display:block;margin:.3rem 0}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}\
@media(prefers-color-scheme:dark){body{background:#161c22;color:#eee}.note{background:#2a2a1d}}";

/// Text for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A whole page; `body` is HTML.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · sandbox</title><style>{STYLE}</style></head><body><p class=\"note\"><strong>Sandbox.</strong> This is a local stand-in. No real account is touched.</p>\
         <main><h1>{title}</h1>{body}</main></body></html>",
        title = escape(title)
    );
    (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response()
}
