//! SQL of incidents, and of what is done about them.

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde_json::Value;
use types::{IncidentId, IncidentStatus, Provider, Rule, Severity, UserId};
use uuid::Uuid;

use super::containment::Rows;
use super::detect::{Finding, Key};
use crate::base::{Database, Deps, Threshold, Tx};

/// From here to the end of `tx`, incidents can be read and written, and everybody's entries read.
pub(super) async fn open(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query!("select set_config('kairos.guards', 'on', true)").fetch_one(&mut **tx).await?;
    Ok(())
}

/// The same for one replica at a time. `false`: another one is at it.
pub(super) async fn guard(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    open(tx).await?;
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtext('kairos guards')) as "is_alone!""#).fetch_one(&mut **tx).await
}

pub(super) async fn add_security_events(database: &Database, events: &Value) -> Result<(), sqlx::Error> {
    let mut lent = database.lend().await?;
    sqlx::query!("select kairos_add_security_events($1)", events).fetch_one(&mut *lent).await?;
    lent.keep();
    Ok(())
}

pub(super) async fn find(tx: &mut Tx, rules: &Value, now: DateTime<Utc>) -> Result<Vec<Finding>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select rule as "rule!", subject, address, found as "found!", first_at as "first_at!", last_at as "last_at!", evidence as "evidence!"
           from kairos_find($1, $2)"#,
        rules,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    let finding = rows.into_iter().filter_map(|row| {
        Some(Finding {
            rule: row.rule.parse().ok()?,
            subject: row.subject,
            address: row.address,
            found: row.found,
            first_at: row.first_at,
            last_at: row.last_at,
            evidence: row.evidence,
        })
    });
    Ok(finding.collect())
}

pub(super) async fn find_sign_ins_after_refusals(
    tx: &mut Tx,
    threshold: Threshold,
    now: DateTime<Utc>,
) -> Result<Vec<Finding>, sqlx::Error> {
    let span = sqlx::postgres::types::PgInterval { months: 0, days: 0, microseconds: i64::from(threshold.minutes) * 60_000_000 };
    let rows = sqlx::query!(
        r#"select subject as "subject!", found as "found!", first_at as "first_at!", last_at as "last_at!", evidence as "evidence!"
           from kairos_find_sign_ins_after_refusals($1, $2, $3)"#,
        i64::from(threshold.more_than),
        span,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    let finding = rows.into_iter().map(|row| Finding {
        rule: Rule::SignInAfterRefusals,
        subject: Some(row.subject),
        address: None,
        found: row.found,
        first_at: row.first_at,
        last_at: row.last_at,
        evidence: row.evidence,
    });
    Ok(finding.collect())
}

/// The incident of a finding, and whether it is new: what is found again belongs to the one that is not closed.
pub(super) async fn upsert(
    tx: &mut Tx,
    id: IncidentId,
    finding: &Finding,
    severity: Severity,
    now: DateTime<Utc>,
) -> Result<(IncidentId, bool), sqlx::Error> {
    let row = sqlx::query!(
        r#"insert into incidents as i (id, rule, severity, status, subject_user_id, address_pseudonym, found, first_found_at, last_found_at,
                                       opened_at, status_changed_at)
           values ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $9)
           on conflict (rule, coalesce(subject_user_id, '00000000-0000-0000-0000-000000000000'), coalesce(address_pseudonym, ''))
               where status <> 'closed'
           do update set found = greatest(i.found, excluded.found), last_found_at = greatest(i.last_found_at, excluded.last_found_at)
           returning id, (xmax = 0) as "is_new!""#,
        id.0,
        finding.rule.as_str(),
        severity.as_str(),
        finding.subject,
        finding.address,
        finding.found,
        finding.first_at,
        finding.last_at,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((IncidentId(row.id), row.is_new))
}

/// What is under way.
pub(super) async fn under_way(tx: &mut Tx) -> Result<Vec<Key>, sqlx::Error> {
    let rows = sqlx::query!("select rule, subject_user_id, address_pseudonym from incidents where status <> 'closed'")
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.rule.parse().ok()?, row.subject_user_id, row.address_pseudonym))).collect())
}

/// As much as anybody looks through.
const MOST_EVIDENCE: i64 = 500;

pub(super) async fn add_evidence(tx: &mut Tx, incident: IncidentId, entries: &[Uuid], now: DateTime<Utc>) -> Result<(), sqlx::Error> {
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
pub(super) async fn unproved_evidence(tx: &mut Tx, since: DateTime<Utc>, at_most: i64) -> Result<Vec<(IncidentId, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select incident_id, audit_event_id from incident_evidence where proof is null and added_at > $1 order by added_at desc limit $2",
        since,
        at_most
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (IncidentId(row.incident_id), row.audit_event_id)).collect())
}

pub(super) async fn keep_proof(tx: &mut Tx, incident: IncidentId, entry: Uuid, proof: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("update incident_evidence set proof = $3 where incident_id = $1 and audit_event_id = $2", incident.0, entry, proof)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) async fn insert_entry(
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
pub(super) struct Present {
    pub number: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub status: IncidentStatus,
    pub status_changed_at: DateTime<Utc>,
    pub opened_at: DateTime<Utc>,
    pub subject: Option<Uuid>,
    pub address: Option<Vec<u8>>,
    pub found: i64,
}

/// Until `tx` ends nobody else changes it.
pub(super) async fn lock(tx: &mut Tx, incident: IncidentId) -> Result<Option<Present>, sqlx::Error> {
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
            subject: row.subject_user_id,
            address: row.address_pseudonym,
            found: row.found,
        })
    })
    .transpose()
}

pub(super) async fn set_status(tx: &mut Tx, incident: IncidentId, status: IncidentStatus, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!("update incidents set status = $2, status_changed_at = $3 where id = $1", incident.0, status.as_str(), now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What was done since a moment.
pub(super) struct Done {
    pub measures: i64,
    pub notes: i64,
    /// Whether the last check of all found everything as it should be.
    pub is_checked: bool,
}

pub(super) async fn done_since(tx: &mut Tx, incident: IncidentId, since: DateTime<Utc>) -> Result<Done, sqlx::Error> {
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

pub(super) async fn was_alerted(tx: &mut Tx, incident: IncidentId, channel: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (select from incident_entries where incident_id = $1 and kind = 'alert' and detail->>'channel' = $2) as "was!""#,
        incident.0,
        channel
    )
    .fetch_one(&mut **tx)
    .await
}

pub(super) struct NewBlock<'a> {
    pub id: Uuid,
    pub incident: IncidentId,
    pub address: Option<&'a [u8]>,
    pub network: Option<IpNet>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn insert_block(tx: &mut Tx, block: &NewBlock<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into address_blocks (id, incident_id, address_pseudonym, network, created_at, expires_at)
         values ($1, $2, $3, $4::text::cidr, $5, $6)",
        block.id,
        block.incident.0,
        block.address,
        block.network.map(|network| network.trunc().to_string()),
        block.created_at,
        block.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// `false`: it is not there, or was lifted before.
pub(super) async fn lift_block(tx: &mut Tx, block: Uuid, now: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("update address_blocks set lifted_at = $2 where id = $1 and lifted_at is null", block, now).execute(&mut **tx).await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn isolate(tx: &mut Tx, provider: Provider, incident: IncidentId, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into provider_isolations (provider, incident_id, since) values ($1, $2, $3) on conflict do nothing",
        provider.as_str(),
        incident.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub(super) async fn rejoin(tx: &mut Tx, provider: Provider) -> Result<(), sqlx::Error> {
    sqlx::query!("delete from provider_isolations where provider = $1", provider.as_str()).execute(&mut **tx).await?;
    Ok(())
}

/// What is blocked and isolated now.
pub(super) async fn containment(database: &Database, now: DateTime<Utc>) -> Result<Rows, sqlx::Error> {
    let mut lent = database.lend().await?;
    let text = sqlx::query_scalar!(r#"select kairos_containment($1)::text as "text!""#, now).fetch_one(&mut *lent).await?;
    lent.keep();
    serde_json::from_str(&text).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// Oldest first.
pub(super) async fn timeline(tx: &mut Tx, incident: IncidentId) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(x)), '[]') as "timeline!" from (
               select occurred_at, kind, actor_id, detail, note from incident_entries where incident_id = $1 order by occurred_at, id) x"#,
        incident.0
    )
    .fetch_one(&mut **tx)
    .await
}

/// Oldest first, with the proofs that are kept.
pub(super) async fn evidence(tx: &mut Tx, incident: IncidentId) -> Result<Value, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(jsonb_agg(to_jsonb(x)), '[]') as "evidence!" from (
               select audit_event_id, added_at, proof from incident_evidence where incident_id = $1 order by audit_event_id) x"#,
        incident.0
    )
    .fetch_one(&mut **tx)
    .await
}
