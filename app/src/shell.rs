//! The document around every page.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::context::PageContext;
use crate::routes::App;

/// Head and body. Scripts are asked for only where there are islands: behind sign-in, and at sign-up.
pub fn shell(options: LeptosOptions, with_islands: bool) -> impl IntoView {
    let sandbox = use_context::<PageContext>().is_some_and(|context| context.site.sandbox_url.is_some());
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
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
                {with_islands.then(|| view! { <HydrationScripts options=options islands=true /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
