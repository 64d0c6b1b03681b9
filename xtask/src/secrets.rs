//! Looks for secrets in what git holds. Patterns are of real providers' key forms; a finding names file and line, never the value.

use std::process::Command;

use anyhow::{Context, bail};

/// A form that a secret has: what it is, how it begins, how many more characters of which kind must follow.
struct Form {
    what: &'static str,
    prefix: &'static str,
    at_least: usize,
    alphabet: fn(char) -> bool,
}

const fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

const FORMS: &[Form] = &[
    Form { what: "Kairos API key", prefix: concat!("kairos_", "key_"), at_least: 30, alphabet: word },
    Form { what: "Stripe secret key", prefix: concat!("sk_", "live_"), at_least: 16, alphabet: word },
    Form { what: "Stripe test key", prefix: concat!("sk_", "test_"), at_least: 16, alphabet: word },
    Form { what: "Stripe restricted key", prefix: concat!("rk_", "live_"), at_least: 16, alphabet: word },
    Form { what: "Stripe webhook secret", prefix: concat!("wh", "sec_"), at_least: 24, alphabet: word },
    Form { what: "Google OAuth client secret", prefix: concat!("GOC", "SPX-"), at_least: 20, alphabet: word },
    Form { what: "Google API key", prefix: concat!("AI", "za"), at_least: 35, alphabet: word },
    Form { what: "Google refresh token", prefix: concat!("1/", "/0"), at_least: 40, alphabet: word },
    Form { what: "AWS access key", prefix: concat!("AK", "IA"), at_least: 16, alphabet: |c| c.is_ascii_uppercase() || c.is_ascii_digit() },
    Form { what: "GitHub token", prefix: concat!("gh", "p_"), at_least: 36, alphabet: word },
    Form { what: "Slack token", prefix: concat!("xo", "xb-"), at_least: 20, alphabet: word },
    Form { what: "private key", prefix: concat!("-----BEGIN ", "PRIVATE KEY"), at_least: 5, alphabet: |c| c == '-' },
    Form { what: "private key", prefix: concat!("-----BEGIN RSA ", "PRIVATE KEY"), at_least: 5, alphabet: |c| c == '-' },
    Form { what: "private key", prefix: concat!("-----BEGIN EC ", "PRIVATE KEY"), at_least: 5, alphabet: |c| c == '-' },
    Form { what: "private key", prefix: concat!("-----BEGIN OPENSSH ", "PRIVATE KEY"), at_least: 5, alphabet: |c| c == '-' },
];

/// Settings whose value, when it is one, is a secret: NAME=value with 20 characters or more.
const SETTINGS: &[&str] = &[
    "CALENDAR_ENCRYPTION_KEY",
    "SESSION_KEY",
    "AUDIT_SIGNING_KEY",
    "GOOGLE_CLIENT_SECRET",
    "OUTLOOK_CLIENT_SECRET",
    "CALENDLY_API_TOKEN",
    "STRIPE_SECRET_KEY",
];

/// Scans what is staged, or every tracked file.
pub fn run(staged: bool) -> anyhow::Result<()> {
    let arguments: &[&str] = if staged { &["diff", "--cached", "--name-only", "--diff-filter=ACMR", "-z"] } else { &["ls-files", "-z"] };
    let files = git(arguments)?;
    let mut found = Vec::new();
    for file in files.split('\0').filter(|file| !file.is_empty()) {
        let text = if staged { git(&["show", &format!(":{file}")]) } else { std::fs::read_to_string(file).map_err(Into::into) };
        // What is no text (a font, a picture) holds no secret of these forms.
        let Ok(text) = text else { continue };
        found.extend(scan(&text).into_iter().map(|(line, what)| format!("{file}:{line}: looks like a {what}")));
    }
    if found.is_empty() {
        println!("no secrets found");
        return Ok(());
    }
    bail!("{}\nRemove it, and if it was ever real, revoke it first.", found.join("\n"))
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).output().context("git")?;
    if !output.status.success() {
        bail!("git {} failed", arguments.join(" "));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Line numbers and what was found there.
fn scan(text: &str) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for form in FORMS {
            let hit = line
                .match_indices(form.prefix)
                .any(|(at, _)| line[at + form.prefix.len()..].chars().take_while(|c| (form.alphabet)(*c)).count() >= form.at_least);
            if hit {
                found.push((number + 1, form.what));
            }
        }
        for name in SETTINGS {
            let value = line
                .split_once(name)
                .and_then(|(_, rest)| rest.trim_start().strip_prefix(['=', ':']))
                .map(|rest| rest.trim_matches([' ', '"', '\'']));
            let is_value = value.is_some_and(|value| value.len() >= 20 && value.chars().take(20).all(|c| word(c) || "+/=.".contains(c)));
            if is_value {
                found.push((number + 1, "secret setting"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_secret_of_each_form_is_found_on_its_line() {
        for form in FORMS {
            let body: String = std::iter::repeat_n(if (form.alphabet)('A') { 'A' } else { '-' }, form.at_least).collect();
            assert_eq!(scan(&format!("first line\nkey = {}{body}", form.prefix)), [(2, form.what)], "{}", form.what);
        }
        for name in SETTINGS {
            assert_eq!(scan(&format!("{name}={}", "Zm9vYmFy".repeat(4))), [(1, "secret setting")], "{name}");
        }
    }

    #[test]
    fn names_and_prefixes_alone_are_not_secrets() {
        for harmless in [
            "CALENDAR_ENCRYPTION_KEY=",
            "CALENDAR_ENCRYPTION_KEY=$(openssl rand -base64 32)",
            "set STRIPE_SECRET_KEY in .env",
            concat!("keys begin with sk_", "live_"),
        ] {
            assert_eq!(scan(harmless), [], "{harmless}");
        }
    }
}
