//! Calendar list and events, whole and by difference.

use chrono::SecondsFormat;
use serde::de::DeserializeOwned;
use url::Url;

use super::Google;
use super::errors::source_error;
use super::wire::{CalendarListEntry, CalendarListPage, Event, EventTime, EventsPage};
use crate::calendar::{
    CalendarRef, CalendarSource, Change, ChangePage, Credentials, Cursor, Next, RemoteCalendar, RemoteEvent, SourceError, Span, Unreadable,
    UnreadableReason,
};
use crate::outbound::Request;

/// Events asked for per page: Google's maximum. A page is held in memory whole, and the next one while it is stored.
const PAGE_SIZE: &str = "2500";
/// What of a page is used.
const FIELDS: &str = "items(id,iCalUID,status,summary,start,end,originalStartTime,transparency,eventType,attendees(self,responseStatus)),\
timeZone,nextPageToken,nextSyncToken";
/// Far above what an account has; stops a loop of page tokens.
const MAX_CALENDAR_PAGES: usize = 40;

#[async_trait::async_trait]
impl CalendarSource for Google {
    async fn calendars(&self, credentials: &Credentials) -> Result<Vec<RemoteCalendar>, SourceError> {
        let mut calendars = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..MAX_CALENDAR_PAGES {
            let mut url = self.endpoint(&["users", "me", "calendarList"])?;
            url.query_pairs_mut().append_pair("maxResults", "250");
            if let Some(page) = &page {
                url.query_pairs_mut().append_pair("pageToken", page);
            }
            let answer: CalendarListPage = self.read(credentials, url).await?;
            calendars.extend(answer.items.into_iter().filter(|entry| !entry.deleted).map(remote_calendar));
            page = answer.next_page_token;
            if page.is_none() {
                return Ok(calendars);
            }
        }
        Err(SourceError::Unreadable)
    }

    async fn changes(&self, credentials: &Credentials, calendar: CalendarRef<'_>, cursor: &Cursor) -> Result<ChangePage, SourceError> {
        let mut url = self.endpoint(&["calendars", calendar.id, "events"])?;
        {
            // Every parameter but window, token and page must be the same in all rounds of one sync token.
            let mut query = url.query_pairs_mut();
            query
                .append_pair("singleEvents", "true")
                .append_pair("maxResults", PAGE_SIZE)
                .append_pair("maxAttendees", "1")
                .append_pair("fields", FIELDS);
            let page = match cursor {
                Cursor::Full { window, page } => {
                    query
                        .append_pair("timeMin", &window.starts_at.to_rfc3339_opts(SecondsFormat::Secs, true))
                        .append_pair("timeMax", &window.ends_at.to_rfc3339_opts(SecondsFormat::Secs, true));
                    page
                }
                Cursor::Since { sync_token, page } => {
                    query.append_pair("syncToken", sync_token);
                    page
                }
            };
            if let Some(page) = page {
                query.append_pair("pageToken", page);
            }
        }
        let body = self.get(credentials, url).await?;
        let answer: EventsPage<'_> = serde_json::from_slice(&body).map_err(|_| SourceError::Unreadable)?;
        let next = match (answer.next_page_token, answer.next_sync_token) {
            (Some(page), _) => Next::Page(page),
            (None, sync_token) => Next::Done { sync_token },
        };
        let (mut changes, mut unreadable) = (Vec::with_capacity(answer.items.len()), Vec::new());
        for item in answer.items {
            match serde_json::from_str::<Event>(item.get()).map_err(|_| UnreadableReason::Malformed).and_then(change) {
                Ok(change) => changes.extend(change),
                Err(reason) => unreadable.push(Unreadable { reason }),
            }
        }
        Ok(ChangePage { changes, unreadable, zone: answer.time_zone.and_then(|zone| zone.parse().ok()), next })
    }
}

impl Google {
    /// An address below the API's, each part percent-encoded as one path segment (calendar ids hold `@` and `#`).
    pub(super) fn endpoint(&self, segments: &[&str]) -> Result<Url, SourceError> {
        let mut url = self.settings.api_url.clone();
        url.path_segments_mut().map_err(|()| SourceError::AddressRefused)?.pop_if_empty().extend(segments);
        Ok(url)
    }

    async fn read<T: DeserializeOwned>(&self, credentials: &Credentials, url: Url) -> Result<T, SourceError> {
        serde_json::from_slice(&self.get(credentials, url).await?).map_err(|_| SourceError::Unreadable)
    }

    async fn get(&self, credentials: &Credentials, url: Url) -> Result<Vec<u8>, SourceError> {
        let Credentials::Bearer(token) = credentials else { return Err(SourceError::Unauthorized) };
        let response = self.outbound.send(&self.destination, Request::get(url).bearer(token)).await?;
        if !response.status.is_success() {
            return Err(source_error(&response));
        }
        Ok(response.body)
    }
}

fn remote_calendar(entry: CalendarListEntry) -> RemoteCalendar {
    let can_read_details = entry.access_role != "freeBusyReader";
    RemoteCalendar {
        name: entry.summary_override.or(entry.summary).unwrap_or_else(|| entry.id.clone()),
        zone: entry.time_zone.and_then(|zone| zone.parse().ok()),
        is_primary: entry.primary,
        can_read_details,
        // What somebody can write to and has ticked is theirs; holidays and colleagues' calendars are only looked at.
        counts_by_default: entry.primary || (entry.selected && matches!(entry.access_role.as_str(), "owner" | "writer")),
        stable_id: entry.id.clone(),
        id: entry.id,
        owners: Vec::new(),
    }
}

/// `None`: an entry that says where someone works or whose birthday it is, which takes no time.
fn change(event: Event) -> Result<Option<Change>, UnreadableReason> {
    if event.status == "cancelled" {
        return Ok(Some(Change::Remove { key: event.id }));
    }
    if matches!(event.event_type.as_deref(), Some("workingLocation" | "birthday")) {
        return Ok(Some(Change::Remove { key: event.id }));
    }
    let (start, end) = (event.start.ok_or(UnreadableReason::MissingStart)?, event.end.ok_or(UnreadableReason::InvalidTime)?);
    let span = match (start, end) {
        (EventTime { date: Some(start), .. }, EventTime { date: Some(end), .. }) => {
            // The end is exclusive; some producers write the same day.
            let end = if end > start { end } else { start.succ_opt().ok_or(UnreadableReason::InvalidTime)? };
            Span::AllDay { start, end }
        }
        (EventTime { date_time: Some(start), .. }, EventTime { date_time: Some(end), .. }) if end >= start => {
            Span::Timed { starts_at: start.into(), ends_at: end.into() }
        }
        _ => return Err(UnreadableReason::InvalidTime),
    };
    let declined = event.attendees.iter().any(|attendee| attendee.is_self && attendee.response_status.as_deref() == Some("declined"));
    Ok(Some(Change::Upsert(RemoteEvent {
        key: event.id,
        resource: None,
        ical_uid: event.ical_uid,
        original_start: event.original_start_time.and_then(original_instant),
        span,
        busy: event.transparency.as_deref() != Some("transparent") && !declined,
        tentative: event.status == "tentative",
        title: event.summary,
    })))
}

fn original_instant(time: EventTime) -> Option<chrono::DateTime<chrono::Utc>> {
    match (time.date_time, time.date) {
        (Some(at), _) => Some(at.into()),
        (None, Some(date)) => Some(date.and_time(chrono::NaiveTime::MIN).and_utc()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<Option<Change>, UnreadableReason> {
        change(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn an_event_that_only_looks_busy_does_not_block() {
        for extra in [
            serde_json::json!({"transparency": "transparent"}),
            serde_json::json!({"attendees": [{"self": true, "responseStatus": "declined"}]}),
        ] {
            let mut event = serde_json::json!({
                "id": "a", "status": "confirmed",
                "start": {"dateTime": "2026-11-22T10:00:00+01:00"}, "end": {"dateTime": "2026-11-22T11:00:00+01:00"},
            });
            event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let Ok(Some(Change::Upsert(event))) = read(event) else { panic!("an event") };
            assert!(!event.busy);
        }
    }

    #[test]
    fn an_all_day_event_keeps_its_dates() {
        let Ok(Some(Change::Upsert(event))) =
            read(serde_json::json!({"id": "a", "status": "confirmed", "start": {"date": "2026-11-22"}, "end": {"date": "2026-11-23"}}))
        else {
            panic!("an event")
        };
        assert_eq!(event.span, Span::AllDay { start: "2026-11-22".parse().unwrap(), end: "2026-11-23".parse().unwrap() });
    }

    #[test]
    fn a_cancelled_entry_with_nothing_but_its_id_is_a_removal() {
        assert_eq!(read(serde_json::json!({"id": "a", "status": "cancelled"})), Ok(Some(Change::Remove { key: "a".to_owned() })));
    }

    #[test]
    fn an_entry_whose_end_lies_before_its_start_is_counted_as_unreadable() {
        let event = serde_json::json!({
            "id": "a", "status": "confirmed",
            "start": {"dateTime": "2026-11-22T10:00:00Z"}, "end": {"dateTime": "2026-11-22T09:00:00Z"},
        });
        assert_eq!(read(event), Err(UnreadableReason::InvalidTime));
    }
}
