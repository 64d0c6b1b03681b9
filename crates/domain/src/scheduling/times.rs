//! The times that Calendly offers for an event type.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::access::{Which, access_to};
use super::{SchedulingError, store};
use crate::base::{Deps, Op};

/// How far ahead sessions are sold: as far as Calendly says at once.
pub const HORIZON: TimeDelta = TimeDelta::days(31);
/// How soon a session may begin: a client needs to pay, and a builder to hear of it.
pub const NOTICE: TimeDelta = TimeDelta::hours(1);
/// What was read so long ago is read again before it is shown.
pub const FRESH: TimeDelta = TimeDelta::minutes(2);

/// Asks Calendly when the event type can begin, and keeps the answer for pages.
pub async fn refresh_times(deps: &Deps, op: &Op, event_type: Uuid) -> Result<(), SchedulingError> {
    let (from, until) = (deps.now() + NOTICE, deps.now() + HORIZON);
    let (access, found) = access_to(deps, op, Some(Which::Id(event_type))).await?;
    let Some((id, offer)) = found else { return Ok(()) };
    let starts = deps.providers.calendly.available_times(&access.token, &offer.uri, from, until).await;
    let starts = access.heard(deps, op, starts).await?;
    let mut tx = deps.begin(op).await?;
    store::put_times(&mut tx, access.user, id, deps.now(), until, &starts).await?;
    tx.commit().await?;
    Ok(())
}

/// Asks Calendly whether the event type can begin at `at`. It does not keep it for anybody.
pub(crate) async fn is_offered(deps: &Deps, op: &Op, event_type: Uuid, at: DateTime<Utc>) -> Result<bool, SchedulingError> {
    let (access, found) = access_to(deps, op, Some(Which::Id(event_type))).await?;
    let Some((_, offer)) = found else { return Ok(false) };
    let times = deps.providers.calendly.available_times(&access.token, &offer.uri, at, at + TimeDelta::minutes(1)).await;
    let times = access.heard(deps, op, times).await?;
    Ok(times.contains(&at))
}
