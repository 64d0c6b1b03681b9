//! Renders a page of `app` for one request.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app::context::{Asked, Form, OutboxMail, PageContext, Sale};
use app::routes::PageRoute;
use axum::http::header::{CONTENT_SECURITY_POLICY, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use domain::base::security_event;
use domain::calendar;
use domain::limits::TooOften;
use domain::privacy::RequestView;

use super::form::Fields;
use crate::middleware::{Caller, PageRows, page_policy};
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
    /// Recovery codes or a key that were just made.
    pub secrets: Vec<String>,
    /// What is sold, or was, on the pages of that.
    pub sale: Option<Arc<Sale>>,
    /// A request about privacy, on its page.
    pub request: Option<Arc<(RequestView, String)>>,
}

impl Extra {
    /// A form that was sent too often: what that was too often of, as a sentence, and when it may be sent again. Counted as `event`.
    pub fn limited(fields: &Fields, TooOften { wait }: TooOften, event: &'static str, severity: &'static str, what: &str) -> Self {
        security_event(event, severity);
        Self::too_often(fields.back(vec![("", format!("{what} Try again in {}.", length(wait)))]), wait)
    }

    /// A form that is not right, with what is wrong beside its fields.
    pub fn invalid(form: Form) -> Self {
        Self { form, status: Some(StatusCode::UNPROCESSABLE_ENTITY), ..Self::default() }
    }

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

/// A page that was read for already.
pub struct Ready {
    /// Which; `None`: there is none at this address.
    pub route: Option<&'static PageRoute>,
    /// What the address asks for.
    pub asked: Asked,
    /// What was read.
    pub page: Option<PageRows>,
}

/// The page at `uri` again, for `caller`, with a form that came back: what it shows is read anew.
pub async fn render(state: &AppState, caller: &Caller, uri: &Uri, extra: Extra) -> Response {
    let asked = Asked::new(state.deps.now(), HashMap::new(), uri.query());
    render_asked(state, caller, uri.path(), asked, extra).await
}

/// The same of a page whose address names something: `path` in axum's form, and what stands for `{id}` in it.
pub async fn render_of(state: &AppState, caller: &Caller, path: &str, id: &str, extra: Extra) -> Response {
    let asked = Asked::new(state.deps.now(), HashMap::from([("id".to_owned(), id.to_owned())]), None);
    render_asked(state, caller, path, asked, extra).await
}

async fn render_asked(state: &AppState, caller: &Caller, path: &str, asked: Asked, extra: Extra) -> Response {
    let route = app::routes::page(path);
    let wanted = route.and_then(|route| route.wants).map(|wants| wants(&asked));
    let page = match (wanted, caller.viewer(&state.deps)) {
        (Some(wanted), Some(viewer)) => match calendar::read_page(&state.deps, &caller.op, &viewer, &wanted).await {
            Ok(visit) => visit.page.map(Arc::new),
            Err(error) => {
                tracing::error!(%error, "a page could not be read");
                return broken();
            }
        },
        _ => None,
    };
    show(state, caller, Ready { route, asked, page }, extra)
}

/// A page that was read for already.
pub fn show(state: &AppState, caller: &Caller, ready: Ready, extra: Extra) -> Response {
    let Ready { route, asked, page } = ready;
    let context = PageContext {
        op: caller.op.clone(),
        user: caller.identity.user,
        site: Arc::clone(&state.site),
        asked,
        page,
        form: extra.form,
        outbox: extra.outbox,
        secrets: extra.secrets,
        sale: extra.sale,
        request: extra.request,
    };
    let leads_to = if route.is_some_and(|route| route.sells) { state.web.payment_origins() } else { Vec::new() };
    let has_islands = route.is_some_and(|route| route.has_islands);
    let rendered = app::shell::render(context, &state.leptos, has_islands, route.map_or(app::pages::not_found, |route| route.show));
    let mut response = (extra.status.unwrap_or(rendered.status), Html(rendered.html)).into_response();
    let headers = response.headers_mut();
    if let Some(policy) = rendered.nonce.and_then(|nonce| HeaderValue::from_str(&page_policy(&nonce.to_string(), &leads_to)).ok()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(wait) = extra.retry_after {
        headers.insert(RETRY_AFTER, wait.as_secs().into());
    }
    response
}

/// Our fault: a bare reply, which `middleware/errors.rs` makes a page of.
pub(super) fn broken() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
