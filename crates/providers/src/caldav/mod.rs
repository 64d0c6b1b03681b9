//! CalDAV (RFC 4791): one server by address, user name and app password.
//!
//! Reads only: discovery (RFC 6764, 5397), the list of calendars, events whole and by difference. Occurrences are expanded here and
//! not by the server, because servers disagree about `expand`.

mod account;
mod changes;
mod multistatus;
mod site;

pub use site::is_icloud;

use changes::Collection;
use url::Url;

use crate::calendar::{CalendarRef, CalendarSource, ChangePage, Credentials, Cursor, RemoteCalendar, SourceError};
use crate::outbound::{Body, Destination, Outbound, Request, Response};

/// Any CalDAV server.
#[derive(Debug)]
pub struct Caldav {
    outbound: Outbound,
    destination: Destination,
}

impl Caldav {
    /// A client; hosts come with each call and are checked each time.
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound, destination: Destination::given("caldav") }
    }

    /// One WebDAV request. Redirects are answers here, never followed with a password.
    async fn call(
        &self,
        credentials: &Credentials,
        method: &str,
        url: Url,
        depth: &'static str,
        body: String,
    ) -> Result<Response, SourceError> {
        use base64::Engine;
        use reqwest::header::{HeaderName, HeaderValue};
        use secrecy::ExposeSecret;

        let Credentials::Basic { username, password, .. } = credentials else { return Err(SourceError::Unauthorized) };
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{}", password.expose_secret()));
        let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| SourceError::Unreadable)?;
        let request = Request {
            method,
            url,
            headers: vec![(HeaderName::from_static("depth"), HeaderValue::from_static(depth))],
            authorization: Some(format!("Basic {basic}").into()),
            body: Body::Bytes("application/xml; charset=utf-8", body.into_bytes()),
            repeatable: true,
        };
        Ok(self.outbound.send(&self.destination, request).await?)
    }
}

#[async_trait::async_trait]
impl CalendarSource for Caldav {
    async fn calendars(&self, credentials: &Credentials) -> Result<Vec<RemoteCalendar>, SourceError> {
        self.list_calendars(credentials).await
    }

    async fn changes(&self, credentials: &Credentials, calendar: CalendarRef<'_>, cursor: &Cursor) -> Result<ChangePage, SourceError> {
        let Credentials::Basic { server, .. } = credentials else { return Err(SourceError::Unauthorized) };
        let url = Self::same_site(server, server, calendar.id)?;
        self.read_changes(&Collection { credentials, url, zone: calendar.zone, owners: calendar.owners }, cursor).await
    }
}

/// What an error status means (RFC 4918 and what servers do).
fn source_error(response: &Response) -> SourceError {
    let retry_after = crate::outbound::retry_after(&response.headers);
    match response.status.as_u16() {
        401 => SourceError::Unauthorized,
        403 => SourceError::Forbidden,
        404 | 410 => SourceError::CalendarGone,
        423 | 429 => SourceError::RateLimited { retry_after },
        500..=599 => SourceError::Down { retry_after },
        _ => SourceError::Unreadable,
    }
}
