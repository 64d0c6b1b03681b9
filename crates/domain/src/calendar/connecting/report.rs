//! Somebody says that a connection was used by somebody else.

use types::ConnectionId;

use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::calendar::CalendarError;
use crate::calendar::connection::connections;

/// Records the report as a security event of the installation.
pub async fn report(deps: &Deps, op: &Op, connection: ConnectionId) -> Result<(), CalendarError> {
    let user = op.user().ok_or(CalendarError::NotFound)?;
    let mut tx = deps.begin(op).await?;
    let row = connections::find(&mut tx, connection).await?.ok_or(CalendarError::NotFound)?;
    let detail = serde_json::json!({ "provider": row.provider, "status": row.status, "severity": "high" });
    audit::append(&mut tx, deps, op, Event::done(Action::ConnectionReported, user, connection.0).with(detail));
    tx.commit().await?;
    Ok(())
}
