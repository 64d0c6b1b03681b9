//! Looks whether a rule counts more than it may, and opens an incident where it does.

use chrono::{DateTime, Utc};
use serde_json::json;
use types::{IncidentId, Rule};
use uuid::Uuid;

use super::{IncidentError, rules, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};

/// What a rule found.
pub(super) struct Finding {
    pub rule: Rule,
    pub subject: Option<Uuid>,
    pub address: Option<Vec<u8>>,
    pub found: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    /// Entries of the audit log.
    pub evidence: Vec<Uuid>,
}

/// Looks once; returns how many incidents were opened. Of replicas that look at once, one does.
pub async fn detect(deps: &Deps, op: &Op) -> Result<usize, IncidentError> {
    keep_events(deps).await?;
    let mut tx = deps.database.begin(None).await?;
    if !store::guard(&mut tx).await? {
        return Ok(0);
    }
    let now = deps.now();
    let thresholds = &deps.settings.thresholds;
    let mut findings = store::find(&mut tx, &rules::to_json(thresholds), now).await?;
    findings.extend(store::find_sign_ins_after_refusals(&mut tx, rules::threshold(thresholds, Rule::SignInAfterRefusals), now).await?);
    explain_by_the_narrowest(&mut findings, rules::threshold(thresholds, Rule::RefusedSignInsOverall).more_than);
    let mut opened = 0;
    for finding in &findings {
        let severity = rules::severity(finding.rule);
        let (id, is_new) = store::upsert(&mut tx, IncidentId(deps.new_id()), finding, severity, now).await?;
        store::add_evidence(&mut tx, id, &finding.evidence, now).await?;
        if is_new {
            opened += 1;
            let detail = json!({ "rule": finding.rule, "severity": severity, "found": finding.found });
            store::insert_entry(&mut tx, deps, id, "opened", None, &detail, None).await?;
            audit::append(&mut tx, deps, op, Event::of_installation(Action::IncidentOpened).on(id.0).with(detail)).await?;
            enqueue(&mut tx, Job::SendAlert { incident: id }).await?;
        }
    }
    tx.commit().await?;
    Ok(opened)
}

/// Tries that are already an account's or an address's own incident are no sign that they come from everywhere.
fn explain_by_the_narrowest(findings: &mut Vec<Finding>, more_than: u32) {
    let most = |rule: Rule| findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.found).sum::<i64>();
    let explained = most(Rule::RefusedSignInsOfAccount).max(most(Rule::RefusedSignInsFromAddress));
    findings.retain(|finding| finding.rule != Rule::RefusedSignInsOverall || finding.found - explained > i64::from(more_than));
}

/// What this replica counted, into the database.
async fn keep_events(deps: &Deps) -> Result<(), sqlx::Error> {
    let counts = deps.security_events.take();
    if counts.is_empty() {
        return Ok(());
    }
    let rows = counts.iter().map(|(happening, happened)| {
        json!({
            "minute": happening.minute, "kind": happening.kind, "user_id": happening.user, "happened": happened,
            "address_pseudonym": format!("\\x{}", hex::encode(&happening.address_pseudonym)),
        })
    });
    let kept = store::add_security_events(&deps.database, &rows.collect()).await;
    if kept.is_err() {
        deps.security_events.put_back(counts);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: Rule, found: i64) -> Finding {
        let at = DateTime::UNIX_EPOCH;
        Finding { rule, subject: None, address: None, found, first_at: at, last_at: at, evidence: Vec::new() }
    }

    #[test]
    fn one_attack_on_one_account_is_one_incident_and_one_from_everywhere_is_one() {
        let left = |mut findings: Vec<Finding>| {
            explain_by_the_narrowest(&mut findings, 10);
            findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        let (account, overall) = (Rule::RefusedSignInsOfAccount, Rule::RefusedSignInsOverall);
        assert_eq!(left(vec![finding(account, 40), finding(overall, 45)]), [account]);
        assert_eq!(left(vec![finding(account, 40), finding(overall, 90)]), [account, overall]);
        assert_eq!(left(vec![finding(overall, 30)]), [overall]);
    }
}
