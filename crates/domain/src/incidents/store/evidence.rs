//! SQL of `incident_evidence`.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::IncidentId;
use uuid::Uuid;

use crate::base::Tx;

/// As much as anybody looks through.
const MOST_EVIDENCE: i64 = 500;

pub(in crate::incidents) async fn add_evidence(
    tx: &mut Tx,
    incident: IncidentId,
    entries: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into incident_evidence (incident_id, audit_event_id, added_at)
         select $1, e, $3 from unnest($2::uuid[]) e
         where (select count(*) from incident_evidence v where v.incident_id = $1) < $4
         on conflict do nothing",
        incident.0,
        entries,
        now,
        MOST_EVIDENCE
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Evidence of the last day without its proof: of which incident, which entry.
pub(in crate::incidents) async fn unproved_evidence(
    tx: &mut Tx,
    since: DateTime<Utc>,
    at_most: i64,
) -> Result<Vec<(IncidentId, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select incident_id, audit_event_id from incident_evidence where proof is null and added_at > $1 order by added_at desc limit $2",
        since,
        at_most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (IncidentId(row.incident_id), row.audit_event_id)).collect())
}

pub(in crate::incidents) async fn keep_proof(tx: &mut Tx, incident: IncidentId, entry: Uuid, proof: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update incident_evidence set proof = $3 where incident_id = $1 and audit_event_id = $2", incident.0, entry, proof)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Oldest first, with the proofs that are kept.
pub(in crate::incidents) async fn evidence(tx: &mut Tx, incident: IncidentId) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(x)), '[]') as "evidence!" from (
               select audit_event_id, added_at, proof from incident_evidence where incident_id = $1 order by audit_event_id) x"#,
        incident.0
    )
    .fetch_one(&mut **tx)
    .await
}
