//! The document around every page.

use std::sync::Arc;

use axum::http::StatusCode;
use hydration_context::{SharedContext, SsrSharedContext};
use leptos::nonce::{Nonce, provide_nonce, use_nonce};
use leptos::prelude::*;
use leptos::reactive::owner::Owner;

use crate::context::PageContext;
use crate::document::Document;

/// A page as it is sent.
#[derive(Debug)]
pub struct Rendered {
    /// The status.
    pub status: StatusCode,
    /// The nonce of its scripts, for the content security policy.
    pub nonce: Option<Nonce>,
    /// The document.
    pub html: String,
}

/// Renders a page from beginning to end. Everything it shows was read before: it waits for nothing.
pub fn render(context: PageContext, options: &LeptosOptions, has_islands: bool, show: fn(&PageContext) -> Document) -> Rendered {
    let shared: Arc<dyn SharedContext + Send + Sync> = Arc::new(SsrSharedContext::new_islands());
    let owner = Owner::new_root(Some(shared));
    let rendered = owner.with(|| {
        provide_nonce();
        let nonce = use_nonce();
        let sandbox = context.site.sandbox_url.is_some();
        provide_context(context.clone());
        let document = show(&context);
        let status = document.status;
        Rendered { status, nonce, html: shell(options, document, has_islands, sandbox).to_html() }
    });
    owner.unset_with_forced_cleanup();
    rendered
}

/// Head and body. Scripts are asked for only where there are islands: behind sign-in, and at sign-up.
fn shell(options: &LeptosOptions, document: Document, has_islands: bool, sandbox: bool) -> impl IntoView {
    let scripts = has_islands.then(|| view! { <HydrationScripts options=options.clone() islands=true /> });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{format!("{} · Kairos", document.title)}</title>
                {sandbox.then(|| view! { <meta name="robots" content="noindex" /> })}
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link
                    rel="preload"
                    href="/fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <link rel="stylesheet" href="/kairos.css" />
                {scripts}
            </head>
            <body>{document.body}</body>
        </html>
    }
}
