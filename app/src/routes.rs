//! Which page is at which address. `src/routes.rs` says who may see it; a test says that the two agree.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{ParamSegment, SsrMode, StaticSegment, path};

use crate::pages;

/// Every page. `SsrMode::Async`: whole before it is sent, so that it needs no script and has its true status.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=pages::NotFound>
                <Route path=path!("/") view=pages::Home ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=pages::SignIn ssr=SsrMode::Async />
                <Route path=path!("/sign-up") view=pages::SignUp ssr=SsrMode::Async />
                <Route path=path!("/verify") view=pages::Verify ssr=SsrMode::Async />
                <Route path=path!("/forgot") view=pages::Forgot ssr=SsrMode::Async />
                <Route path=path!("/reset") view=pages::Reset ssr=SsrMode::Async />
                <Route path=path!("/app") view=pages::Today ssr=SsrMode::Async />
                <Route path=path!("/app/calendar") view=pages::Calendar ssr=SsrMode::Async />
                <Route path=path!("/app/settings") view=pages::Settings ssr=SsrMode::Async />
                <Route path=path!("/app/settings/caldav") view=pages::ConnectCaldav ssr=SsrMode::Async />
                <Route path=path!("/app/settings/profile") view=pages::Profile ssr=SsrMode::Async />
                <Route
                    path=(StaticSegment("app"), StaticSegment("settings"), StaticSegment("connections"), ParamSegment("id"))
                    view=pages::Connection
                    ssr=SsrMode::Async
                />
                <Route
                    path=(
                        StaticSegment("app"),
                        StaticSegment("settings"),
                        StaticSegment("connections"),
                        ParamSegment("id"),
                        StaticSegment("disconnect"),
                    )
                    view=pages::Disconnect
                    ssr=SsrMode::Async
                />
                <Route path=path!("/dev/mail") view=pages::Outbox ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
