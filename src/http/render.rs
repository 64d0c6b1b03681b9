//! Renders a page of `app` for one request.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::context::{Form, OutboxMail, PageContext};
use app::shell::shell;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;

use crate::middleware::{Caller, page_policy};
use crate::state::AppState;

/// What a page may be given beyond the request.
#[derive(Default)]
pub struct Extra {
    /// A form that came back.
    pub form: Form,
    /// The status, when it is not the page's own.
    pub status: Option<StatusCode>,
    /// When it may be tried again, after too many tries.
    pub retry_after: Option<Duration>,
    /// Messages of the outbox.
    pub outbox: Vec<OutboxMail>,
}

impl Extra {
    /// A form that was sent too often, with a sentence for it.
    pub fn too_often(form: Form, wait: Duration) -> Self {
        Self { form, status: Some(StatusCode::TOO_MANY_REQUESTS), retry_after: Some(wait), ..Self::default() }
    }
}

/// A wait in words, rounded up.
pub(super) fn length(wait: Duration) -> String {
    let seconds = wait.as_secs();
    if seconds < 90 { format!("{seconds} seconds") } else { format!("{} minutes", seconds.div_ceil(60)) }
}

/// The page at `uri`, for `caller`.
pub async fn render(state: &AppState, caller: &Caller, uri: &Uri, extra: Extra) -> Response {
    let query: HashMap<String, String> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let with_islands = uri.path().starts_with("/app") || uri.path() == "/sign-up";
    let context = PageContext {
        deps: state.deps.clone(),
        op: caller.op.clone(),
        user: caller.user,
        roles: caller.roles.clone(),
        site: Arc::clone(&state.site),
        query,
        form: extra.form,
        outbox: extra.outbox,
    };
    let options = state.leptos.clone();
    let status = extra.status;
    let provide = move || {
        provide_context(context.clone());
        let Some(response) = use_context::<ResponseOptions>() else { return };
        if let Some(nonce) = use_context::<Nonce>()
            && let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce.to_string()))
        {
            response.insert_header(HeaderName::from_static("content-security-policy"), policy);
        }
        if let Some(status) = status {
            response.set_status(status);
        }
    };
    let handler = leptos_axum::render_app_async_with_context(provide, move || shell(options.clone(), with_islands));
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri.clone();
    let mut response = handler(request).await;
    if let Some(wait) = extra.retry_after {
        response.headers_mut().insert(RETRY_AFTER, wait.as_secs().into());
    }
    response
}

/// Our fault: a bare reply, which `middleware/errors.rs` makes a page of.
pub(super) fn broken() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
