//! SQL of what rules find, and of what is kept of it.

use chrono::{DateTime, Utc};
use serde_json::Value;
use types::{IncidentId, Rule, Severity};

use crate::base::{Database, Threshold, Tx};
use crate::incidents::detect::{Finding, Key};

pub(in crate::incidents) async fn add_security_events(database: &Database, events: &Value) -> Result<(), sqlx::Error> {
    let mut lent = database.lend().await?;
    sqlx::query!("select kairos_add_security_events($1)", events).fetch_one(&mut *lent).await?;
    lent.keep();
    Ok(())
}

pub(in crate::incidents) async fn find(tx: &mut Tx, rules: &Value, now: DateTime<Utc>) -> Result<Vec<Finding>, sqlx::Error> {
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

pub(in crate::incidents) async fn find_sign_ins_after_refusals(
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
pub(in crate::incidents) async fn upsert(
    tx: &mut Tx,
    id: IncidentId,
    finding: &Finding,
    severity: Severity,
    now: DateTime<Utc>,
) -> Result<(IncidentId, bool), sqlx::Error> {
    // Looked for first: a number that is not given to an incident looks as if one were missing. One replica looks at a time.
    let present = sqlx::query_scalar!(
        "update incidents set found = greatest(found, $4), last_found_at = greatest(last_found_at, $5)
         where rule = $1 and subject_user_id is not distinct from $2 and address_pseudonym is not distinct from $3 and status <> 'closed'
         returning id",
        finding.rule.as_str(),
        finding.subject,
        finding.address,
        finding.found,
        finding.last_at
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(id) = present {
        return Ok((IncidentId(id), false));
    }
    sqlx::query!(
        "insert into incidents (id, rule, severity, status, subject_user_id, address_pseudonym, found, first_found_at, last_found_at,
                                opened_at, status_changed_at)
         values ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9, $9)",
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
    .execute(&mut **tx)
    .await?;
    Ok((id, true))
}

/// How many refused sign-ins were counted in incidents of one account or one address that were closed since a moment.
pub(in crate::incidents) async fn counted_in_closed(tx: &mut Tx, since: DateTime<Utc>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(found), 0)::bigint as "found!" from incidents
           where status = 'closed' and status_changed_at > $1 and rule in ('refused_sign_ins_of_account', 'refused_sign_ins_from_address')"#,
        since
    )
    .fetch_one(&mut **tx)
    .await
}

/// What is under way.
pub(in crate::incidents) async fn under_way(tx: &mut Tx) -> Result<Vec<Key>, sqlx::Error> {
    let rows = sqlx::query!("select rule, subject_user_id, address_pseudonym from incidents where status <> 'closed'")
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.rule.parse().ok()?, row.subject_user_id, row.address_pseudonym))).collect())
}
