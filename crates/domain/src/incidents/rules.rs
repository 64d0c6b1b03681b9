//! What is looked for, and how much of it is too much.

use serde_json::{Value, json};
use types::{Rule, Severity};

use crate::base::{Threshold, Thresholds};

/// Where a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Entries of the audit log of these actions, with one of these details if there are any, and of this outcome if there is one.
    Audit { actions: &'static [&'static str], details: &'static [(&'static str, &'static str)], outcome: Option<&'static str> },
    /// Security events of these kinds.
    Events(&'static [&'static str]),
    /// Entries of these actions and events of these kinds, together.
    Both { actions: &'static [&'static str], events: &'static [&'static str] },
    /// By a statement of its own.
    SignInsAfterRefusals,
}

/// By what it tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Per {
    Account,
    Actor,
    Address,
    Installation,
}

impl Per {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Actor => "actor",
            Self::Address => "address",
            Self::Installation => "installation",
        }
    }
}

const fn audit(actions: &'static [&'static str]) -> Source {
    Source::Audit { actions, details: &[], outcome: None }
}

const fn definition(rule: Rule) -> (Source, Per, Threshold, Severity) {
    const fn more_than(more_than: u32, minutes: u32) -> Threshold {
        Threshold { more_than, minutes }
    }
    match rule {
        Rule::RefusedSignInsOfAccount => (audit(&["user.sign_in_refused"]), Per::Account, more_than(10, 5), Severity::Medium),
        // Tries beyond the limit are no entries: they are not even compared.
        Rule::RefusedSignInsFromAddress => (
            Source::Both { actions: &["user.sign_in_refused"], events: &["sign_in_limited"] },
            Per::Address,
            more_than(10, 5),
            Severity::High,
        ),
        Rule::RefusedSignInsOverall => (audit(&["user.sign_in_refused"]), Per::Installation, more_than(10, 5), Severity::High),
        Rule::SignInAfterRefusals => (Source::SignInsAfterRefusals, Per::Account, more_than(5, 30), Severity::Critical),
        Rule::RefusedCodesOfAccount => {
            (audit(&["user.code_refused", "user.proof_refused"]), Per::Account, more_than(3, 10), Severity::High)
        }
        Rule::NewBrowsersOfAccount => {
            let source = Source::Audit { actions: &["user.signed_in"], details: &[("known_browser", "false")], outcome: None };
            (source, Per::Account, more_than(3, 60), Severity::Medium)
        }
        Rule::SessionInTwoPlaces => (audit(&["user.session_returned"]), Per::Account, more_than(2, 10), Severity::High),
        Rule::SessionPlanted => (audit(&["user.session_planted"]), Per::Account, more_than(0, 60), Severity::Medium),
        Rule::EndedKeyUsed => {
            let details = &[("because", "\"ended\""), ("because", "\"token_after_end\"")];
            let source = Source::Audit { actions: &["api_key.refused"], details, outcome: None };
            (source, Per::Account, more_than(0, 60), Severity::High)
        }
        Rule::GuessedKeys => (Source::Events(&["api_key_refused"]), Per::Address, more_than(5, 5), Severity::Medium),
        Rule::OauthStateMisused => {
            let details = &[("because", "\"state_used\""), ("because", "\"state_foreign\"")];
            let source = Source::Audit { actions: &["connection.refused"], details, outcome: None };
            (source, Per::Account, more_than(2, 10), Severity::Medium)
        }
        Rule::ForgedWebhooks => (Source::Events(&["webhook_refused"]), Per::Address, more_than(20, 5), Severity::Medium),
        Rule::DeadLinks => (Source::Events(&["link_refused"]), Per::Address, more_than(3, 10), Severity::Medium),
        Rule::Probing => (Source::Events(&["permission_refused", "scope_missing"]), Per::Account, more_than(10, 5), Severity::High),
        Rule::UnusualVolume => (Source::Events(&["requests_limited"]), Per::Address, more_than(50, 5), Severity::Medium),
        Rule::MassExport => (audit(&["audit.exported"]), Per::Actor, more_than(2, 60), Severity::High),
        Rule::ConnectionReported => (audit(&["connection.reported"]), Per::Account, more_than(0, 60), Severity::High),
        Rule::AuditLogChanged => {
            let source = Source::Audit { actions: &["audit.verified"], details: &[], outcome: Some("failed") };
            (source, Per::Installation, more_than(0, 60), Severity::Critical)
        }
        Rule::OverdueRequests => (audit(&["privacy.overdue"]), Per::Installation, more_than(0, 60), Severity::High),
        Rule::OverdueSecrets => (audit(&["secret.overdue"]), Per::Installation, more_than(0, 60), Severity::Medium),
        Rule::UnreadableValues => {
            let source = Source::Audit { actions: &["keys.scanned"], details: &[], outcome: Some("failed") };
            (source, Per::Installation, more_than(0, 60), Severity::High)
        }
    }
}

/// How bad what a rule finds is.
pub const fn severity(rule: Rule) -> Severity {
    definition(rule).3
}

/// How much of what a rule counts is too much.
pub fn threshold(thresholds: &Thresholds, rule: Rule) -> Threshold {
    thresholds.set(rule).unwrap_or(definition(rule).2)
}

/// What `kairos_find` takes.
pub(super) fn to_json(thresholds: &Thresholds) -> Value {
    let rule = |rule: Rule| {
        let (source, per, ..) = definition(rule);
        let Threshold { more_than, minutes } = threshold(thresholds, rule);
        let part = |source: &str, kinds: &[&str], details: Option<Vec<Value>>, outcome: Option<&str>| {
            json!({
                "rule": rule, "source": source, "kinds": kinds, "details": details, "outcome": outcome, "per": per.as_str(),
                "more_than": more_than, "span": format!("{minutes} minutes"),
            })
        };
        match source {
            Source::Audit { actions, details, outcome } => {
                let detail = |(name, value): &(&str, &str)| json!({ *name: serde_json::from_str::<Value>(value).unwrap_or_default() });
                vec![part("audit", actions, (!details.is_empty()).then(|| details.iter().map(detail).collect()), outcome)]
            }
            Source::Events(kinds) => vec![part("events", kinds, None, None)],
            Source::Both { actions, events } => vec![part("audit", actions, None, None), part("events", events, None, None)],
            Source::SignInsAfterRefusals => Vec::new(),
        }
    };
    Rule::ALL.iter().flat_map(|one| rule(*one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_that_is_no_statement_of_its_own_goes_to_the_database_whole() {
        let set = Thresholds::parse("forged_webhooks=0/1").unwrap();
        assert_eq!(threshold(&set, Rule::ForgedWebhooks), Threshold { more_than: 0, minutes: 1 });
        assert_eq!(threshold(&set, Rule::RefusedSignInsFromAddress), Threshold { more_than: 10, minutes: 5 });
        let rules = to_json(&set);
        let named: std::collections::HashSet<&str> = rules.as_array().unwrap().iter().filter_map(|rule| rule["rule"].as_str()).collect();
        assert_eq!(named.len(), Rule::ALL.len() - 1);
        for rule in rules.as_array().unwrap() {
            assert!(!rule["kinds"].as_array().unwrap().is_empty() && rule["span"].as_str().unwrap().ends_with(" minutes"), "{rule}");
        }
    }
}
