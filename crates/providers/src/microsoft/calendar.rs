//! Calendars and events, whole and by difference.

use std::collections::HashMap;

use chrono::SecondsFormat;
use reqwest::header::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use super::Microsoft;
use super::errors::source_error;
use super::event::{change, needs_master};
use super::wire::{Calendar, Event, Page};
use crate::calendar::{
    CalendarRef, CalendarSource, ChangePage, Credentials, Cursor, Next, RemoteCalendar, SourceError, Unreadable, UnreadableReason, Window,
};
use crate::outbound::Request;

/// Immutable ids, because ordinary ones change when an item is moved; UTC, because Graph's times carry no offset. Sent on every call.
const PREFER: &str = r#"IdType="ImmutableId", outlook.timezone="UTC", odata.maxpagesize=200"#;
/// Far above what an account has; stops a loop of links.
const MAX_CALENDAR_PAGES: usize = 40;
/// Fields asked for where fields can be chosen.
const FIELDS: &str =
    "id,type,seriesMasterId,iCalUId,subject,start,end,isAllDay,isCancelled,showAs,sensitivity,responseStatus,originalStart";

#[async_trait::async_trait]
impl CalendarSource for Microsoft {
    async fn calendars(&self, credentials: &Credentials) -> Result<Vec<RemoteCalendar>, SourceError> {
        let mut url = self.endpoint(&["me", "calendars"])?;
        url.query_pairs_mut().append_pair("$top", "100").append_pair("$select", "id,name,isDefaultCalendar,canEdit,canViewPrivateItems");
        let mut calendars = Vec::new();
        for _ in 0..MAX_CALENDAR_PAGES {
            let body = self.get(credentials, url).await?;
            let page: Page<'_> = serde_json::from_slice(&body).map_err(|_| SourceError::Unreadable)?;
            let entries = page.value.into_iter().map(|entry| serde_json::from_str::<Calendar>(entry.get()));
            calendars.extend(entries.collect::<Result<Vec<_>, _>>().map_err(|_| SourceError::Unreadable)?.into_iter().map(remote_calendar));
            match page.next_link {
                Some(next) => url = parse(&next)?,
                None => return Ok(calendars),
            }
        }
        Err(SourceError::Unreadable)
    }

    /// By `calendarView/delta`; the links of Graph are the page and the sync token, and are followed as they are.
    async fn changes(&self, credentials: &Credentials, calendar: CalendarRef<'_>, cursor: &Cursor) -> Result<ChangePage, SourceError> {
        let url = match cursor {
            Cursor::Full { page: Some(link), .. }
            | Cursor::Since { page: Some(link), .. }
            | Cursor::Since { sync_token: link, page: None } => parse(link)?,
            Cursor::Full { window, page: None } => self.first_round(calendar.id, *window)?,
        };
        let body = self.get(credentials, url).await?;
        let page: Page<'_> = serde_json::from_slice(&body).map_err(|_| SourceError::Unreadable)?;
        let next = match (page.next_link, page.delta_link) {
            (Some(link), _) => Next::Page(link),
            (None, sync_token) => Next::Done { sync_token },
        };
        let (mut events, mut unreadable) = (Vec::with_capacity(page.value.len()), Vec::new());
        for entry in page.value {
            match serde_json::from_str::<Event>(entry.get()) {
                Ok(event) => events.push(event),
                Err(_) => unreadable.push(Unreadable { reason: UnreadableReason::Malformed }),
            }
        }
        // A later round says nothing about an occurrence that was deleted: the series comes again with those that are left, in
        // as many pages as it takes. So a series that changed asks for everything, which is swapped in when it is whole.
        let is_later = matches!(cursor, Cursor::Since { .. });
        if is_later && events.iter().any(|event| event.removed.is_none() && event.kind.as_deref() == Some("seriesMaster")) {
            return Err(SourceError::CursorExpired);
        }
        let masters = self.masters(credentials, calendar.id, &events).await?;
        let mut changes = Vec::with_capacity(events.len());
        for event in events {
            let master = event.series_master_id.as_ref().and_then(|id| masters.get(id)).cloned();
            match change(event, master.as_ref()) {
                Ok(change) => changes.push(change),
                Err(reason) => unreadable.push(Unreadable { reason }),
            }
        }
        Ok(ChangePage { changes, unreadable, zone: None, next })
    }
}

impl Microsoft {
    /// An address below the API's, each part percent-encoded as one path segment (ids hold `/`, `+` and `=`).
    pub(super) fn endpoint(&self, segments: &[&str]) -> Result<Url, SourceError> {
        let mut url = self.settings.api_url.clone();
        url.path_segments_mut().map_err(|()| SourceError::AddressRefused)?.pop_if_empty().extend(segments);
        Ok(url)
    }

    fn first_round(&self, calendar: &str, window: Window) -> Result<Url, SourceError> {
        let mut url = self.endpoint(&["me", "calendars", calendar, "calendarView", "delta"])?;
        // A delta round takes the window and nothing else.
        url.query_pairs_mut()
            .append_pair("startDateTime", &window.starts_at.to_rfc3339_opts(SecondsFormat::Secs, true))
            .append_pair("endDateTime", &window.ends_at.to_rfc3339_opts(SecondsFormat::Secs, true));
        Ok(url)
    }

    /// The series of the page's occurrences: from the page itself, else asked for one by one, because a mailbox takes four requests
    /// at once and counts each. A series that is gone meanwhile is left out.
    async fn masters(&self, credentials: &Credentials, calendar: &str, events: &[Event]) -> Result<HashMap<String, Event>, SourceError> {
        let is_master = |event: &&Event| event.kind.as_deref() == Some("seriesMaster");
        let mut masters: HashMap<String, Event> = events.iter().filter(is_master).map(|event| (event.id.clone(), event.clone())).collect();
        for id in events.iter().filter_map(needs_master) {
            if masters.contains_key(id) {
                continue;
            }
            let mut url = self.endpoint(&["me", "calendars", calendar, "events", id])?;
            url.query_pairs_mut().append_pair("$select", FIELDS);
            match self.read::<Event>(credentials, url).await {
                Ok(master) => {
                    masters.insert(id.to_owned(), master);
                }
                Err(SourceError::CalendarGone | SourceError::Unreadable) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(masters)
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, credentials: &Credentials, url: Url) -> Result<T, SourceError> {
        serde_json::from_slice(&self.get(credentials, url).await?).map_err(|_| SourceError::Unreadable)
    }

    async fn get(&self, credentials: &Credentials, url: Url) -> Result<Vec<u8>, SourceError> {
        let Credentials::Bearer(token) = credentials else { return Err(SourceError::Unauthorized) };
        let request = preferring(Request::get(url)).bearer(token);
        let response = self.outbound.send(&self.destination, request).await?;
        if !response.status.is_success() {
            return Err(source_error(&response));
        }
        Ok(response.body)
    }
}

/// Ids match only if this is asked for on every call, also where a subscription is made.
pub(super) fn preferring(mut request: Request) -> Request {
    request.headers.push((HeaderName::from_static("prefer"), HeaderValue::from_static(PREFER)));
    request
}

fn parse(link: &str) -> Result<Url, SourceError> {
    Url::parse(link).map_err(|_| SourceError::Unreadable)
}

fn remote_calendar(entry: Calendar) -> RemoteCalendar {
    RemoteCalendar {
        name: entry.name.unwrap_or_else(|| "Calendar".to_owned()),
        // Graph names no zone for a calendar; the person's own is used.
        zone: None,
        is_primary: entry.is_default_calendar,
        can_read_details: entry.can_view_private_items || entry.can_edit,
        counts_by_default: entry.is_default_calendar || entry.can_edit,
        stable_id: entry.id.clone(),
        id: entry.id,
        owners: Vec::new(),
    }
}
