//! From Graph's event to the normal form.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::wire::{Event, Time};
use crate::calendar::{Change, RemoteEvent, Span, UnreadableReason};
use crate::zone;

/// What an event means. `master`: for an occurrence whose own row says only when it is, the series it belongs to.
pub(super) fn change(event: Event, master: Option<&Event>) -> Result<Change, UnreadableReason> {
    let said = |own: Option<&String>, of_master: fn(&Event) -> Option<&String>| own.or_else(|| of_master(master?)).cloned();
    let cancelled = event.is_cancelled.or_else(|| master?.is_cancelled).unwrap_or(false);
    // The master's own row carries the first occurrence's times, and that occurrence comes as a row of its own.
    if event.removed.is_some() || cancelled || event.kind.as_deref() == Some("seriesMaster") {
        return Ok(Change::Remove { key: event.id });
    }
    let (start, end) =
        (event.start.as_ref().ok_or(UnreadableReason::MissingStart)?, event.end.as_ref().ok_or(UnreadableReason::InvalidTime)?);
    let all_day = event.is_all_day.or_else(|| master?.is_all_day).unwrap_or(false);
    let span = if all_day {
        // Midnight to midnight in the stated zone: the dates are meant, never the instants.
        let (start, end) = (civil(start)?.date(), civil(end)?.date());
        Span::AllDay { start, end: if end > start { end } else { start.succ_opt().ok_or(UnreadableReason::InvalidTime)? } }
    } else {
        let (starts_at, ends_at) = (instant(start)?, instant(end)?);
        if ends_at < starts_at {
            return Err(UnreadableReason::InvalidTime);
        }
        Span::Timed { starts_at, ends_at }
    };
    let show_as = said(event.show_as.as_ref(), |master| master.show_as.as_ref());
    let response = event.response_status.as_ref().or_else(|| master?.response_status.as_ref()).map(|status| status.response.as_str());
    let private =
        matches!(said(event.sensitivity.as_ref(), |master| master.sensitivity.as_ref()).as_deref(), Some("private" | "confidential"));
    let in_series = event.series_master_id.is_some();
    let original_start = match (&event.original_start, in_series) {
        (Some(text), _) => text.parse::<DateTime<Utc>>().ok(),
        (None, true) => instant(start).ok(),
        (None, false) => None,
    };
    // Copies on other calendars carry the UID of the series.
    let ical_uid = if in_series { master.and_then(|master| master.ical_uid.clone()).or(event.ical_uid) } else { event.ical_uid };
    let title = event.subject.or_else(|| master?.subject.clone()).filter(|title| !private && !title.trim().is_empty());
    Ok(Change::Upsert(RemoteEvent {
        key: event.id,
        resource: None,
        ical_uid,
        original_start,
        span,
        busy: !matches!(show_as.as_deref(), Some("free" | "workingElsewhere")) && response != Some("declined"),
        tentative: show_as.as_deref() == Some("tentative"),
        title,
    }))
}

/// Whether the row is only a stub, so that the series has to say the rest.
pub(super) fn needs_master(event: &Event) -> Option<&str> {
    if event.removed.is_some() || event.kind.as_deref() == Some("seriesMaster") {
        return None;
    }
    event.series_master_id.as_deref()
}

/// `2026-11-22T09:00:00.0000000`, as it stands.
fn civil(time: &Time) -> Result<NaiveDateTime, UnreadableReason> {
    time.date_time.trim_end_matches('Z').parse().map_err(|_| UnreadableReason::InvalidTime)
}

/// The same as an instant. UTC is asked for; if another zone comes back it is used by its IANA or Windows name, and a name that
/// nobody knows is an error and not UTC.
fn instant(time: &Time) -> Result<DateTime<Utc>, UnreadableReason> {
    let civil = civil(time)?;
    let zone = zone::named(&time.time_zone).ok_or(UnreadableReason::UnknownZone)?;
    Ok(zone::civil_instant(civil, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value, master: Option<serde_json::Value>) -> Result<Change, UnreadableReason> {
        let master: Option<Event> = master.map(|master| serde_json::from_value(master).unwrap());
        change(serde_json::from_value(json).unwrap(), master.as_ref())
    }

    fn at(text: &str, zone: &str) -> serde_json::Value {
        serde_json::json!({"dateTime": text, "timeZone": zone})
    }

    #[test]
    fn a_stub_takes_what_it_does_not_say_from_its_series() {
        let stub = serde_json::json!({
            "id": "o1", "type": "occurrence", "seriesMasterId": "m",
            "start": at("2026-11-23T09:00:00.0000000", "UTC"), "end": at("2026-11-23T09:30:00.0000000", "UTC"),
        });
        let master = serde_json::json!({"id": "m", "type": "seriesMaster", "iCalUId": "uid", "subject": "Stand-up", "showAs": "free"});
        let Ok(Change::Upsert(event)) = read(stub.clone(), Some(master)) else { panic!("an event") };
        assert_eq!((event.busy, event.title.as_deref(), event.ical_uid.as_deref()), (false, Some("Stand-up"), Some("uid")));
        // A series that cannot be asked: the time is taken, because unknown is not free.
        let Ok(Change::Upsert(event)) = read(stub, None) else { panic!("an event") };
        assert_eq!((event.busy, event.title), (true, None));
    }

    #[test]
    fn whole_days_stay_dates_whatever_zone_they_are_stated_in() {
        for zone in ["UTC", "Pacific Standard Time", "Asia/Tokyo"] {
            let Ok(Change::Upsert(event)) = read(
                serde_json::json!({
                    "id": "a", "type": "singleInstance", "isAllDay": true, "showAs": "oof",
                    "start": at("2026-11-23T00:00:00.0000000", zone), "end": at("2026-11-25T00:00:00.0000000", zone),
                }),
                None,
            ) else {
                panic!("an event")
            };
            assert_eq!(event.span, Span::AllDay { start: "2026-11-23".parse().unwrap(), end: "2026-11-25".parse().unwrap() });
        }
    }

    #[test]
    fn windows_names_are_understood_and_unknown_ones_are_counted_not_guessed() {
        let event = |zone: &str| {
            serde_json::json!({
                "id": "a", "type": "singleInstance", "showAs": "busy",
                "start": at("2026-07-01T09:00:00.0000000", zone), "end": at("2026-07-01T10:00:00.0000000", zone),
            })
        };
        let Ok(Change::Upsert(read_event)) = read(event("Pacific Standard Time"), None) else { panic!("an event") };
        let Span::Timed { starts_at, .. } = read_event.span else { panic!("a timed event") };
        assert_eq!(starts_at.to_rfc3339(), "2026-07-01T16:00:00+00:00");
        assert_eq!(read(event("tzone://Microsoft/Custom"), None), Err(UnreadableReason::UnknownZone));
    }

    #[test]
    fn what_only_looks_busy_does_not_block_and_what_is_private_has_no_title() {
        for extra in [
            serde_json::json!({"showAs": "workingElsewhere"}),
            serde_json::json!({"showAs": "busy", "responseStatus": {"response": "declined"}}),
            serde_json::json!({"showAs": "busy", "sensitivity": "private"}),
        ] {
            let mut event = serde_json::json!({
                "id": "a", "type": "singleInstance", "subject": "Doctor",
                "start": at("2026-11-23T09:00:00.0000000", "UTC"), "end": at("2026-11-23T10:00:00.0000000", "UTC"),
            });
            event.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let Ok(Change::Upsert(read_event)) = read(event.clone(), None) else { panic!("an event") };
            assert!(!read_event.busy || (read_event.title.is_none() && event["sensitivity"] == "private"), "{event}");
        }
    }

    #[test]
    fn removed_cancelled_and_master_rows_take_no_time() {
        for event in [
            serde_json::json!({"id": "a", "@removed": {"reason": "deleted"}}),
            serde_json::json!({"id": "a", "type": "singleInstance", "isCancelled": true}),
            serde_json::json!({"id": "a", "type": "seriesMaster"}),
        ] {
            assert_eq!(read(event, None), Ok(Change::Remove { key: "a".to_owned() }));
        }
    }
}
