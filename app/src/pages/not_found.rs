//! The page for what is not there or not yours, and the one for what is our fault.

use axum::http::StatusCode;
use domain::calendar::Titles;
use leptos::prelude::*;

use crate::components::{AppFrame, Frame, PublicFrame};
use crate::context::PageContext;
use crate::document::Document;

/// The same for "not there" and "not yours": existence is private.
pub fn not_found(context: &PageContext) -> Document {
    let said = view! {
        <h1>"There is nothing at this address"</h1>
        <p class="soft mt-2">"It was never here, it is gone, or it belongs to somebody else. Nothing was changed."</p>
        <p class="cluster mt-5"><a class="button" href="/app">"Go to your day"</a> <a href="/">"Start page"</a></p>
    };
    let site = context.site.clone();
    let body = match context.page() {
        // Whoever is among their own pages stays there.
        Ok(page) => view! { <AppFrame site=site frame=Frame::of(page, Titles::LeftSealed) here="">{said}</AppFrame> }.into_any(),
        Err(_) => view! { <PublicFrame site=site signed_in=context.user.is_some()><div class="gate">{said}</div></PublicFrame> }.into_any(),
    };
    Document::new("Not here", body).with_status(StatusCode::NOT_FOUND)
}

/// Says that it is our fault, what was kept, and the request id by which the operator finds it.
pub fn broken(context: &PageContext) -> Document {
    let request = context.op.request_id.to_string();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
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
    };
    Document::new("Kairos failed", body).with_status(StatusCode::INTERNAL_SERVER_ERROR)
}
