//! The events of a calendar, whole or by difference.
//!
//! The ladder: `sync-collection` (RFC 6578) where the server has it; else the collection's ctag says whether anything changed; else
//! everything is read each time. Events are fetched by `calendar-multiget` in pages, so that memory holds one page; a server
//! without it is read by one `calendar-query` for the window.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use url::Url;

use super::multistatus::{Item, Multistatus, parse};
use super::{Caldav, source_error};
use crate::calendar::{Change, ChangePage, Credentials, Cursor, Next, SourceError, UnreadableReason, Window};
use crate::ical;
use crate::outbound::Response;

/// Resources asked for at once.
const PAGE: usize = 50;
/// Rounds of one sync that a server may cut into pieces (507).
const MAX_PIECES: usize = 50;
/// Resources of one round, and bytes of their names together: what is left of them is kept between pages.
const MAX_RESOURCES: usize = 20_000;
const MAX_NAMES: usize = 2 << 20;
/// A longer token or ctag is as good as none.
const MAX_TOKEN: usize = 4_096;

const STATE: &str = r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:" xmlns:s="http://calendarserver.org/ns/"><prop><sync-token/><s:getctag/></prop></propfind>"#;

/// What a calendar was like, kept as its sync token. The window is in it because a later round has to cut by the same one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    from: i64,
    to: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ctag: Option<String>,
}

/// What is left to fetch of a round, kept as its page token.
#[derive(Debug, Serialize, Deserialize)]
struct Rest {
    mark: Mark,
    hrefs: Vec<String>,
    /// Whether what is fetched replaces what was there.
    replaces: bool,
}

impl Mark {
    fn window(&self) -> Result<Window, SourceError> {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).ok_or(SourceError::CursorExpired);
        Ok(Window { starts_at: at(self.from)?, ends_at: at(self.to)? })
    }

    /// Without anything to compare with there is no token, and the next round reads everything.
    fn token(&self) -> Option<String> {
        (self.sync.is_some() || self.ctag.is_some()).then(|| serde_json::to_string(self).unwrap_or_default())
    }
}

/// One calendar and whose it is.
pub(super) struct Collection<'c> {
    pub credentials: &'c Credentials,
    pub url: Url,
    pub zone: Tz,
    pub owners: &'c [String],
}

impl Caldav {
    pub(super) async fn read_changes(&self, collection: &Collection<'_>, cursor: &Cursor) -> Result<ChangePage, SourceError> {
        match cursor {
            Cursor::Full { page: Some(page), .. } | Cursor::Since { page: Some(page), .. } => {
                let rest: Rest = serde_json::from_str(page).map_err(|_| SourceError::CursorExpired)?;
                self.fetch(collection, rest, Vec::new()).await
            }
            Cursor::Full { window, page: None } => self.everything(collection, *window).await,
            Cursor::Since { sync_token, page: None } => {
                let mark: Mark = serde_json::from_str(sync_token).map_err(|_| SourceError::CursorExpired)?;
                self.difference(collection, mark).await
            }
        }
    }

    /// The state is asked before the events, so that what changes meanwhile is seen again and not missed.
    async fn everything(&self, collection: &Collection<'_>, window: Window) -> Result<ChangePage, SourceError> {
        let state = self.state(collection).await?;
        let mark = Mark { from: window.starts_at.timestamp(), to: window.ends_at.timestamp(), sync: state.sync_token, ctag: state.ctag };
        let answer = self.report(collection, "1", query(window, "<getetag/>")).await?;
        // A list that was cut is no list: what is not in it may still be there.
        if answer.items.iter().any(|item| item.status == Some(507)) {
            return Err(SourceError::Down { retry_after: None });
        }
        let hrefs: Vec<String> = answer.items.into_iter().map(|item| item.href).filter(|href| is_member(collection, href)).collect();
        if are_too_many(&hrefs) {
            return Err(SourceError::Unreadable);
        }
        let rest = Rest { mark: mark.clone(), hrefs, replaces: false };
        match self.fetch(collection, rest, Vec::new()).await {
            // No multiget here: the window at once.
            Err(SourceError::Unreadable) => {
                let answer = self.report(collection, "1", query(window, "<getetag/><c:calendar-data/>")).await?;
                let mut page =
                    ChangePage { changes: Vec::new(), unreadable: Vec::new(), zone: None, next: Next::Done { sync_token: mark.token() } };
                // So many are one page here too, with its steps.
                let mut items = answer.items.into_iter().peekable();
                while items.peek().is_some() {
                    read_items(collection, window, items.by_ref().take(PAGE).collect(), false, &mut page).await?;
                }
                Ok(page)
            }
            answer => answer,
        }
    }

    async fn difference(&self, collection: &Collection<'_>, mark: Mark) -> Result<ChangePage, SourceError> {
        let Some(mut token) = mark.sync.clone() else {
            let unchanged = mark.ctag.is_some() && self.state(collection).await?.ctag == mark.ctag;
            let next = Next::Done { sync_token: mark.token() };
            let nothing = ChangePage { changes: Vec::new(), unreadable: Vec::new(), zone: None, next };
            return if unchanged { Ok(nothing) } else { Err(SourceError::CursorExpired) };
        };
        let (mut hrefs, mut gone) = (Vec::new(), Vec::new());
        for _ in 0..MAX_PIECES {
            let answer = self.sync_collection(collection, &token).await?;
            token = answer.sync_token.and_then(short).ok_or(SourceError::CursorExpired)?;
            let mut more = false;
            for item in answer.items {
                match item.status {
                    Some(507) => more = true,
                    _ if !is_member(collection, &item.href) => {}
                    Some(404 | 410) => gone.push(Change::RemoveResource { resource: resource(collection, &item.href) }),
                    _ => hrefs.push(item.href),
                }
            }
            if are_too_many(&hrefs) || gone.len() > MAX_RESOURCES {
                return Err(SourceError::CursorExpired);
            }
            if !more {
                let rest = Rest { mark: Mark { sync: Some(token), ..mark }, hrefs, replaces: true };
                return self.fetch(collection, rest, gone).await;
            }
        }
        Err(SourceError::CursorExpired)
    }

    /// One page of what is left, after `changes` that are known already.
    async fn fetch(&self, collection: &Collection<'_>, mut rest: Rest, changes: Vec<Change>) -> Result<ChangePage, SourceError> {
        let window = rest.mark.window()?;
        let mut page = ChangePage { changes, unreadable: Vec::new(), zone: None, next: Next::Done { sync_token: rest.mark.token() } };
        let later = rest.hrefs.split_off(rest.hrefs.len().min(PAGE));
        if !rest.hrefs.is_empty() {
            let answer = self.report(collection, "1", multiget(&rest.hrefs)).await?;
            // What was asked for and not answered is neither there nor gone: the state before it is kept.
            let mut open: HashSet<String> = rest.hrefs.iter().map(|href| resource(collection, href)).collect();
            // And what was not asked for, or is answered twice, is not read.
            let items: Vec<Item> = answer.items.into_iter().filter(|item| open.remove(&resource(collection, &item.href))).collect();
            if !open.is_empty() {
                return Err(SourceError::Down { retry_after: None });
            }
            read_items(collection, window, items, rest.replaces, &mut page).await?;
        }
        if !later.is_empty() {
            let rest = Rest { hrefs: later, ..rest };
            page.next = Next::Page(serde_json::to_string(&rest).map_err(|_| SourceError::Unreadable)?);
        }
        Ok(page)
    }

    async fn state(&self, collection: &Collection<'_>) -> Result<Item, SourceError> {
        let (items, _) = self.propfind(collection.credentials, collection.url.clone(), "0", STATE).await?;
        let state = items.into_iter().next().unwrap_or_default();
        Ok(Item { sync_token: state.sync_token.and_then(short), ctag: state.ctag.and_then(short), ..state })
    }

    /// A token that the server does not take any more, or a report it does not have, asks for a full read; servers say so with
    /// many statuses (403, 409, 410, 412, also 500).
    async fn sync_collection(&self, collection: &Collection<'_>, token: &str) -> Result<Multistatus, SourceError> {
        let body = format!(
            r#"<?xml version="1.0" encoding="utf-8"?><sync-collection xmlns="DAV:"><sync-token>{}</sync-token><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"#,
            escape(token)
        );
        let response = self.call(collection.credentials, "REPORT", collection.url.clone(), "0", body).await?;
        match response.status.as_u16() {
            207 => parse(&response.body).map_err(|_| SourceError::CursorExpired),
            400 | 403 | 405 | 409 | 410 | 412 | 415 | 500 | 501 => Err(SourceError::CursorExpired),
            _ => Err(source_error(&response)),
        }
    }

    async fn report(&self, collection: &Collection<'_>, depth: &'static str, body: String) -> Result<Multistatus, SourceError> {
        let response = self.call(collection.credentials, "REPORT", collection.url.clone(), depth, body).await?;
        answer(&response)
    }
}

fn short(token: String) -> Option<String> {
    Some(token).filter(|token| token.len() <= MAX_TOKEN)
}

fn are_too_many(hrefs: &[String]) -> bool {
    hrefs.len() > MAX_RESOURCES || hrefs.iter().map(String::len).sum::<usize>() > MAX_NAMES
}

fn answer(response: &Response) -> Result<Multistatus, SourceError> {
    match response.status.as_u16() {
        207 => parse(&response.body).map_err(|_| SourceError::Unreadable),
        // Not a report this server has.
        405 | 415 | 501 => Err(SourceError::Unreadable),
        _ => Err(source_error(response)),
    }
}

/// Only 404 and 410 say that a resource is gone. Any other failure fails the page: the state before it is kept.
fn found(item: Item) -> Result<(String, Option<String>), SourceError> {
    match item.status {
        None | Some(200 | 404 | 410) => {}
        Some(_) => return Err(SourceError::Down { retry_after: None }),
    }
    if item.calendar_data.is_none() && item.withheld.is_some() {
        return Err(SourceError::Down { retry_after: None });
    }
    // Without data it is gone, or was never an event.
    Ok((item.href, item.calendar_data.filter(|_| !matches!(item.status, Some(404 | 410)))))
}

/// Reads the resources of a page where a long series holds up nobody else: off the threads that answer requests, in so many steps.
async fn read_items(
    collection: &Collection<'_>,
    window: Window,
    items: Vec<Item>,
    replaces: bool,
    page: &mut ChangePage,
) -> Result<(), SourceError> {
    let mut resources = Vec::with_capacity(items.len());
    for item in items {
        let (href, data) = found(item)?;
        resources.push((resource(collection, &href), data));
    }
    let (zone, owners) = (collection.zone, collection.owners.to_vec());
    let read = tokio::task::spawn_blocking(move || {
        let steps = ical::Steps::of_page();
        let read = |(name, data): (String, Option<String>)| {
            // A panic is ours, and costs the file that it came from, not its neighbours.
            let entries = catch_unwind(AssertUnwindSafe(|| {
                data.map(|data| ical::read(&name, &data, zone, window, &owners, &steps)).unwrap_or_default()
            }))
            .unwrap_or_else(|_| ical::Entries::refused(UnreadableReason::Malformed));
            (name, entries)
        };
        resources.into_iter().map(read).collect::<Vec<_>>()
    });
    for (name, mut entries) in read.await.map_err(|_| SourceError::Unreadable)? {
        if replaces {
            page.changes.push(Change::RemoveResource { resource: name });
        }
        page.changes.append(&mut entries.changes);
        page.unreadable.append(&mut entries.unreadable);
    }
    Ok(())
}

/// The collection lists itself among its members, and some servers list folders.
fn is_member(collection: &Collection<'_>, href: &str) -> bool {
    !href.ends_with('/') && resource(collection, href) != resource(collection, collection.url.as_str())
}

/// One name for a resource, however the server writes its path this time.
fn resource(collection: &Collection<'_>, href: &str) -> String {
    let path = collection.url.join(href).map_or_else(|_| href.to_owned(), |url| url.path().to_owned());
    percent_encoding::percent_decode_str(&path).decode_utf8_lossy().into_owned()
}

fn query(window: Window, properties: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><c:calendar-query xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop>{properties}</prop><c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"><c:time-range start="{}" end="{}"/></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"#,
        window.starts_at.format("%Y%m%dT%H%M%SZ"),
        window.ends_at.format("%Y%m%dT%H%M%SZ"),
    )
}

fn multiget(hrefs: &[String]) -> String {
    let hrefs = hrefs.iter().fold(String::new(), |all, href| all + "<href>" + &escape(href) + "</href>");
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><c:calendar-multiget xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><prop><getetag/><c:calendar-data/></prop>{hrefs}</c:calendar-multiget>"#
    )
}

fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(member: &str) -> Result<ChangePage, SourceError> {
        let body = format!(
            r#"<multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><response><href>/cal/a.ics</href>{member}</response></multistatus>"#
        );
        let credentials = Credentials::Bearer("x".to_owned().into());
        let collection =
            Collection { credentials: &credentials, url: "https://example.com/cal/".parse().unwrap(), zone: chrono_tz::UTC, owners: &[] };
        let window = Window { starts_at: "2026-11-01T00:00:00Z".parse().unwrap(), ends_at: "2026-12-01T00:00:00Z".parse().unwrap() };
        let mut page = ChangePage { changes: Vec::new(), unreadable: Vec::new(), zone: None, next: Next::Done { sync_token: None } };
        read_items(&collection, window, parse(body.as_bytes()).unwrap().items, true, &mut page).await.map(|()| page)
    }

    #[tokio::test]
    async fn only_what_is_said_to_be_gone_is_gone() {
        for gone in ["<status>HTTP/1.1 404 Not Found</status>", "<status>HTTP/1.1  410 Gone</status>"] {
            assert_eq!(answer(gone).await.unwrap().changes.len(), 1, "{gone}");
        }
        for failed in [
            "<status>HTTP/1.1 503 Service Unavailable</status>",
            "<status>HTTP/1.1 403 Forbidden</status>",
            "<propstat><prop><c:calendar-data/></prop><status>HTTP/1.1 500 Internal Server Error</status></propstat>",
            // Not statuses at all.
            "<status>Service Unavailable</status>",
            "<status/>",
            "<propstat><prop><c:calendar-data/></prop><status>gone fishing</status></propstat>",
        ] {
            assert_eq!(answer(failed).await, Err(SourceError::Down { retry_after: None }), "{failed}");
        }
    }
}
