//! From the address somebody typed to the list of calendars.

use std::collections::HashSet;

use url::Url;

use super::multistatus::{Item, parse};
use super::site::may_follow;
use super::{Caldav, source_error};
use crate::calendar::{Credentials, MAX_CALENDARS, RemoteCalendar, SourceError};

const MAX_REDIRECTS: usize = 5;
/// More home sets than any account has.
const MAX_HOMES: usize = 10;
/// More addresses than anybody is invited by, and longer than a mail address may be (RFC 5321, 4.5.3.1.3, with `mailto:`).
const MAX_OWNERS: usize = 50;
const MAX_OWNER: usize = 320;
/// Longer addresses of calendars are nobody's.
const MAX_ADDRESS: usize = 2_048;

const PRINCIPAL: &str = r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><current-user-principal/><resourcetype/></prop></propfind>"#;
const HOME: &str = r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><c:calendar-home-set/><c:calendar-user-address-set/></prop></propfind>"#;
const CALENDARS: &str = r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><resourcetype/><displayname/><c:supported-calendar-component-set/><c:calendar-timezone/><c:schedule-calendar-transp/></prop></propfind>"#;

impl Caldav {
    /// Every calendar below the account's home sets that holds events.
    pub(super) async fn list_calendars(&self, credentials: &Credentials) -> Result<Vec<RemoteCalendar>, SourceError> {
        let Credentials::Basic { server, username, .. } = credentials else { return Err(SourceError::Unauthorized) };
        let (principal, base) = self.principal(credentials, server).await?;
        let (items, base) = self.propfind(credentials, Self::same_site(server, &base, &principal)?, "0", HOME).await?;
        let (mut homes, mut owners) = (Vec::new(), vec![username.clone()]);
        for item in items {
            homes.extend(item.calendar_home_set);
            // An invitation names one of these, which need not be what somebody signs in with (RFC 6638, 2.4.1).
            owners.extend(item.calendar_user_addresses.into_iter().filter(|address| address.len() <= MAX_OWNER));
            owners.truncate(MAX_OWNERS);
        }
        if homes.is_empty() {
            return Err(SourceError::Unreadable);
        }
        let mut calendars: Vec<RemoteCalendar> = Vec::new();
        let mut known = HashSet::new();
        for home in homes.into_iter().take(MAX_HOMES) {
            let (items, base) = self.propfind(credentials, Self::same_site(server, &base, &home)?, "1", CALENDARS).await?;
            for item in items.into_iter().filter(holds_events) {
                let Ok(url) = Self::same_site(server, &base, &item.href) else { continue };
                if calendars.len() >= MAX_CALENDARS || url.as_str().len() > MAX_ADDRESS {
                    continue;
                }
                // Two home sets may list the same calendar.
                if known.insert(url.to_string()) {
                    calendars.push(RemoteCalendar { owners: owners.clone(), ..remote_calendar(server, &url, item) });
                }
            }
        }
        if let Some(first) = calendars.first_mut() {
            first.is_primary = true;
        }
        Ok(calendars)
    }

    /// The principal's address, asked at the server's well-known place first (RFC 6764, 5), then at the address itself.
    async fn principal(&self, credentials: &Credentials, server: &Url) -> Result<(String, Url), SourceError> {
        let mut tries = vec![server.clone()];
        if server.path() == "/" {
            tries.insert(0, server.join("/.well-known/caldav").map_err(|_| SourceError::AddressRefused)?);
        }
        let mut last = SourceError::Unreadable;
        for url in tries {
            match self.propfind(credentials, url, "0", PRINCIPAL).await {
                Ok((items, base)) => {
                    if let Some(principal) = items.into_iter().find_map(|item| item.current_user_principal) {
                        return Ok((principal, base));
                    }
                }
                // A refusal says more than a place that knows no CalDAV.
                Err(SourceError::Forbidden) => last = SourceError::Forbidden,
                Err(SourceError::CalendarGone | SourceError::Unreadable) => {}
                Err(error) => return Err(error),
            }
        }
        // No principal anywhere: this is not a CalDAV server, whatever else it is.
        Err(last)
    }

    /// A PROPFIND that goes along with redirects itself: same site only, method and body kept, each hop checked.
    pub(super) async fn propfind(
        &self,
        credentials: &Credentials,
        url: Url,
        depth: &'static str,
        body: &str,
    ) -> Result<(Vec<Item>, Url), SourceError> {
        let Credentials::Basic { server, .. } = credentials else { return Err(SourceError::Unauthorized) };
        let mut url = url;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.call(credentials, "PROPFIND", url.clone(), depth, body.to_owned()).await?;
            match response.status.as_u16() {
                207 => return parse(&response.body).map(|answer| (answer.items, url)).map_err(|_| SourceError::Unreadable),
                301 | 302 | 303 | 307 | 308 => {
                    let location = response.headers.get(reqwest::header::LOCATION).and_then(|value| value.to_str().ok());
                    url = Self::same_site(server, &url, location.ok_or(SourceError::Unreadable)?)?;
                }
                _ => return Err(source_error(&response)),
            }
        }
        Err(SourceError::Unreadable)
    }

    /// `href` as seen from `base`; refused when it leads where the password given for `server` may not go.
    pub(super) fn same_site(server: &Url, base: &Url, href: &str) -> Result<Url, SourceError> {
        let url = base.join(href).map_err(|_| SourceError::Unreadable)?;
        if may_follow(server, &url) { Ok(url) } else { Err(SourceError::AddressRefused) }
    }
}

fn holds_events(item: &Item) -> bool {
    item.is_calendar && item.components.as_ref().is_none_or(|components| components.iter().any(|component| component == "VEVENT"))
}

/// An account that lives on another host than the one it is entered by (iCloud's partitions) may move from one to the next: there, a
/// calendar is known by its path.
fn stable_id(server: &Url, url: &Url) -> String {
    if url.origin() == server.origin() { url.to_string() } else { format!("partition:{}", url.path()) }
}

fn remote_calendar(server: &Url, url: &Url, item: Item) -> RemoteCalendar {
    let last = url.path_segments().and_then(|segments| segments.rev().find(|segment| !segment.is_empty())).unwrap_or("calendar");
    RemoteCalendar {
        id: url.to_string(),
        stable_id: stable_id(server, url),
        name: item.display_name.unwrap_or_else(|| percent_encoding::percent_decode_str(last).decode_utf8_lossy().into_owned()),
        zone: item.time_zone.as_deref().and_then(crate::ical::zone_of),
        is_primary: false,
        can_read_details: true,
        counts_by_default: !item.transparent,
        owners: Vec::new(),
    }
}
