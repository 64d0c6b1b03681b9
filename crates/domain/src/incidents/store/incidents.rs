//! SQL of `incidents` and `incident_entries`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::{IncidentId, IncidentStatus, Rule, Severity, UserId};

use crate::base::{Deps, Tx};

pub(in crate::incidents) async fn insert_entry(
    tx: &mut Tx,
    deps: &Deps,
    incident: IncidentId,
    kind: &str,
    actor: Option<UserId>,
    detail: &Value,
    note: Option<&str>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into incident_entries (id, incident_id, occurred_at, kind, actor_id, detail, note) values ($1, $2, $3, $4, $5, $6, $7)",
        deps.new_id(),
        incident.0,
        deps.now(),
        kind,
        actor.map(|actor| actor.0),
        detail,
        note
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// An incident as it is.
pub(in crate::incidents) struct Present {
    pub number: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub status: IncidentStatus,
    pub status_changed_at: DateTime<Utc>,
    pub opened_at: DateTime<Utc>,
    pub subject: Option<UserId>,
    pub address: Option<Vec<u8>>,
    pub found: i64,
}

/// Until `tx` ends nobody else changes it.
pub(in crate::incidents) async fn lock(tx: &mut Tx, incident: IncidentId) -> Result<Option<Present>, sqlx::Error> {
    let row = sqlx::query!(
        "select number, rule, severity, status, status_changed_at, opened_at, subject_user_id, address_pseudonym, found
         from incidents where id = $1 for update",
        incident.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let unknown = |_| sqlx::Error::Decode("an incident of a newer release".into());
    row.map(|row| {
        Ok(Present {
            number: row.number,
            rule: row.rule.parse().map_err(unknown)?,
            severity: row.severity.parse().map_err(unknown)?,
            status: row.status.parse().map_err(unknown)?,
            status_changed_at: row.status_changed_at,
            opened_at: row.opened_at,
            subject: row.subject_user_id.map(UserId),
            address: row.address_pseudonym,
            found: row.found,
        })
    })
    .transpose()
}

pub(in crate::incidents) async fn set_status(
    tx: &mut Tx,
    incident: IncidentId,
    status: IncidentStatus,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!("update incidents set status = $2, status_changed_at = $3 where id = $1", incident.0, status.as_str(), now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What was done since a moment.
pub(in crate::incidents) struct Done {
    pub measures: i64,
    pub notes: i64,
    /// Whether the last check of all found everything as it should be.
    pub is_checked: bool,
}

pub(in crate::incidents) async fn done_since(tx: &mut Tx, incident: IncidentId, since: DateTime<Utc>) -> Result<Done, sqlx::Error> {
    sqlx::query_as!(
        Done,
        r#"select count(*) filter (where kind = 'action' and occurred_at >= $2) as "measures!",
                  count(*) filter (where kind = 'note' and occurred_at >= $2) as "notes!",
                  coalesce((array_agg(detail @> '{"keys_are_there": true, "log_is_whole": true}' order by occurred_at desc, id desc)
                            filter (where kind = 'check'))[1], false) as "is_checked!"
           from incident_entries where incident_id = $1"#,
        incident.0,
        since
    )
    .fetch_one(&mut **tx)
    .await
}

pub(in crate::incidents) async fn was_alerted(tx: &mut Tx, incident: IncidentId, channel: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from incident_entries where incident_id = $1 and kind = 'alert' and detail->>'channel' = $2) as "was!""#,
        incident.0,
        channel
    )
    .fetch_one(&mut **tx)
    .await
}

/// Oldest first.
pub(in crate::incidents) async fn timeline(tx: &mut Tx, incident: IncidentId) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(x)), '[]') as "timeline!" from (
               select occurred_at, kind, actor_id, detail, note from incident_entries where incident_id = $1 order by occurred_at, id) x"#,
        incident.0
    )
    .fetch_one(&mut **tx)
    .await
}
