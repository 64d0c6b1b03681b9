//! How far the running sync of a connection is; counted units only.

use chrono::{DateTime, Utc};
use types::{SyncOutcome, SyncProgress};

use super::store::logs::LogView;

/// The present or last run of a connection, in numbers and one sentence. `read_before`: whether it was ever read to the end.
pub fn progress_of(log: Option<&LogView>, read_before: bool, now: DateTime<Utc>) -> SyncProgress {
    let count = |number: i32| u32::try_from(number).unwrap_or_default();
    let Some(log) = log else {
        return SyncProgress {
            running: true,
            events_read: 0,
            calendars_done: 0,
            calendars_total: 0,
            sentence: "Waiting for its turn.".to_owned(),
        };
    };
    let sentence = match log.outcome {
        SyncOutcome::Running if log.calendars_total == 0 => "Reading the list of calendars.".to_owned(),
        SyncOutcome::Running => {
            let seen = (now - log.seen_at).num_seconds().max(0);
            format!(
                "{} of {} calendars read, {} events so far. Last page {seen} s ago.",
                log.calendars_done, log.calendars_total, log.events_read
            )
        }
        SyncOutcome::Succeeded => format!("Done: {} events read from {} calendars.", log.events_read, log.calendars_done),
        SyncOutcome::Failed if read_before => "This time it did not work. What was read before is kept.".to_owned(),
        SyncOutcome::Failed => "It did not work yet. Nothing was stored.".to_owned(),
    };
    SyncProgress {
        running: log.outcome == SyncOutcome::Running,
        events_read: count(log.events_read),
        calendars_done: count(log.calendars_done),
        calendars_total: count(log.calendars_total),
        sentence,
    }
}
