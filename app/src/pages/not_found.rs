//! The page for what is not there or not yours, and the one for what is our fault.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::components::PublicFrame;
use crate::context::PageContext;

/// The same for "not there" and "not yours": existence is private.
#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    view! {
        <PublicFrame title="Not here">
            <div class="gate">
                <h1>"There is nothing at this address"</h1>
                <p class="soft mt-2">"It was never here, it is gone, or it belongs to somebody else. Nothing was changed."</p>
                <p class="cluster mt-5"><a class="button" href="/app">"Go to your day"</a> <a href="/">"Start page"</a></p>
            </div>
        </PublicFrame>
    }
}

/// Says that it is our fault, what was kept, and the request id by which the operator finds it.
#[component]
pub fn Broken() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let request = use_context::<PageContext>().map(|context| context.op.request_id.to_string()).unwrap_or_default();
    view! {
        <PublicFrame title="Kairos failed">
            <div class="gate">
                <h1>"Kairos could not make this page"</h1>
                <dl class="why mt-4">
                    <dt>"What happened"</dt>
                    <dd>"Something on this server failed, most likely its database."</dd>
                    <dt>"What was kept"</dt>
                    <dd>"Everything. Nothing was half done."</dd>
                    <dt>"What to do"</dt>
                    <dd>"Load the page again in a minute. If it stays, tell whoever runs this installation:"</dd>
                </dl>
                <code class="fingerprint mt-4">{request}</code>
            </div>
        </PublicFrame>
    }
}
