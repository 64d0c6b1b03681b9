//! The events of a window, by `calendar-query` (RFC 4791, 7.8).

use chrono_tz::Tz;
use url::Url;

use super::multistatus::parse;
use super::{Caldav, ical, source_error};
use crate::calendar::{ChangePage, Credentials, Next, SourceError, Window};

impl Caldav {
    /// Everything in the window, in one page. There is no sync token: the next round reads all of it again.
    pub(super) async fn read_window(
        &self,
        credentials: &Credentials,
        calendar: &str,
        zone: Tz,
        window: Window,
    ) -> Result<ChangePage, SourceError> {
        let Credentials::Basic { server, username, .. } = credentials else { return Err(SourceError::Unauthorized) };
        let calendar = Url::parse(calendar).map_err(|_| SourceError::Unreadable)?;
        if calendar.host_str() != server.host_str() {
            return Err(SourceError::AddressRefused);
        }
        let body = format!(
            r#"<?xml version="1.0" encoding="utf-8"?><c:calendar-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><getetag/><c:calendar-data/></prop><c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"><c:time-range start="{}" end="{}"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"#,
            window.starts_at.format("%Y%m%dT%H%M%SZ"),
            window.ends_at.format("%Y%m%dT%H%M%SZ"),
        );
        let response = self.call(credentials, "REPORT", calendar, "1", body).await?;
        if response.status.as_u16() != 207 {
            return Err(source_error(&response));
        }
        let items = parse(&response.body).map_err(|_| SourceError::Unreadable)?;
        let (mut changes, mut unreadable) = (Vec::new(), Vec::new());
        for item in items {
            let Some(data) = item.calendar_data else { continue };
            let mut entries = ical::read(&item.href, &data, zone, window, username);
            changes.append(&mut entries.changes);
            unreadable.append(&mut entries.unreadable);
        }
        Ok(ChangePage { changes, unreadable, zone: None, next: Next::Done { sync_token: None } })
    }
}
