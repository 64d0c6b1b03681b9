//! A connection that needs the person: once when it breaks, then on days 3, 7 and 14, and silence as soon as it is mended.

use chrono::{DateTime, TimeDelta, Utc};
use types::{ConnectionId, HealthReason, Provider, UserId};

use crate::base::{Deps, Op, Tx};
use crate::calendar::CalendarError;
use crate::calendar::connection::{connections, place};
use crate::jobs::{self, Job};
use crate::vault::{PersonKey, VaultError};

/// Days after the break on which it is said again.
const REMINDERS: [i64; 4] = [0, 3, 7, 14];

/// What the mail says.
#[derive(Debug, Clone)]
pub struct ConnectionAlert {
    /// Where.
    pub provider: Provider,
    /// The account; `None` when the key to it is missing.
    pub account: Option<String>,
    /// Why.
    pub reason: HealthReason,
    /// How long ago it broke, in whole days.
    pub days: i64,
}

/// Puts the mail and its reminders in, in the transaction that records the break.
pub(in crate::calendar) async fn schedule_alerts(
    tx: &mut Tx,
    user: UserId,
    connection: ConnectionId,
    since: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    for day in REMINDERS {
        let job = Job::MailBrokenConnection { user, connection, since, day };
        jobs::enqueue(tx, job.at(since + TimeDelta::days(day)))?;
    }
    Ok(())
}

/// What is to be said about the break that began at `since`; `None` when it was mended or the connection removed.
pub async fn connection_alert(
    deps: &Deps,
    op: &Op,
    connection: ConnectionId,
    since: DateTime<Utc>,
) -> Result<Option<ConnectionAlert>, CalendarError> {
    let mut tx = deps.begin(op).await?;
    let Some(row) = connections::find(&mut tx, connection).await? else { return Ok(None) };
    let (Some(broken_since), Some(reason)) = (row.broken_since, row.health_reason) else { return Ok(None) };
    if broken_since != since {
        return Ok(None);
    }
    let account = match PersonKey::load_in(&mut tx, deps, row.user_id).await {
        Ok(key) => key.open_text(place("account_sealed", row.id), &row.account_sealed).ok(),
        Err(VaultError::Database(error)) => return Err(error.into()),
        Err(_) => None,
    };
    Ok(Some(ConnectionAlert { provider: row.provider, account, reason, days: (deps.now() - broken_since).num_days() }))
}
