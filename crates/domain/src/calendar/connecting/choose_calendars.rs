//! Which calendars of a connection count.

use types::{CalendarId, ConnectionId};

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::calendar::connection::{calendars, connections, request_sync};
use crate::calendar::{CalendarError, sync};

/// From now on exactly `chosen` count. What was fetched from the others is forgotten; new ones are read at once.
pub async fn choose_calendars(deps: &Deps, op: &Op, connection: ConnectionId, chosen: &[CalendarId]) -> Result<(), CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    connections::find_for_update(&mut tx, connection).await?.ok_or(CalendarError::NotFound)?;
    let others = calendars::choose(&mut tx, connection, chosen).await?;
    sync::forget(&mut tx, &others).await?;
    let event = Event::done(Action::ConnectionCalendarsChosen, user, connection.0).with(serde_json::json!({ "chosen": chosen.len() }));
    audit::append(&mut tx, deps, op, event);
    request_sync(&mut tx, deps, user, connection).await?;
    tx.commit().await?;
    Ok(())
}
