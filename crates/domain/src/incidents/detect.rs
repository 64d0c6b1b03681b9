//! Looks whether a rule counts more than it may, and opens an incident where it does.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use types::{IncidentId, Rule};
use uuid::Uuid;

use super::{IncidentError, rules, store};
use crate::audit::{self, Action, Event};
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};

/// Incidents of one rule that are under way at once, besides the one of the whole installation.
const MOST_UNDER_WAY: usize = 20;

/// What is one incident: a rule, a person, an address.
pub(super) type Key = (Rule, Option<Uuid>, Option<Vec<u8>>);

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

impl Finding {
    fn key(&self) -> Key {
        (self.rule, self.subject, self.address.clone())
    }
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
    let overall = rules::threshold(thresholds, Rule::RefusedSignInsOverall);
    let closed = store::counted_in_closed(&mut tx, now - TimeDelta::minutes(overall.minutes.into())).await?;
    explain_by_the_narrowest(&mut findings, closed, overall.more_than);
    keep_within(&mut findings, &store::under_way(&mut tx).await?);
    let mut opened = 0;
    for finding in &findings {
        let severity = rules::severity(finding.rule);
        let (id, is_new) = store::upsert(&mut tx, IncidentId(deps.new_id()), finding, severity, now).await?;
        store::add_evidence(&mut tx, id, &finding.evidence, now).await?;
        if is_new {
            opened += 1;
            let detail = json!({ "rule": finding.rule, "severity": severity, "found": finding.found });
            store::insert_entry(&mut tx, deps, id, "opened", None, &detail, None).await?;
            audit::append(&mut tx, deps, op, Event::of_installation(Action::IncidentOpened).on(id.0).with(detail));
            enqueue(&mut tx, Job::SendAlert { incident: id })?;
        }
    }
    tx.commit().await?;
    Ok(opened)
}

/// Tries that are already an account's or an address's own incident are no sign that they come from everywhere; nor are those of one that was closed
/// while they still count.
fn explain_by_the_narrowest(findings: &mut Vec<Finding>, closed: i64, more_than: u32) {
    let most = |rule: Rule| findings.iter().filter(|finding| finding.rule == rule).map(|finding| finding.found).sum::<i64>();
    let explained = most(Rule::RefusedSignInsOfAccount).max(most(Rule::RefusedSignInsFromAddress)) + closed;
    findings.retain(|finding| finding.rule != Rule::RefusedSignInsOverall || finding.found - explained > i64::from(more_than));
}

/// Of one rule, as many incidents as people can work on are under way at once. What goes beyond is one incident of the whole installation: a storm from
/// everywhere is not a mail an address.
fn keep_within(findings: &mut Vec<Finding>, under_way: &[Key]) {
    let mut beyond: Vec<Finding> = Vec::new();
    let mut counts: HashMap<Rule, usize> = HashMap::new();
    for (rule, ..) in under_way {
        *counts.entry(*rule).or_default() += 1;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.found));
    for finding in std::mem::take(findings) {
        let count = counts.entry(finding.rule).or_default();
        if under_way.contains(&finding.key()) {
            findings.push(finding);
        } else if *count < MOST_UNDER_WAY {
            *count += 1;
            findings.push(finding);
        } else if let Some(whole) = beyond.iter_mut().find(|whole| whole.rule == finding.rule) {
            whole.found += finding.found;
            whole.first_at = whole.first_at.min(finding.first_at);
            whole.last_at = whole.last_at.max(finding.last_at);
            whole.evidence.extend(finding.evidence);
        } else {
            beyond.push(Finding { subject: None, address: None, ..finding });
        }
    }
    findings.extend(beyond);
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
    fn a_storm_from_everywhere_is_so_many_incidents_and_one_for_the_rest() {
        let from = |number: u8| Finding { address: Some(vec![number]), ..finding(Rule::DeadLinks, i64::from(number) + 4) };
        let open: Vec<Key> = (0..3).map(|number| from(number).key()).collect();
        let mut findings: Vec<Finding> = (0..200).map(from).collect();
        keep_within(&mut findings, &open);
        assert_eq!(findings.len(), MOST_UNDER_WAY + 1, "those that are open, more up to the most, and one");
        assert!(open.iter().all(|key| findings.iter().any(|finding| finding.key() == *key)));
        let whole: Vec<&Finding> = findings.iter().filter(|finding| finding.address.is_none()).collect();
        assert_eq!(whole.len(), 1);
        let all: i64 = findings.iter().map(|finding| finding.found).sum();
        assert_eq!(all, (0..200_i64).map(|number| number + 4).sum::<i64>(), "nothing is left out");
    }

    #[test]
    fn one_attack_on_one_account_is_one_incident_and_one_from_everywhere_is_one() {
        let left = |mut findings: Vec<Finding>| {
            explain_by_the_narrowest(&mut findings, 0, 10);
            findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        let (account, overall) = (Rule::RefusedSignInsOfAccount, Rule::RefusedSignInsOverall);
        assert_eq!(left(vec![finding(account, 40), finding(overall, 45)]), [account]);
        assert_eq!(left(vec![finding(account, 40), finding(overall, 90)]), [account, overall]);
        assert_eq!(left(vec![finding(overall, 30)]), [overall]);
        let mut findings = vec![finding(overall, 16)];
        explain_by_the_narrowest(&mut findings, 16, 10);
        assert!(findings.is_empty(), "what was just closed is not found again under another name");
    }
}
