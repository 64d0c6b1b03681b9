//! Documents and files for operators that say what the code says.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use domain::privacy::{Basis, Exported, every_table};
use types::Problem;

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_error_code_is_in_the_document_with_its_status_and_its_words_and_nothing_else_is() {
    let document = file("docs/error-codes.md");
    let rows: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect())
        .collect();
    let written: Vec<(&str, &str, &str)> = rows.iter().map(|row| (row[0], row[1], row[2])).collect();
    let statuses: Vec<String> = Problem::ALL.iter().map(|problem| problem.status().to_string()).collect();
    let known: Vec<(&str, &str, &str)> =
        Problem::ALL.iter().zip(&statuses).map(|(problem, status)| (problem.as_str(), status.as_str(), problem.title())).collect();
    assert_eq!(written, known);
}

/// Every metric that the code counts or measures.
fn metrics() -> BTreeSet<String> {
    fn collect(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("tests") {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for kind in ["counter!(\"", "gauge!(\"", "histogram!(\""] {
                    for rest in text.split(kind).skip(1) {
                        let name = rest.split('"').next().unwrap();
                        found.insert(name.to_owned());
                        if kind.starts_with("histogram") {
                            found.extend(["_bucket", "_count", "_sum"].map(|part| format!("{name}{part}")));
                        }
                    }
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    for folder in ["src", "crates/domain/src", "crates/providers/src"] {
        collect(&root.join(folder), &mut found);
    }
    found
}

/// The names in an expression that are followed by what only metrics are followed by.
fn named(expression: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut word = String::new();
    for letter in expression.chars().chain([' ']) {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            word.push(letter);
            continue;
        }
        if matches!(letter, '{' | '[') && word.contains('_') {
            names.push(word.clone());
        }
        word.clear();
    }
    names
}

#[test]
fn alert_rules_and_the_dashboard_ask_only_for_metrics_that_there_are() {
    let known = metrics();
    assert!(known.contains("security_events_total") && known.len() > 12, "{known:?}");
    let alerts = file("deploy/monitoring/alerts.yaml");
    let expressions: Vec<&str> = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert!(expressions.len() > 8);
    for rule in alerts.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap();
        for part in ["expr: ", "severity: ", "summary: ", "runbook: "] {
            assert!(rule.contains(part), "{name} has no {part}");
        }
    }
    let dashboard: serde_json::Value = serde_json::from_str(&file("deploy/monitoring/dashboard.json")).unwrap();
    let targets: Vec<String> = dashboard["panels"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap())
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect();
    assert!(targets.len() > 12);
    for expression in expressions.iter().copied().chain(targets.iter().map(String::as_str)) {
        if let Err(problem) = promql_parser::parser::parse(expression) {
            panic!("{expression} is no PromQL: {problem}");
        }
        let names = named(expression);
        let is_up = expression.starts_with("up{") || expression.contains("by (state) (database_connections)");
        assert!(is_up || !names.is_empty(), "{expression} names no metric");
        for name in names {
            assert!(known.contains(&name), "{name} in {expression} is none of ours");
        }
    }
}

#[test]
fn every_setting_that_is_read_is_in_the_readme() {
    let readme = file("README.md");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        // What the tests of the configuration give it is not what it reads.
        let text = text.split("#[cfg(test)]").next().unwrap();
        for word in text.split('"').skip(1).step_by(2) {
            let is_name = word.len() > 6 && word.contains('_') && word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
            if is_name {
                names.insert(word.to_owned());
            }
        }
    }
    assert!(names.contains("PUBLIC_URL") && names.len() > 20, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "not in README.md: {missing:?}");
}

/// The machine of bookings, as the document draws it.
fn drawn() -> String {
    use std::fmt::Write as _;

    let mut drawing = String::from("```mermaid\nstateDiagram-v2\n    [*] --> held\n");
    let mut table = String::from("| is | what happens | is then |\n|---|---|---|\n");
    for (from, happening, to) in domain::booking::changes() {
        let words = format!("{happening:?}");
        let _ = writeln!(drawing, "    {from} --> {to}: {}", words.replace(['{', '}', ':'], "").replace("  ", " ").trim());
        let _ = writeln!(table, "| `{from}` | {words} | `{to}` |");
    }
    format!("{drawing}```\n\n{table}")
}

#[test]
fn the_machine_of_bookings_is_drawn_as_it_is() {
    let document = file("docs/bookings.md");
    let written = document.split_once("<!-- drawn -->\n").map(|(_, rest)| rest).unwrap_or_default();
    assert!(written == drawn(), "docs/bookings.md is not the machine: below `<!-- drawn -->` it has to say\n{}", drawn());
}

/// Every mail there is, as it is written.
fn mails() -> String {
    use std::fmt::Write as _;
    let own = domain::notifications::SAMPLES.iter().map(|sample| sample.write("noor@example.com".to_owned(), Some("Noor")));
    let mut text = String::new();
    for mail in own.chain(domain::notifications::booking_samples()) {
        let _ = write!(text, "## {}\n\n```text\n{}\n```\n\n", mail.subject, mail.text);
    }
    text.trim_end().to_owned() + "\n"
}

#[test]
fn every_mail_stands_in_the_documents_as_it_is_sent() {
    let document = file("docs/mails.md");
    let written = document.split("<!-- written -->\n").nth(1).unwrap_or_default();
    assert!(written == mails(), "docs/mails.md is not what is sent: below `<!-- written -->` it has to say\n{}", mails());
}

/// The data map as the record of processing has it.
fn processing() -> String {
    let mut text = String::from(
        "| what | of it | what for | legal basis | how long | in their copy | when they leave |\n| --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for table in every_table().filter(|table| table.basis != Basis::NotPersonal) {
        let columns: Vec<&str> = table.personal.iter().map(|(_, what)| *what).collect();
        let basis = match table.basis {
            Basis::Consent => "consent (6, 1 a)",
            Basis::Contract => "contract (6, 1 b)",
            Basis::LegalObligation => "legal obligation (6, 1 c)",
            Basis::LegitimateInterest => "legitimate interest (6, 1 f)",
            Basis::NotPersonal => "none: about nobody",
        };
        let copy = match table.exported {
            Exported::Yes => "yes".to_owned(),
            Exported::No(why) => format!("no: {why}"),
        };
        let row =
            [table.what, &columns.join("; "), table.purpose, basis, &table.retention.words(), &copy, &table.erased.words()].join(" | ");
        let _ = writeln!(text, "| {row} |");
    }
    text
}

#[test]
fn the_record_of_processing_is_the_data_map() {
    let document = file("docs/privacy/records-of-processing.md");
    let written = document.split("<!-- written -->\n").nth(1).unwrap_or_default();
    assert!(written == processing(), "docs/privacy/records-of-processing.md: below `<!-- written -->` it has to say\n{}", processing());
}
