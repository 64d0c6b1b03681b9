//! Multistatus answers (RFC 4918, 13).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Text for XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A member with its properties, and one property that it does not have.
pub(super) fn item(href: &str, properties: &str) -> String {
    format!(
        "<response><href>{href}</href><propstat><prop>{properties}</prop><status>HTTP/1.1 200 OK</status></propstat>\
         <propstat><prop><c:calendar-timezone/></prop><status>HTTP/1.1 404 Not Found</status></propstat></response>"
    )
}

/// A member that has nothing but a status.
pub(super) fn bare(href: &str, status: &str) -> String {
    format!("<response><href>{href}</href><status>HTTP/1.1 {status}</status></response>")
}

pub(super) fn multistatus(items: &str, sync_token: Option<&str>) -> Response {
    let token = sync_token.map(|token| format!("<sync-token>{token}</sync-token>")).unwrap_or_default();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<multistatus xmlns=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\" \
         xmlns:s=\"http://calendarserver.org/ns/\">{items}{token}</multistatus>"
    );
    (StatusCode::MULTI_STATUS, [(header::CONTENT_TYPE, "text/xml; charset=UTF-8")], body).into_response()
}

/// A refusal that names the condition that does not hold.
pub(super) fn condition(status: StatusCode, name: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error xmlns=\"DAV:\"><{name}/></error>");
    (status, [(header::CONTENT_TYPE, "text/xml; charset=UTF-8")], body).into_response()
}
