//! How far the running sync of a connection is; counted units only.

use chrono::{DateTime, Utc};
use types::{ConnectionId, SyncOutcome, SyncProgress};

use super::CalendarError;
use super::overview::{ConnectionView, LogView};
use super::store::{connections, logs};
use crate::base::{Deps, Op};

/// The present or last run of a connection, in numbers and one sentence.
pub async fn progress(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<SyncProgress, CalendarError> {
    let mut tx = deps.begin(op).await?;
    let row = connections::find(&mut tx, connection).await?.ok_or(CalendarError::NotFound)?;
    let log = logs::latest(&mut tx, connection).await?;
    Ok(tell(log.as_ref(), row.last_sync_at.is_some(), deps.now()))
}

/// The same from what was read already.
pub fn progress_of(connection: &ConnectionView, now: DateTime<Utc>) -> SyncProgress {
    tell(connection.logs.first(), connection.last_sync_at.is_some(), now)
}

fn tell(log: Option<&LogView>, read_before: bool, now: DateTime<Utc>) -> SyncProgress {
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
