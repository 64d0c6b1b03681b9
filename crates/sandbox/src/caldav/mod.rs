//! CalDAV as Apple speaks it: an entry that names a partition, app passwords, reports it refuses, and itself among its members.

mod data;
mod reports;
mod state;
mod xml;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine;

use crate::Shared;
use crate::faults::{Route, under};

pub use data::{APP_PASSWORD, USERNAME};
pub use state::CaldavState;

/// Larger requests are not made by anybody who means well.
const MAX_BODY: usize = 1 << 20;

pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/.well-known/caldav", any(well_known))
        .route("/caldav/", any(entry))
        .route("/caldav/principal/", any(principal))
        .route("/caldav/{account}/calendars/", any(home))
        .route("/caldav/{account}/calendars/{calendar}/", any(reports::calendar))
}

async fn well_known() -> Response {
    (StatusCode::MOVED_PERMANENTLY, [(header::LOCATION, "/caldav/")]).into_response()
}

async fn entry(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answer(&shared, Route::CaldavAccount, request, |_, call| {
        let body = xml::item("/caldav/", "<current-user-principal><href>/caldav/principal/</href></current-user-principal>");
        call.expect_propfind("0").unwrap_or_else(|| xml::multistatus(&body, None))
    })
    .await
}

async fn principal(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answer(&shared, Route::CaldavAccount, request, |state, call| {
        // iCloud refuses `Depth: 1` here.
        let home = format!("http://localhost:{}/caldav/{}/calendars/", state.partition, data::ACCOUNT_ID);
        let body = xml::item("/caldav/principal/", &format!("<c:calendar-home-set><href>{home}</href></c:calendar-home-set><c:calendar-user-address-set><href>/caldav/principal/</href><href>mailto:{}</href></c:calendar-user-address-set>", data::ADDRESS));
        call.expect_propfind("0").unwrap_or_else(|| xml::multistatus(&body, None))
    })
    .await
}

async fn home(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    answer(&shared, Route::CaldavCalendars, request, |state, call| {
        if let Some(refusal) = call.expect_propfind("1").or_else(|| call.expect_partition(state)) {
            return refusal;
        }
        let base = format!("/caldav/{}/calendars/", data::ACCOUNT_ID);
        let mut body = xml::item(&base, "<resourcetype><collection/></resourcetype><displayname>home</displayname>");
        // What is no calendar, and one that holds no events.
        for name in ["inbox", "outbox", "notification"] {
            body += &xml::item(
                &format!("{base}{name}/"),
                &format!("<resourcetype><collection/></resourcetype><displayname>{name}</displayname>"),
            );
        }
        let calendar = |name: &str, shown: &str, component: &str| {
            let properties = format!(
                "<resourcetype><collection/><c:calendar/></resourcetype><displayname>{shown}</displayname>\
                 <c:supported-calendar-component-set><c:comp name=\"{component}\"/></c:supported-calendar-component-set>"
            );
            xml::item(&format!("{base}{name}/"), &properties)
        };
        body += &calendar("reminders", "Reminders", "VTODO");
        for (name, entry) in &state.calendars {
            body += &calendar(name, entry.name, "VEVENT");
        }
        xml::multistatus(&body, None)
    })
    .await
}

/// One request, its body read.
struct Call {
    method: String,
    depth: String,
    /// The port it came to: which partition was asked.
    port: Option<u16>,
    body: String,
}

impl Call {
    fn expect_propfind(&self, depth: &str) -> Option<Response> {
        let allprop = self.body.contains("allprop");
        let fits = self.method == "PROPFIND" && self.depth == depth && !allprop;
        (!fits).then(|| StatusCode::BAD_REQUEST.into_response())
    }

    /// Another partition than the account's does not know it.
    fn expect_partition(&self, state: &CaldavState) -> Option<Response> {
        (self.port != Some(state.partition)).then(|| StatusCode::NOT_FOUND.into_response())
    }
}

/// Reads the request, checks who asks, and runs `work` under the faults of `route`.
async fn answer(shared: &Arc<Shared>, route: Route, request: Request, work: impl FnOnce(&mut CaldavState, &Call) -> Response) -> Response {
    let (parts, body) = request.into_parts();
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let call = Call {
        method: parts.method.as_str().to_owned(),
        depth: text("depth"),
        port: text("host").rsplit(':').next().and_then(|port| port.parse().ok()),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    };
    under(shared, route, || {
        let mut state = shared.lock();
        if state.caldav.moody_refusals > 0 {
            state.caldav.moody_refusals -= 1;
            return refused();
        }
        if !is_let_in(&parts.headers, &state.caldav.password) {
            return refused();
        }
        work(&mut state.caldav, &call)
    })
    .await
}

fn is_let_in(headers: &HeaderMap, password: &str) -> bool {
    let text = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Basic "));
    let decoded = text.and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    decoded.is_some_and(|bytes| bytes == format!("{USERNAME}:{password}").as_bytes())
}

/// Two schemes are offered, the one nobody speaks first.
fn refused() -> Response {
    let mut response = StatusCode::UNAUTHORIZED.into_response();
    for scheme in ["X-MobileMe-AuthToken realm=\"MMCalDav\"", "Basic realm=\"MMCalDav\""] {
        response.headers_mut().append(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    }
    response
}
