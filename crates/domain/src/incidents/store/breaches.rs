//! SQL of `incident_breaches`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use types::{BreachScope, BreachStatus, IncidentId, UserId};
use uuid::Uuid;

use crate::base::{Tx, from_closed_list};
use crate::incidents::affected::AffectedRow;
use crate::vault::DataKeyRow;

/// Notes it, or that it is others' data. When it was first known stays.
pub(in crate::incidents) async fn note_breach(
    tx: &mut Tx,
    incident: IncidentId,
    scope: BreachScope,
    known_at: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into incident_breaches as b (incident_id, scope, status, known_at) values ($1, $2, 'assessing', $3)
         on conflict (incident_id) do update set scope = excluded.scope, known_at = least(b.known_at, excluded.known_at)",
        incident.0,
        scope.as_str(),
        known_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `false`: nobody noted one, or it was decided before.
pub(in crate::incidents) async fn decide_breach(
    tx: &mut Tx,
    incident: IncidentId,
    status: BreachStatus,
    reference: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update incident_breaches set status = $2, reference = $3, decided_at = $4 where incident_id = $1 and status = 'assessing'",
        incident.0,
        status.as_str(),
        reference,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(in crate::incidents) async fn breach_scope(tx: &mut Tx, incident: IncidentId) -> Result<Option<BreachScope>, sqlx::Error> {
    let found =
        sqlx::query_scalar!("select scope from incident_breaches where incident_id = $1", incident.0).fetch_optional(&mut **tx).await?;
    found.map(|text| from_closed_list(&text, "scope")).transpose()
}

/// Some of those whose data it may be.
pub(in crate::incidents) async fn affected(
    tx: &mut Tx,
    incident: IncidentId,
    after: Option<Uuid>,
    most: i32,
) -> Result<Vec<AffectedRow>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select user_id as "user_id!", email_sealed as "email_sealed!", key_id, master_key_id, wrapped from kairos_affected($1, $2, $3)"#,
        incident.0,
        after,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    let key = |id: Option<Uuid>, master_key_id: Option<String>, wrapped: Option<Vec<u8>>| {
        Some(DataKeyRow { id: id?, master_key_id: master_key_id?, wrapped: wrapped? })
    };
    Ok(rows
        .into_iter()
        .map(|row| AffectedRow {
            user: UserId(row.user_id),
            email_sealed: row.email_sealed,
            key: key(row.key_id, row.master_key_id, row.wrapped),
        })
        .collect())
}

/// How many rows of each table each has; those with none are left out.
pub(in crate::incidents) async fn count_rows(
    tx: &mut Tx,
    people: &[Uuid],
    tables: &[&str],
    owners: &[&str],
) -> Result<HashMap<(Uuid, String), i64>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select user_id as "user_id!", of_table as "of_table!", rows as "rows!" from kairos_count_rows($1, $2, $3)"#,
        people,
        tables as &[&str],
        owners as &[&str]
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.user_id, row.of_table), row.rows)).collect())
}
