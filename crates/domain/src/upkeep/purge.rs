//! Removes what has expired, once an hour.

use chrono::TimeDelta;
use serde_json::{Map, Value};

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};

/// As many entries of the audit log forget at once who they are about.
const PART: i64 = 5_000;

/// Removes what has expired, a function a table in the database, writes down how much of what that was, and puts itself in for the next hour.
pub async fn purge_expired(deps: &Deps, op: &Op) -> Result<(), sqlx::Error> {
    let mut tx = deps.begin(op).await?;
    let removed = sqlx::query!(r#"select name as "name!", removed as "removed!" from kairos_purge_expired_rows($1)"#, deps.now())
        .fetch_all(&mut *tx)
        .await?;
    // One that takes a part at a time goes on at once while there is more.
    let has_more = removed.iter().any(|row| row.name == "audit_events" && row.removed >= PART);
    let next = deps.now() + if has_more { TimeDelta::seconds(1) } else { TimeDelta::hours(1) };
    enqueue(&mut tx, Job::PurgeExpired.at(next))?;
    let removed: Map<String, Value> = removed.into_iter().filter(|row| row.removed > 0).map(|row| (row.name, row.removed.into())).collect();
    if !removed.is_empty() {
        audit::append(&mut tx, deps, op, Event::of_installation(Action::RowsPurged).with(Value::Object(removed)));
    }
    tx.commit().await?;
    Ok(())
}
